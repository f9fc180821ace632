/**
 * Enqueue: jobs of one call are judged one after the other, each after what those before it wrote. What a whole queue
 * needs once (its list, counters, markers) is written once, when the call is through.
 */

import { type Part, part, rarely, type Script, script } from "../script.ts";
import { base, eventing, line, marking, scores, telling } from "./base.lua.ts";
import { moving } from "./job.lua.ts";

/** So many fields every job is written with: see write_job. */
export const COMMON_FIELDS = 7;

/** What is gathered for each queue of the call. */
const batching: Part = part(
  [base, line, eventing, marking, telling],
  /* lua */ String.raw`
-- A job as TypeScript packs it (enqueue.ts).
local QUEUE, ID, NAME, DATA, OPTS, DELAY, AT, PRIORITY, VERSION, FACTS, EXPIRES_IN, KEY, MODE, ON_CONFLICT =
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14

-- Queues that a claim looks at in the same script: it tells others itself, if something is left for them.
local looked_at = {}

local batches = {}
local function batch_of(queue)
  local b = batches[queue]
  if not b then
    local Q = queue_key(queue)
    b = { queue = queue, Q = Q, events = Q .. 'events', asked = 0, wait = {}, index = {}, ready = false, later = false }
    b.max_size = tonumber(rcall('HGET', R .. 'q:' .. queue, 'max_size') or nil)
    batches[queue] = b
  end
  return b
end

local function write_batch(b)
  if b.asked > 0 then rcall('INCRBY', b.Q .. 'id', b.asked) end
  if #b.index > 0 then
    rcall('SADD', R .. 'queues', b.queue)
    each_thousand(b.index, function(...) rcall('ZADD', own_key(b.queue, 'jobs'), ...) end)
    hint(b.queue)
  end
  if #b.wait > 0 then
    local line = line_of(b.Q)
    each_thousand(b.wait, function(...) rcall('LPUSH', line, ...) end)
  end
  if b.ready and not looked_at[b.queue] then mark_ready(b.Q) end
  if b.later then mark_delayed(b.Q) end
  b.asked, b.wait, b.index, b.ready, b.later = 0, {}, {}, false, false
end

local function first_run_at(spec)
  if spec[AT] then return math.max(NOW, spec[AT]) end
  return NOW + spec[DELAY]
end
`,
);

/** What few jobs meet: others at their address or with their key, a bound. */
const meeting: Part = part(
  [batching, moving],
  /* lua */ String.raw`
-- Waiting, blocked and active jobs: counted, never kept.
local function depth_of(b)
  local Q = b.Q
  local parked = rcall('ZCARD', Q .. 'waiting-children') - rcall('ZCARD', own_key(b.queue, 'stale'))
  return rcall('LLEN', Q .. 'wait') + rcall('LLEN', Q .. 'paused') + rcall('ZCARD', Q .. 'prioritized') + rcall('ZCARD', Q .. 'delayed')
    + rcall('LLEN', Q .. 'active') + parked + #b.wait
end

local function take_new_key(b, spec)
  local f = { deid = spec[KEY], yw = tostring(spec[MODE]) }
  local j = { queue = b.queue, Q = b.Q, id = spec[ID], key = b.Q .. spec[ID], state = 'waiting', f = f }
  if tonumber(spec[MODE]) then start_timed_key(j) else follow_key(j) end
end

local function replace_job(j)
  write_event(j, 'replace')
  leave(j)
  enter_final(j, 'replaced', 'replaced by a newer job')
end

local function extend_key(j, spec)
  if j.state == 'waiting' then
    write_event(j, 'reschedule')
    leave(j)
    enter_waiting(j, first_run_at(spec))
  end
  start_timed_key(j)
end

-- The timed key of a job that is gone runs anew as well.
local function extend_gone_key(b, key, id, state, ms)
  rcall('SET', b.Q .. 'de:' .. key, id, 'PX', ms + SLACK)
  rcall('SET', R .. 'gone:' .. b.queue .. ':' .. id, state .. ':' .. (NOW + ms) .. ':' .. ms, 'PX', ms + SLACK)
end

-- The answer, or nil: the key is free. Second: the job that is to be replaced.
local function judge_key(b, spec)
  write_batch(b)
  local id, gone, ms = holder_of(b.Q, b.queue, spec[KEY])
  if not id then return nil end
  local j = not gone and read_job(b.queue, id) or nil
  local state = gone or j.state
  if spec[ON_CONFLICT] == 'replace' and state == 'waiting' and j then return nil, j end
  if spec[ON_CONFLICT] == 'extend' then
    if j then extend_key(j, spec) else extend_gone_key(b, spec[KEY], id, state, ms) end
  end
  emit_trimmed(b.Q, 'deduplicated', 'jobId', id, 'deduplicationId', spec[KEY], 'deduplicatedJobId', spec[ID])
  return { 'key', id, state }
end

-- The answer for a job whose id is another one's.
local function meet_namesake(b, spec)
  local j = read_job(b.queue, spec[ID])
  emit_trimmed(b.Q, 'duplicated', 'jobId', spec[ID])
  return { 'id', j.state, j.f.name, j.f.data }
end
`,
);

const met: Part = rarely(
  "met",
  [batching],
  [meeting],
  ["depth_of", "take_new_key", "replace_job", "judge_key", "meet_namesake"],
);

export const enqueueing: Part = part(
  [batching, scores, met],
  /* lua */ String.raw`
-- What most jobs have none of.
local function rare_fields(spec, run_at)
  local fields, n = {}, 0
  local function add(field, value)
    if not value then return end
    fields[n + 1], fields[n + 2] = field, value
    n = n + 2
  end
  add('yu', run_at > NOW and run_at)
  add('yv', spec[VERSION])
  add('yx', spec[FACTS])
  add('ye', spec[EXPIRES_IN] and NOW + spec[EXPIRES_IN])
  add('deid', spec[KEY])
  add('yw', spec[KEY] and spec[MODE])
  return fields
end

local function write_job(b, spec, number)
  local Q, id = b.Q, spec[ID]
  local run_at, priority = first_run_at(spec), spec[PRIORITY]
  rcall(
    'HSET', Q .. id, 'name', spec[NAME], 'data', spec[DATA], 'opts', spec[OPTS], 'timestamp', NOW_TEXT,
    'delay', text_of(run_at - NOW), 'priority', text_of(priority), 'yn', number
  )
  if run_at > NOW or spec[VERSION] or spec[FACTS] or spec[EXPIRES_IN] or spec[KEY] then
    rcall('HSET', Q .. id, unpack(rare_fields(spec, run_at)))
  end
  -- Once for each queue and call the stream is trimmed.
  if b.is_trimmed then rcall('XADD', b.events, '*', 'event', 'added', 'jobId', id, 'name', spec[NAME])
  else
    emit_trimmed(Q, 'added', 'jobId', id, 'name', spec[NAME])
    b.is_trimmed = true
  end
  local n = #b.index
  b.index[n + 1], b.index[n + 2] = NOW_TEXT, entry_of(number, id)
  if run_at > NOW then
    rcall('ZADD', Q .. 'delayed', delayed_score(Q, run_at), id)
    rcall('XADD', b.events, '*', 'event', 'delayed', 'jobId', id, 'delay', run_at)
    b.later = true
  else
    if priority > 0 then rcall('ZADD', Q .. 'prioritized', priority_score(Q, priority), id)
    else b.wait[#b.wait + 1] = id end
    rcall('XADD', b.events, '*', 'event', 'waiting', 'jobId', id)
    b.ready = true
  end
  if spec[EXPIRES_IN] then rcall('ZADD', own_key(b.queue, 'expiring'), NOW + spec[EXPIRES_IN], id) end
  if spec[KEY] then met().take_new_key(b, spec) end
end

-- True if no two of them have the same address, and none of them is there yet. Fails if there is something that is no job:
-- to be asked before anything is written.
local function are_all_new(specs)
  local seen, addresses, all_new = {}, {}, true
  for i, spec in ipairs(specs) do
    local key = P .. ':' .. spec[QUEUE] .. ':' .. spec[ID]
    if seen[key] then all_new = false end
    seen[key] = true
    addresses[i] = key
  end
  for first = 1, #addresses, 1000 do
    local last = math.min(first + 999, #addresses)
    if rcall('EXISTS', unpack(addresses, first, last)) > 0 then
      all_new = false
      for i = first, last do rcall('HLEN', addresses[i]) end
    end
  end
  return all_new
end

-- number: text. bounded: maxSize applies. is_new: nothing stands at its address. The answer is 0 if the job was accepted and replaced none.
local function enqueue_one(spec, number, bounded, is_new)
  local b = batch_of(spec[QUEUE])
  b.asked = b.asked + 1
  if not is_new and rcall('EXISTS', b.Q .. spec[ID]) == 1 then return met().meet_namesake(b, spec) end
  local refusal, replaced
  if spec[KEY] then refusal, replaced = met().judge_key(b, spec) end
  if refusal then return refusal end
  if bounded and b.max_size then
    local depth = met().depth_of(b)
    if depth - (replaced and 1 or 0) >= b.max_size then return { 'full', depth, b.max_size } end
  end
  if replaced then met().replace_job(replaced) end
  write_job(b, spec, number)
  return replaced and { 'replaced', replaced.id } or 0
end

local function enqueue_all(specs, bounded)
  local answers = {}
  if #specs == 0 then return answers end
  local all_new = are_all_new(specs)
  local last = rcall('INCRBY', R .. 'number', #specs)
  for i, spec in ipairs(specs) do answers[i] = enqueue_one(spec, text_of(last - #specs + i), bounded, all_new) end
  for _, b in pairs(batches) do write_batch(b) end
  return answers
end
`,
);

/**
 * KEYS: the root. ARGV: msgpack of the list of jobs.
 * Returns per job: 0 accepted, `['replaced', id]`, `['id', state, name, payload]`, `['key', id, state]` or `['full', depth, maxSize]`.
 */
export const enqueueScript: Script = script(
  "enqueue",
  [enqueueing],
  /* lua */ String.raw`
return enqueue_all(cmsgpack.unpack(ARGV[1]), true)
`,
);
