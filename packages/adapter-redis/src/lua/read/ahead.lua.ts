/** Who comes before a job, and who holds its dedupe key. */

import { readingScript, type Script } from "../../script.ts";
import { keys } from "../job.lua.ts";
import { place } from "../place.lua.ts";
import { cards } from "./cards.lua.ts";

/** So many due jobs that no claim has called up yet are looked at. */
const MOST_DUE = 1_000;

/**
 * KEYS: the root. ARGV[1]: msgpack `{queue, id, cap}`.
 * Returns `[ahead, isExact, holder | null]`: due jobs that are claimed before it, counted to about `cap`, 0 if it does
 * not wait; and another job that holds its key.
 */
export const aheadScript: Script = readingScript(
  "ahead",
  [keys, place, cards],
  /* lua */ `
local ask = cmsgpack.unpack(ARGV[1])
local queue, id, Q = ask.queue, ask.id, queue_key(ask.queue)
local v = rcall('HMGET', Q .. id, 'finishedOn', 'processedOn', 'priority', 'yu', 'timestamp', 'deid')
local where = place_of(Q, id, v[1], v[2])
local priority = tonumber(v[3]) or 0
local LEVEL = 4294967296
local is_exact = 1

local function parked_before(score)
  local n = 0
  for _, lane in ipairs(rcall('SMEMBERS', own_key(queue, 'lanes'))) do
    n = n + rcall('ZCOUNT', own_key(queue, 'parked:' .. lane), '-inf', above(score))
  end
  return n
end

-- What no claim has called up comes behind all of its priority that were.
local function due_before(highest, score)
  local found = rcall('ZRANGEBYSCORE', Q .. 'delayed', '-inf', DUE, 'WITHSCORES', 'LIMIT', 0, ${MOST_DUE + 1})
  if #found > 2 * ${MOST_DUE} then is_exact = 0 end
  local n = 0
  for i = 1, math.min(#found, 2 * ${MOST_DUE}), 2 do
    local other = tonumber(rcall('HGET', Q .. found[i], 'priority')) or 0
    if found[i] ~= id and (other < highest or (other == highest and tonumber(found[i + 1]) < score)) then n = n + 1 end
  end
  return n
end

local function in_list()
  local length = rcall('LLEN', Q .. 'wait')
  local index = rcall('LPOS', Q .. 'wait', id, 'RANK', -1, 'MAXLEN', ask.cap + 1)
  return (index and length - 1 - index or length) + parked_before(LEVEL)
end

local function in_priorities()
  local before = rcall('ZRANK', Q .. 'prioritized', id)
  local score = tonumber(rcall('ZSCORE', Q .. 'prioritized', id))
  return rcall('LLEN', Q .. 'wait') + before + parked_before(score) + due_before(priority, -1)
end

-- A parked job has a place of its own in the line.
local function lane_score()
  for _, lane in ipairs(rcall('SMEMBERS', own_key(queue, 'lanes'))) do
    local score = rcall('ZSCORE', own_key(queue, 'parked:' .. lane), id)
    if score then return tonumber(score) end
  end
end

local function in_delayed()
  local parked = lane_score()
  if parked then
    if parked < LEVEL then return parked_before(parked) end
    local line = rcall('ZCOUNT', Q .. 'prioritized', '-inf', above(parked))
    return rcall('LLEN', Q .. 'wait') + line + parked_before(parked) + due_before(priority, -1)
  end
  local score = tonumber(rcall('ZSCORE', Q .. 'delayed', id))
  if score == FAR then score = (tonumber(v[4]) or tonumber(v[5])) * 4096 end
  local behind = (priority + 1) * LEVEL
  local line = rcall('ZCOUNT', Q .. 'prioritized', '-inf', above(behind))
  return rcall('LLEN', Q .. 'wait') + line + parked_before(behind) + due_before(priority, score)
end

local AHEAD = { wait = in_list, prioritized = in_priorities, delayed = in_delayed }
local ahead = AHEAD[where] and AHEAD[where]() or 0
local holder = v[6] and twin_of({ Q = Q, queue = queue, id = id, f = { deid = v[6] } })
return { ahead, is_exact, holder or false }
`,
);
