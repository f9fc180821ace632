/** Looks at jobs: as much of each as is asked for. */

import { ADOPTED } from "../../facts.ts";
import { readingScript, type Script } from "../../script.ts";
import { base } from "../base.lua.ts";
import { place } from "../place.lua.ts";

/** From so many jobs of a queue on, and up to so many active ones, the list of those is read once for all. */
const MANY = 8;
const MOST_ACTIVE = 2_000;

/** What the script goes by. */
export const FOR_PLACE = ["timestamp", "finishedOn", "processedOn"] as const;
export const FOR_LEASE = ["ats", "yt", "pb"] as const;

/**
 * KEYS: the root. ARGV[1]: msgpack `{jobs: [[queue, id …] …], fields, texts, most, place, lease, number, facts, events, errors}`.
 * `fields` begins with {@link FOR_PLACE} if the place is asked for, with {@link FOR_LEASE} if the lease is asked for as
 * well, else with `timestamp`. `texts` are fields of which only those of at most `most` bytes are read. `number`
 * and `facts`: which fields are `yn` and `yx`, 0 if the options are not asked for, which are read of jobs without the
 * first, or where the second says so. `errors`: `last` or `all`, or false.
 * Returns msgpack `[now, jobs …]`, of each false if there is none, else `[field …, text …]` and, as far as asked for,
 * `place, score` (if it is in delayed), `leaseUntil`, `opts`, `events`, `errors`; 0 for a text that is longer.
 */
export const lookScript: Script = readingScript(
  "look",
  [base, place],
  /* lua */ `
local ask = cmsgpack.unpack(ARGV[1])
local FINISHED, STARTED, ATS, CLAIMED, SESSION = 2, 3, 4, 5, 6

local function set_of(list)
  local set = {}
  for _, one in ipairs(list) do set[one] = true end
  return set
end
local function active_of(Q, jobs)
  if not ask.place or jobs < ${MANY} or rcall('LLEN', Q .. 'active') > ${MOST_ACTIVE} then return nil end
  return set_of(rcall('LRANGE', Q .. 'active', 0, -1))
end

local function lease_of(Q, id, v)
  local ats = v[ATS] or ''
  if v[CLAIMED] and string.sub(v[CLAIMED], -#ats - 1) == ':' .. ats then
    return rcall('ZSCORE', R .. 'sessions', v[SESSION] or '')
  end
  local left = rcall('PTTL', Q .. id .. ':lock')
  return left >= 0 and string.format('%.0f', NOW + left) or false
end

local function add_place(row, n, Q, id, v, active)
  local where = place_of(Q, id, v[FINISHED], v[STARTED], active)
  row[n + 1] = where
  row[n + 2] = where == 'delayed' and rcall('ZSCORE', Q .. 'delayed', id)
  if not ask.lease then return n + 2 end
  row[n + 3] = where == 'active' and lease_of(Q, id, v)
  return n + 3
end

local function look(Q, id, active)
  local key = Q .. id
  -- Another key may stand where a job of that id would: the answer is an error then, and no list.
  local row = redis.pcall('HMGET', key, unpack(ask.fields))
  if not row[1] then return false end
  local n = #ask.fields
  for _, text in ipairs(ask.texts) do
    n = n + 1
    if rcall('HSTRLEN', key, text) > ask.most then row[n] = 0 else row[n] = rcall('HGET', key, text) end
  end
  if ask.place then n = add_place(row, n, Q, id, row, active) end
  if ask.number > 0 then
    n = n + 1
    row[n] = (not row[ask.number] or row[ask.facts] == '${ADOPTED}') and rcall('HGET', key, 'opts')
  end
  if ask.events then
    n = n + 1
    row[n] = rcall('LLEN', key .. ':jyev')
  end
  if ask.errors then row[n + 1] = rcall('LRANGE', key .. ':jyerr', ask.errors == 'all' and 0 or -1, -1) end
  return row
end

local rows = { NOW }
for _, group in ipairs(ask.jobs) do
  local Q = queue_key(group[1])
  local active = active_of(Q, #group - 1)
  for i = 2, #group do rows[#rows + 1] = look(Q, group[i], active) end
end
return cmsgpack.pack(rows)
`,
);

/**
 * KEYS: the root. ARGV[1]: msgpack `[id, queue …]`. Returns those of the queues that have a job of this id.
 */
export const locateScript: Script = readingScript(
  "locate",
  [base],
  /* lua */ `
local ask = cmsgpack.unpack(ARGV[1])
local found = {}
for i = 2, #ask do
  if redis.pcall('HEXISTS', queue_key(ask[i]) .. ask[1], 'timestamp') == 1 then found[#found + 1] = ask[i] end
end
return found
`,
);

/**
 * KEYS: the root. ARGV[1]: msgpack `[queue, id, after, limit]`.
 * Returns nothing if there is no such job, else `[place, written, timestamp, finishedOn, processedOn, ats, pb, atm, stc,
 * yc, text …]`: how many events are written, and of those the ones that can be among the first `limit` after `after`.
 */
export const eventsScript: Script = readingScript(
  "events",
  [base, place],
  /* lua */ `
local ask = cmsgpack.unpack(ARGV[1])
local Q, id = queue_key(ask[1]), ask[2]
local key = Q .. id
local v = redis.pcall('HMGET', key, 'timestamp', 'finishedOn', 'processedOn', 'ats', 'pb', 'atm', 'stc', 'yc')
if not v[1] then return false end
local row = { place_of(Q, id, v[2], v[3]), rcall('LLEN', key .. ':jyev'), unpack(v, 1, 8) }
-- The first of them is the job's second event.
local first = math.max(0, ask[3] - 1)
for i, text in ipairs(rcall('LRANGE', key .. ':jyev', first, first + ask[4])) do row[10 + i] = text end
return row
`,
);
