/** Keys, BullMQ's stream of events and its marker, and small helpers. */

import { type Part, part } from "../script.ts";

export const base: Part = part(
  [],
  /* lua */ String.raw`
-- Beyond every instant: jobs that no time brings to the line, but a claim that may have them.
local FAR = 9007199254740991

local function queue_key(queue) return P .. ':' .. queue .. ':' end
local function own_key(queue, suffix) return R .. 'q:' .. queue .. ':' .. suffix end

-- The list of those that wait. BullMQ 5 keeps those of a paused queue in another one, which takes the place of the first
-- when it resumes: whatever stands in that is lost. With BullMQ 6, which does not, both are there.
local function line_of(Q)
  if BESIDE_V5 and rcall('HEXISTS', Q .. 'meta', 'paused') == 1
    and (rcall('EXISTS', Q .. 'paused') == 1 or rcall('EXISTS', Q .. 'wait') == 0) then return Q .. 'paused' end
  return Q .. 'wait'
end

-- Redis prints a number with all its digits each time that it is given one: what is given to many commands is text.
local NOW_TEXT = string.format('%d', NOW)
local SMALL = {}
for n = 0, 9 do SMALL[n] = tostring(n) end
local function text_of(n) return SMALL[n] or string.format('%d', n) end

-- A job of ours in our indexes: its number, so that what has the same score is sorted by it, and its id.
local function entry_of(number, id)
  local digits = tostring(number)
  return string.sub('0000000000000000', #digits + 1) .. digits .. ':' .. id
end

-- What another program keeps at a job's address is no job: it has no fields.
local function at_address(command, key, ...)
  local answer = redis.pcall(command, key, ...)
  if answer.err and not string.find(answer.err, 'WRONGTYPE', 1, true) then error(answer.err) end
  return answer
end
local function job_fields(key, ...) return at_address('HMGET', key, ...) end
local function job_hash(key) return at_address('HGETALL', key) end

-- In calls of at most 1,000 members: Lua's stack holds 8,000.
local function each_thousand(list, call)
  for first = 1, #list, 1000 do call(unpack(list, first, math.min(first + 999, #list))) end
end

-- The text of a JSON string, as JSON.stringify writes it.
local ESCAPES = {
  ['"'] = '\\"', ['\\'] = '\\\\', ['\b'] = '\\b', ['\f'] = '\\f', ['\n'] = '\\n', ['\r'] = '\\r', ['\t'] = '\\t'
}
local function escaped(c) return ESCAPES[c] or string.format('\\u%04x', string.byte(c)) end
local function json_string(text) return '"' .. string.gsub(text, '[%z\1-\31"\\]', escaped) .. '"' end
`,
);

export const stream: Part = part(
  [base],
  /* lua */ String.raw`
-- How long a queue's stream of events may become, as BullMQ keeps it. One look per queue and script.
local max_events = {}
local function events_of(Q)
  if not max_events[Q] then
    local max = rcall('HGET', Q .. 'meta', 'opts.maxLenEvents')
    if not max then
      max = '10000'
      rcall('HSET', Q .. 'meta', 'opts.maxLenEvents', max)
    end
    max_events[Q] = max
  end
  return Q .. 'events', max_events[Q]
end

local function emit(Q, ...) rcall('XADD', Q .. 'events', '*', 'event', ...) end
local function emit_trimmed(Q, ...)
  local key, max = events_of(Q)
  rcall('XADD', key, 'MAXLEN', '~', max, '*', 'event', ...)
end

-- A paused queue, or one with as many running jobs as BullMQ's global concurrency allows, wakes nobody.
local function is_closed(Q)
  local set = rcall('HMGET', Q .. 'meta', 'paused', 'concurrency')
  if set[1] then return true end
  return set[2] and rcall('LLEN', Q .. 'active') >= tonumber(set[2]) or false
end

-- Who waits for work of the queue is to look: now, or when the first of the delayed jobs is due.
local function mark_ready(Q) if not is_closed(Q) then rcall('ZADD', Q .. 'marker', 0, '0') end end
local function mark_delayed(Q)
  local first = rcall('ZRANGE', Q .. 'delayed', 0, 0, 'WITHSCORES')
  if first[2] then rcall('ZADD', Q .. 'marker', tonumber(first[2]) / 4096, '1') end
end

local function priority_score(Q, priority) return priority * 4294967296 + rcall('INCR', Q .. 'pc') % 4294967296 end

-- Behind all that are due at the same ms: there is room for 4,096 of them in order.
local function delayed_score(Q, run_at)
  local first, last = run_at * 4096, (run_at + 1) * 4096 - 1
  local found = rcall('ZREVRANGEBYSCORE', Q .. 'delayed', last, first, 'WITHSCORES', 'LIMIT', 0, 1)
  if not found[2] then return first end
  return math.min(tonumber(found[2]) + 1, last)
end

-- Tells dashboards to look again; and claimers that wait for what BullMQ's marker does not tell.
local hinted = {}
local function hint(queue)
  if hinted[queue] then return end
  hinted[queue] = true
  rcall('PUBLISH', R .. 'hints', queue)
end
local function wake(queue) rcall('PUBLISH', R .. 'wake', queue) end
`,
);
