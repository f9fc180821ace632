/**
 * Enqueue: jobs of one call are judged one after the other, each after what those before it wrote. What a whole queue
 * needs once (its list, counters, markers) is written once, when the call is through.
 */

import { type Part, part, rarely, type Script, script } from "../script.ts";
import { line, queues, scores } from "./base.lua.ts";
import { moving } from "./job.lua.ts";

/** So many fields every job is written with: see write_job. */
export const COMMON_FIELDS = 7;

/** What is gathered for each queue of the call. */
const batching: Part = part(
  [queues],
  /* lua */ String.raw`
-- A job as TypeScript packs it (enqueue.ts).
local QUEUE, ID, NAME, DATA, OPTS, DELAY, AT, PRIORITY, VERSION, FACTS, EXPIRES_IN, KEY, MODE, ON_CONFLICT =
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14

local batches = {}
local function open_batch(queue)
  local Q = queue_key(queue)
  local meta = meta_of(Q)
  batches[queue] = {
    queue = queue, Q = Q, events = Q .. 'events', is_paused = meta[1], concurrency = tonumber(meta[2] or nil),
    max_size = tonumber(rcall('HGET', R .. 'q:' .. queue, 'max_size') or nil),
    asked = 0, wait = {}, index = {}, is_ready = false, is_later = false
  }
  return batches[queue]
end

local write_batch
`,
);

/** What few jobs meet: others at their address or with their key, a bound. */
const meeting: Part = part(
  [batching, moving],
  /* lua */ String.raw`
-- What most jobs have none of, to be written with the common fields.
local function add_rare_fields(fields, spec, run_at)
  local n = #fields
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
end

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
    enter_waiting(j, spec[AT] and math.max(NOW, spec[AT]) or NOW + spec[DELAY])
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

-- The answer if there is no room for one more.
local function judge_room(b, replaced)
  local depth = depth_of(b)
  if depth - (replaced and 1 or 0) >= b.max_size then return { 'full', depth, b.max_size } end
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
  [line, scores, meeting],
  [
    ...["line_of", "mark_delayed", "delayed_score", "priority_score", "add_rare_fields"],
    ...["judge_key", "judge_room", "take_new_key", "replace_job", "meet_namesake"],
  ],
);

export const enqueueing: Part = part(
  [batching, met],
  /* lua */ String.raw`
-- In calls of at most 1,000 jobs: Lua's stack holds 8,000 values.
write_batch = function(b)
  local Q, wait, index = b.Q, b.wait, b.index
  if b.asked > 0 then rcall('INCRBY', Q .. 'id', b.asked) end
  if #index > 0 then
    rcall('SADD', R .. 'queues', b.queue)
    for first = 1, #index, 2000 do
      rcall('ZADD', own_key(b.queue, 'jobs'), unpack(index, first, math.min(first + 1999, #index)))
    end
    hint(b.queue)
  end
  if #wait > 0 then
    local line = BESIDE_V5 and met().line_of(Q) or Q .. 'wait'
    for first = 1, #wait, 1000 do
      lengths[b.queue] = rcall('LPUSH', line, unpack(wait, first, math.min(first + 999, #wait)))
    end
  end
  -- A paused queue, or one with as many running jobs as BullMQ's global concurrency allows, wakes nobody.
  if b.is_ready and not looked_at[b.queue] and not b.is_paused
    and not (b.concurrency and rcall('LLEN', Q .. 'active') >= b.concurrency) then rcall('ZADD', Q .. 'marker', 0, '0') end
  if b.is_later then met().mark_delayed(Q) end
  b.asked, b.wait, b.index, b.is_ready, b.is_later = 0, {}, {}, false, false
end

-- number: text
local function write_job(b, spec, key, number)
  local id, priority = spec[ID], spec[PRIORITY]
  local run_at = spec[AT] and math.max(NOW, spec[AT]) or NOW + spec[DELAY]
  local fields = {
    'name', spec[NAME], 'data', spec[DATA], 'opts', spec[OPTS], 'timestamp', NOW_TEXT, 'delay', text_of(run_at - NOW),
    'priority', text_of(priority), 'yn', number
  }
  local is_rare = run_at > NOW or spec[VERSION] or spec[FACTS] or spec[EXPIRES_IN] or spec[KEY]
  if is_rare then met().add_rare_fields(fields, spec, run_at) end
  rcall('HSET', key, unpack(fields))
  if not is_rare and looked_at[spec[QUEUE]] then
    fresh[key] = { name = spec[NAME], data = spec[DATA], timestamp = NOW_TEXT, priority = text_of(priority), yn = number }
  end
  -- Once for each queue and call the stream is trimmed.
  if b.is_trimmed then rcall('XADD', b.events, '*', 'event', 'added', 'jobId', id, 'name', spec[NAME])
  else
    rcall('XADD', b.events, 'MAXLEN', '~', most_events(b.Q), '*', 'event', 'added', 'jobId', id, 'name', spec[NAME])
    b.is_trimmed = true
  end
  local n = #b.index
  b.index[n + 1], b.index[n + 2] = NOW_TEXT, string.sub('0000000000000000', #number + 1) .. number .. ':' .. id
  if run_at > NOW then
    rcall('ZADD', b.Q .. 'delayed', met().delayed_score(b.Q, run_at), id)
    rcall('XADD', b.events, '*', 'event', 'delayed', 'jobId', id, 'delay', text_of(run_at))
    b.is_later = true
  else
    if priority > 0 then rcall('ZADD', b.Q .. 'prioritized', met().priority_score(b.Q, priority), id)
    else b.wait[#b.wait + 1] = id end
    rcall('XADD', b.events, '*', 'event', 'waiting', 'jobId', id)
    b.is_ready = true
  end
  if spec[EXPIRES_IN] then rcall('ZADD', own_key(b.queue, 'expiring'), NOW + spec[EXPIRES_IN], id) end
  if spec[KEY] then met().take_new_key(b, spec) end
end

-- True if no two of them are the same.
local function are_distinct(addresses)
  local seen = {}
  for _, key in ipairs(addresses) do
    if seen[key] then return false end
    seen[key] = true
  end
  return true
end

-- bounded: maxSize applies. The answer to each is 0 if the job was accepted and replaced none.
local function enqueue_all(specs, bounded)
  if #specs == 0 then return {} end
  local addresses = {}
  for i, spec in ipairs(specs) do addresses[i] = P .. ':' .. spec[QUEUE] .. ':' .. spec[ID] end
  local is_new = #specs == 1 or are_distinct(addresses)
  -- Fails if there is something that is no job, before anything is written.
  for first = 1, #addresses, 1000 do
    local last = math.min(first + 999, #addresses)
    if rcall('EXISTS', unpack(addresses, first, last)) > 0 then
      is_new = false
      for i = first, last do rcall('HLEN', addresses[i]) end
    end
  end
  local answers, number = {}, rcall('INCRBY', R .. 'number', #specs) - #specs
  for i, spec in ipairs(specs) do
    local b = batches[spec[QUEUE]] or open_batch(spec[QUEUE])
    local answer, replaced
    b.asked = b.asked + 1
    if not is_new and rcall('EXISTS', addresses[i]) == 1 then answer = met().meet_namesake(b, spec) end
    if not answer and spec[KEY] then answer, replaced = met().judge_key(b, spec) end
    if not answer and bounded and b.max_size then answer = met().judge_room(b, replaced) end
    if not answer then
      if replaced then met().replace_job(replaced) end
      write_job(b, spec, addresses[i], text_of(number + i))
      answer = replaced and { 'replaced', replaced.id } or 0
    end
    answers[i] = answer
  end
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
