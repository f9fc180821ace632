/** How queues stand. */

import { type Part, part, readingScript, type Script } from "../../script.ts";
import { cards } from "./cards.lua.ts";

/** A line with more levels of priority than this is looked at no further for who has waited longest. */
const MOST_LEVELS = 100;

const waiting: Part = part(
  [cards],
  /* lua */ `
-- Who is first in each of the lines has waited longest in it. Answers with the earliest time of enqueue among them.
local function oldest_due(queue)
  local Q, oldest = queue_key(queue), nil
  local function consider(id)
    local at = id and tonumber(rcall('HGET', Q .. id, 'timestamp'))
    if at and (not oldest or at < oldest) then oldest = at end
  end
  consider(rcall('LINDEX', Q .. 'wait', -1))
  consider(rcall('LINDEX', Q .. 'paused', -1))
  consider(rcall('ZRANGEBYSCORE', Q .. 'delayed', '-inf', DUE, 'LIMIT', 0, 1)[1])
  local held = rcall('ZRANGEBYSCORE', own_key(queue, 'held'), '-inf', NOW, 'LIMIT', 0, 1)[1]
  consider(held and string.sub(held, 18))
  for _, lane in ipairs(rcall('SMEMBERS', own_key(queue, 'lanes'))) do
    consider(rcall('ZRANGE', own_key(queue, 'parked:' .. lane), 0, 0)[1])
  end
  local from = '-inf'
  for _ = 1, ${MOST_LEVELS} do
    local first = rcall('ZRANGEBYSCORE', Q .. 'prioritized', from, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
    if not first[1] then break end
    consider(first[1])
    from = (math.floor(tonumber(first[2]) / 4294967296) + 1) * 4294967296
  end
  return oldest or false
end
`,
);

/**
 * KEYS: the root. ARGV[1]: msgpack `{queues: [name …], known, most, whole}`; known: all queues that we know by name
 * besides; whole: their settings too.
 * Returns `[now, rows, left]`: of `most` queues at most `[name, cards]` or, if whole, `[name, cards, oldestDueAt | null,
 * isPaused, pausedAt | null, pausedBy | null, pausedReason | null, maxSize | null, retention | null]`; names left.
 */
export const overviewScript: Script = readingScript(
  "overview",
  [waiting],
  /* lua */ `
local ask = cmsgpack.unpack(ARGV[1])
local names, seen = {}, {}
local function add(list)
  for _, name in ipairs(list) do
    if not seen[name] then names[#names + 1] = name end
    seen[name] = true
  end
end
add(ask.queues)
if ask.known then add(rcall('SMEMBERS', R .. 'queues')) end

local function row_of(name)
  if not ask.whole then return { name, cards_of(name) } end
  local set = rcall('HMGET', R .. 'q:' .. name, 'paused_at', 'paused_by', 'paused_reason', 'max_size', 'retention')
  local is_paused = rcall('HEXISTS', queue_key(name) .. 'meta', 'paused')
  return { name, cards_of(name), oldest_due(name), is_paused, unpack(set, 1, 5) }
end

local rows, left = {}, {}
for i, name in ipairs(names) do
  if i <= ask.most then rows[i] = row_of(name) else left[#left + 1] = name end
end
return { NOW, rows, left }
`,
);

/** KEYS: the root. ARGV[1]: cursor, ARGV[2]: about how many keys are looked at. Returns the next cursor and names of queues. */
export const discoverScript: Script = readingScript(
  "discover",
  [],
  /* lua */ `
local found = rcall('SCAN', ARGV[1], 'MATCH', P .. ':*:meta', 'COUNT', ARGV[2])
local names = {}
for i, key in ipairs(found[2]) do names[i] = string.sub(key, #P + 2, -6) end
return { found[1], names }
`,
);

/** KEYS: the root. Returns the time. */
export const nowScript: Script = readingScript("now", [], /* lua */ `return NOW`);
