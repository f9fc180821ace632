/**
 * Records: small documents with a version and, maybe, an end.
 *
 * `rec:<kind>` holds `<version> <expiresAt, or -> <doc>` by id, `recids:<kind>` the ids in their order, `recexp` those
 * that end, by when. One that has ended is no record, whether it was swept or not.
 */

import { type Part, part, readingScript, type Script, script } from "../script.ts";
import { base, stream } from "./base.lua.ts";
import { evenIfFull } from "./room.lua.ts";

export const records: Part = part(
  [base],
  /* lua */ String.raw`
local function records_key(kind) return R .. 'rec:' .. kind end
local function record_ids_key(kind) return R .. 'recids:' .. kind end
local function record_end(kind, id) return kind .. '\0' .. id end

-- Version and document; 0 if there is no such record.
local function read_record(kind, id)
  local text = rcall('HGET', records_key(kind), id)
  if not text then return 0 end
  local version, expires_at, doc = string.match(text, '^(%d+) (%S+) (.*)$')
  if expires_at ~= '-' and tonumber(expires_at) <= NOW then return 0 end
  return tonumber(version), doc
end

-- The new version; nil, and no change, if if_version is given and is not the current one.
local function write_record(kind, id, doc, if_version, ttl_ms)
  local version = read_record(kind, id)
  if if_version and if_version ~= version then return nil end
  local expires_at = '-'
  if ttl_ms then
    expires_at = string.format('%.0f', NOW + ttl_ms)
    rcall('ZADD', R .. 'recexp', expires_at, record_end(kind, id))
  else
    rcall('ZREM', R .. 'recexp', record_end(kind, id))
  end
  rcall('HSET', records_key(kind), id, string.format('%d %s ', version + 1, expires_at) .. doc)
  rcall('ZADD', record_ids_key(kind), 0, id)
  return version + 1
end

local function delete_record(kind, id)
  rcall('HDEL', records_key(kind), id)
  rcall('ZREM', record_ids_key(kind), id)
  rcall('ZREM', R .. 'recexp', record_end(kind, id))
end
`,
);

export const putRecordScript: Script = script(
  "putRecord",
  [evenIfFull, records, stream],
  /* lua */ `
-- ARGV[1]: {kind, id, doc, if_version or nil, ttl_ms or nil}
-- Answers with the new version, or nothing if if_version is not the current one (0: there is none).
local asked = cmsgpack.unpack(ARGV[1])
local version = write_record(asked.kind, asked.id, asked.doc, asked.if_version, asked.ttl_ms)
if not version then return false end
-- An empty name stands for any queue.
hint('')
return version
`,
);

export const getRecordScript: Script = readingScript(
  "getRecord",
  [records],
  /* lua */ `
-- ARGV[1]: {kind, id}
-- Answers with {version, doc}, or nothing.
local asked = cmsgpack.unpack(ARGV[1])
local version, doc = read_record(asked.kind, asked.id)
return doc and { version, doc } or false
`,
);

export const listRecordsScript: Script = readingScript(
  "listRecords",
  [records],
  /* lua */ `
-- ARGV[1]: {kind, after or nil, limit, down}
-- Answers with a {id, version, doc} of each, by id, upwards or down.
local asked = cmsgpack.unpack(ARGV[1])
local look = asked.down and 'ZREVRANGEBYLEX' or 'ZRANGEBYLEX'
local last = asked.down and '-' or '+'
local after, left, found = asked.after, asked.limit, {}
while left > 0 do
  local first = after and '(' .. after or (asked.down and '+' or '-')
  local ids = rcall(look, record_ids_key(asked.kind), first, last, 'LIMIT', 0, left)
  for _, id in ipairs(ids) do
    local version, doc = read_record(asked.kind, id)
    if doc then
      found[#found + 1] = { id, version, doc }
      left = left - 1
    end
  end
  if #ids == 0 then break end
  after = ids[#ids]
end
return found
`,
);

export const removeRecordScript: Script = script(
  "removeRecord",
  [evenIfFull, records, stream],
  /* lua */ `
-- ARGV[1]: {kind, id}
-- Answers with 1 if there was such a record, else 0.
local asked = cmsgpack.unpack(ARGV[1])
local version = read_record(asked.kind, asked.id)
delete_record(asked.kind, asked.id)
if version == 0 then return 0 end
hint('')
return 1
`,
);
