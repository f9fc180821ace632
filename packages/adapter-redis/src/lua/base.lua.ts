/** Keys, BullMQ's stream of events and its marker, and small helpers. */

import { type Part, part } from "../script.ts";

/** What every call uses: a server makes it anew each time. */
export const basics: Part = part(
  [],
  /* lua */ `
-- Beyond every instant: jobs that no time brings to the line, but a claim that may have them.
local FAR = 9007199254740991

local function queue_key(queue) return P .. ':' .. queue .. ':' end
local function own_key(queue, suffix) return R .. 'q:' .. queue .. ':' .. suffix end

-- Redis prints a number with all its digits each time that it is given one: what is given to many commands is text.
local NOW_TEXT = string.format('%d', NOW)
local SMALL = { [0] = '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' }
local function text_of(n) return SMALL[n] or string.format('%d', n) end
local rpcall = redis.pcall
`,
);

export const base: Part = part(
  [basics],
  /* lua */ String.raw`
-- A job of ours in our indexes: its number, so that what has the same score is sorted by it, and its id.
local function entry_of(number, id)
  local digits = tostring(number)
  return string.sub('0000000000000000', #digits + 1) .. digits .. ':' .. id
end

-- What another program keeps at a job's address is no job: it has no fields.
local function at_address(answer)
  if answer.err and not string.find(answer.err, 'WRONGTYPE', 1, true) then error(answer.err) end
  return answer
end
local function job_fields(key, ...) return at_address(rpcall('HMGET', key, ...)) end
local function job_hash(key) return at_address(rpcall('HGETALL', key)) end

-- In calls of at most 1,000 members: Lua's stack holds 8,000.
local function each_thousand(list, call)
  for first = 1, #list, 1000 do call(unpack(list, first, math.min(first + 999, #list))) end
end
`,
);

/** What an enqueue and a claim in one script know of each other: neither asks again what the other has seen. */
export const queues: Part = part(
  [basics],
  /* lua */ `
-- { paused, concurrency, max and duration of BullMQ's rate limit, length of its events }
local metas = {}
local function meta_of(Q)
  if not metas[Q] then
    metas[Q] = rcall('HMGET', Q .. 'meta', 'paused', 'concurrency', 'max', 'duration', 'opts.maxLenEvents')
  end
  return metas[Q]
end

-- How long a queue's stream of events may become, as BullMQ keeps it.
local function most_events(Q)
  local meta = meta_of(Q)
  if not meta[5] then
    meta[5] = '10000'
    rcall('HSET', Q .. 'meta', 'opts.maxLenEvents', meta[5])
  end
  return meta[5]
end

-- Queues that a claim looks at in the same script: it tells others itself, if something is left for them.
local looked_at = {}
-- Of those: how long the list was when something came to it; and by key the fields of jobs that just came, if they have no
-- others.
local lengths, fresh = {}, {}

-- Tells dashboards to look again.
local hinted = {}
local function hint(queue)
  if hinted[queue] then return end
  hinted[queue] = true
  rcall('PUBLISH', R .. 'hints', queue)
end
`,
);

export const json: Part = part(
  [],
  /* lua */ String.raw`
-- The text of a JSON string, as JSON.stringify writes it.
local ESCAPES = {
  ['"'] = '\\"', ['\\'] = '\\\\', ['\b'] = '\\b', ['\f'] = '\\f', ['\n'] = '\\n', ['\r'] = '\\r', ['\t'] = '\\t'
}
local function escaped(c) return ESCAPES[c] or string.format('\\u%04x', string.byte(c)) end
local function json_string(text) return '"' .. string.gsub(text, '[%z\1-\31"\\]', escaped) .. '"' end
`,
);

export const line: Part = part(
  [],
  /* lua */ `
-- The list of those that wait. BullMQ 5 keeps those of a paused queue in another one, which takes the place of the first
-- when it resumes: whatever stands in that is lost. With BullMQ 6, which does not, both are there.
local function line_of(Q)
  if BESIDE_V5 and rcall('HEXISTS', Q .. 'meta', 'paused') == 1
    and (rcall('EXISTS', Q .. 'paused') == 1 or rcall('EXISTS', Q .. 'wait') == 0) then return Q .. 'paused' end
  return Q .. 'wait'
end
`,
);

/** BullMQ's stream of events. */
export const eventing: Part = part(
  [queues],
  /* lua */ `
local function emit(Q, ...) rcall('XADD', Q .. 'events', '*', 'event', ...) end
local function emit_trimmed(Q, ...)
  rcall('XADD', Q .. 'events', 'MAXLEN', '~', most_events(Q), '*', 'event', ...)
end
`,
);

/** BullMQ's marker. */
export const marking: Part = part(
  [eventing],
  /* lua */ `
-- A paused queue, or one with as many running jobs as BullMQ's global concurrency allows, wakes nobody.
local function is_closed(Q)
  local meta = meta_of(Q)
  return meta[1] or meta[2] and rcall('LLEN', Q .. 'active') >= tonumber(meta[2])
end

-- Who waits for work of the queue is to look: now, or when the first of the delayed jobs is due.
local function mark_ready(Q) if not is_closed(Q) then rcall('ZADD', Q .. 'marker', 0, '0') end end
local function mark_delayed(Q)
  local first = rcall('ZRANGE', Q .. 'delayed', 0, 0, 'WITHSCORES')
  if first[2] then rcall('ZADD', Q .. 'marker', tonumber(first[2]) / 4096, '1') end
end
`,
);

/** Places in BullMQ's sorted sets. */
export const scores: Part = part(
  [],
  /* lua */ `
local function priority_score(Q, priority) return priority * 4294967296 + rcall('INCR', Q .. 'pc') % 4294967296 end

-- Behind all that are due at the same ms: there is room for 4,096 of them in order.
local function delayed_score(Q, run_at)
  local first, last = run_at * 4096, (run_at + 1) * 4096 - 1
  local found = rcall('ZREVRANGEBYSCORE', Q .. 'delayed', last, first, 'WITHSCORES', 'LIMIT', 0, 1)
  if not found[2] then return first end
  return math.min(tonumber(found[2]) + 1, last)
end
`,
);

/** What others hear. */
export const telling: Part = part(
  [queues],
  /* lua */ `
-- Tells claimers that wait for what BullMQ's marker does not tell.
local function wake(queue) rcall('PUBLISH', R .. 'wake', queue) end
`,
);

export const stream: Part = part([base, line, eventing, marking, scores, telling], "");
