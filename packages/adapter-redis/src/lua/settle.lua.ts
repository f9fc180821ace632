/** Settle: the end of one attempt as core decided it, unless a pending cancel or a twin says otherwise. */

import { KEPT_ERRORS_EACH_END } from "@jobyard/core/adapter";
import { type Part, part, rarely, type Script, script } from "../script.ts";
import { queues } from "./base.lua.ts";
import { enqueueing } from "./enqueue.lua.ts";
import { sessions } from "./job.lua.ts";
import { fence, owning } from "./lease.lua.ts";
import { evenIfFull } from "./room.lua.ts";

/** Bytes of stack traces beside the errors themselves. */
const MOST_TRACED = 32_768;

/** What an attempt that was no success means for its job. */
export const endings: Part = part(
  [fence, enqueueing],
  /* lua */ String.raw`
local EACH_END, MOST_TRACED = ${KEPT_ERRORS_EACH_END}, ${MOST_TRACED}

-- rest: the failure's JSON text but for its beginning
local function keep_error(j, attempt, rest)
  local key = j.key .. ':jyerr'
  if rcall('RPUSH', key, '{"at":' .. NOW .. ',"attempt":' .. attempt .. ',' .. rest) > 2 * EACH_END then
    rcall('LSET', key, EACH_END, '')
    rcall('LREM', key, 1, '')
  end
end

-- BullMQ's tools show all that a job has left; in ours only the last is kept once they are long.
local function traces_of(j, last)
  local before = j.f.stacktrace
  if not before or before == '[]' or #before + #last > MOST_TRACED then return last end
  if last == '[]' then return before end
  return string.sub(before, 1, -2) .. ',' .. string.sub(last, 2)
end

-- Which of the ends that settle.ts packs it is, only the store knows; second: its name.
local function end_of(j, ends)
  if j.f.yq then return ends.cancelled, 'cancelled' end
  if ends.decided.state == 'waiting' and j.f.yw == 'waiting' and twin_of(j) then return ends.yielded, 'yielded' end
  return ends.decided, 'decided'
end

-- As often as it may be tried, as BullMQ understands it.
local function attempts_of(f) return tonumber(string.match(f.opts or '', '"attempts":(%d+)') or 0) end

local function tell_drained(Q)
  if rcall('EXISTS', Q .. 'wait', Q .. 'active', Q .. 'prioritized') == 0 then emit(Q, 'drained') end
end

-- What follows of this end for other jobs or for the job itself, only BullMQ's script knows: it is part of a flow, its
-- key has the next job parked, or it is BullMQ's and has children or is to be removed. option: what says the last
local function is_stock_end(Q, id, f, option)
  if f.parentKey or (f.deid and rcall('EXISTS', Q .. 'dn:' .. f.deid) == 1) then return true end
  if f.yn and f.yx ~= ADOPTED then return false end
  return string.find(f.opts or '', option, 1, true) ~= nil
    or rcall('EXISTS', Q .. id .. ':dependencies', Q .. id .. ':unsuccessful') > 0
end
`,
);

/** Ends that few jobs have. */
const ending: Part = part(
  [endings],
  /* lua */ String.raw`
local function errors_bytes(key)
  local errors = rcall('LRANGE', key .. ':jyerr', 0, -1)
  local bytes = #errors > 0 and #errors + 1 or 0
  for _, text in ipairs(errors) do bytes = bytes + #text end
  return bytes
end

-- What a completion needs to know of a job that is not plain: it has a key, was tried before, is BullMQ's …
local function unplain(b, id)
  local key = b.Q .. id
  local v = rcall('HMGET', key, 'atm', 'deid', 'yw', 'parentKey', 'yl', 'yn', 'yx', 'opts')
  local f = { deid = v[2] or nil, parentKey = v[4] or nil, yn = v[6] or nil, yx = v[7] or nil, opts = v[8] or nil }
  if is_stock_end(b.Q, id, f, '"removeOnComplete"') then return nil end
  local made_before = tonumber(v[1]) or 0
  local bytes = v[6] and rcall('HSTRLEN', key, 'data') + errors_bytes(key) or nil
  if v[5] then rcall('HDEL', key, 'yl') end
  if v[2] and not tonumber(v[3] or '') then
    local held = b.Q .. 'de:' .. v[2]
    if rcall('GET', held) == id and rcall('PTTL', held) == -1 then rcall('DEL', held) end
  end
  return made_before, bytes
end

local function finish(op)
  local queue, id, what = op.queue, op.id, op.fate
  local j = read_job(queue, id)
  if not j then return 'missing' end
  local own = is_own(op.token, op.epoch, j.f.yt, j.f.ats) or is_abandoned(j, op.token)
  if j.place ~= 'active' or not own then return 'lost' end
  if op.guard == 'expired' and not is_over(op.session) then return 'live' end
  local fate = end_of(j, what.ends)
  local is_final = fate.state == 'dead' or fate.state == 'cancelled'
  if is_final and is_stock_end(j.Q, id, j.f, '"removeOnFail":true') then return 'stock' end

  local run_at = NOW + what.delayMs
  write_event(j, fate.kind, fate.state == 'waiting' and fate.data .. run_at .. '}' or fate.data)
  if what.error then
    keep_error(j, made(j.f) + 1, what.error)
    set(j, { 'failedReason', what.message, 'stacktrace', traces_of(j, what.stacktrace) })
  end
  leave(j)
  if not fate.givesBack then
    local counter = what.rescue and 'stc' or 'atm'
    set(j, { counter, (tonumber(j.f[counter]) or 0) + 1 })
  end
  if what.rescue then set(j, { 'yr', (tonumber(j.f.yr) or 0) + 1 }) end
  if what.heldLimit then set(j, { 'yl', what.heldLimit }) elseif not what.keepsLimit then unset(j, 'yl') end
  unset(j, 'yq')
  if fate.state == 'waiting' or fate.state == 'stale' then set(j, { 'yp', (tonumber(j.f.yp) or 0) + 1 }) end
  if fate.state == 'waiting' then enter_waiting(j, run_at)
  elseif fate.state == 'stale' then enter_stale(j)
  else enter_final(j, fate.reason or nil, what.message or ('cancelled: ' .. (fate.reason or ''))) end
  if fate.state == 'dead' and made(j.f) >= attempts_of(j.f) then
    emit(j.Q, 'retries-exhausted', 'jobId', id, 'attemptsMade', made(j.f))
  end
  if is_final then tell_drained(j.Q) end
  return { fate.state, fate.reason or false, {} }
end
`,
);

const unusual: Part = rarely(
  "unusual",
  [queues, sessions, owning],
  [ending],
  ["at_address", "enqueue_all", "finish", "forget_lease", "unplain"],
);

/**
 * KEYS: the root. ARGV[1]: msgpack of the list of what settle.ts packs: completions of one claim and queue together,
 * every other end by itself.
 * Returns of an end `lost`, `missing`, `live`, `stock` (BullMQ's own script has to do it) or `[state, reason | null,
 * receipts]` with receipts as the script `enqueue` answers them. Of completions 0 if all were done; else the list of
 * their answers, each as that of an end, or 0.
 */
export const settleScript: Script = script(
  "settle",
  [evenIfFull, unusual],
  /* lua */ String.raw`
-- What is written once for a queue: completions come in hundreds.
local finished = {}
local function open_finished(queue)
  local Q = queue_key(queue)
  local b = { queue = queue, Q = Q, active = Q .. 'active', events = Q .. 'events', completed = {}, locks = {}, bytes = 0 }
  b.stalled = rcall('EXISTS', Q .. 'stalled') == 1
  finished[queue] = b
  return b
end

-- Before anything looks where these jobs stand, and at the end. At most 250 settlements come in one call.
local function write_finished()
  for queue, b in pairs(finished) do
    if #b.completed > 0 then
      rcall('ZADD', b.Q .. 'completed', unpack(b.completed))
      rcall('DEL', unpack(b.locks))
      if b.bytes > 0 then rcall('HINCRBY', own_key(queue, 'bytes'), 'completed', b.bytes) end
      hint(queue)
      if rcall('EXISTS', b.Q .. 'wait', b.active, b.Q .. 'prioritized') == 0 then rcall('XADD', b.events, '*', 'event', 'drained') end
      b.completed, b.locks, b.bytes = {}, {}, 0
    end
  end
end

-- Members that a session loses.
local ended = {}

-- Few are looked for one by one.
local FEW = 3

-- Plain is a job of ours of which the claim has found nothing but its first attempt; it left the bytes of its payload.
local function complete(b, op, oldest, id, epoch, result)
  local key = b.Q .. id
  local v = rpcall('HMGET', key, 'yt', 'ats', 'yq')
  if v.err then v = unusual().at_address(v) end
  if not is_own(op.token, epoch, v[1], v[2]) then return rcall('EXISTS', key) == 1 and 'lost' or 'missing' end
  if op.guard == 'expired' and not is_over(op.session) then return 'live' end
  local made_before, bytes = 0, tonumber(string.match(v[1], '^(%d*):'))
  if not bytes then
    if not oldest.ids[id] and not rcall('LPOS', b.active, id) then return 'lost' end
    made_before, bytes = unusual().unplain(b, id)
    if not made_before then return 'stock' end
  end
  if oldest.ids[id] then oldest.ended[#oldest.ended + 1] = id
  elseif rcall('LREM', b.active, -1, id) == 0 then return 'lost' end
  -- What is left of the lease fences nothing, and says whose completion it is: stock workers leave none.
  local text, lease, atm = result or 'null', ':' .. v[2], text_of(made_before + 1)
  if result == 'null' then
    rcall('HSET', key, 'returnvalue', text, 'finishedOn', NOW_TEXT, 'atm', atm, 'yt', lease, 'yo', '1')
  else
    rcall('HSET', key, 'returnvalue', text, 'finishedOn', NOW_TEXT, 'atm', atm, 'yt', lease)
  end
  if v[3] then rcall('HDEL', key, 'yq') end
  local n = #b.completed
  b.completed[n + 1], b.completed[n + 2] = NOW_TEXT, id
  b.locks[#b.locks + 1] = key .. ':lock'
  if b.stalled then rcall('SREM', b.Q .. 'stalled', id) end
  -- Once for each queue and call the stream is trimmed.
  if b.is_trimmed then rcall('XADD', b.events, '*', 'event', 'completed', 'jobId', id, 'returnvalue', text, 'prev', 'active')
  else
    rcall(
      'XADD', b.events, 'MAXLEN', '~', most_events(b.Q), '*', 'event', 'completed', 'jobId', id,
      'returnvalue', text, 'prev', 'active'
    )
    b.is_trimmed = true
  end
  if bytes then b.bytes = b.bytes + bytes + (result and #result or 0) end
  local members = ended[op.session]
  members[#members + 1] = op.queue .. ':' .. id
  return 0
end

local GONE = { lost = true, missing = true }

-- Of one claim and queue: id, epoch, result, id, epoch, result …
local function complete_all(op)
  local b = finished[op.queue] or open_finished(op.queue)
  local answers, jobs, all_done = {}, op.jobs, true
  local count = #jobs / 3
  ended[op.session] = ended[op.session] or {}
  -- The jobs at the end of the list of active ones, as many as complete: the oldest, which mostly are those. They stay
  -- there until all that complete are known.
  local oldest = { ids = {}, count = 0, ended = {} }
  if count > FEW then
    for i, id in ipairs(rcall('LRANGE', b.active, -count, -1)) do oldest.ids[id], oldest.count = true, i end
  end
  for i = 1, count do
    answers[i] = complete(b, op, oldest, jobs[3 * i - 2], jobs[3 * i - 1], jobs[3 * i])
    if answers[i] ~= 0 then all_done = false end
  end
  if oldest.count > 0 and #oldest.ended == oldest.count then rcall('LTRIM', b.active, 0, -oldest.count - 1)
  else
    for _, id in ipairs(oldest.ended) do rcall('LREM', b.active, -1, id) end
  end
  if all_done and not op.followUps then return 0 end
  for i, answer in ipairs(answers) do
    if GONE[answer] then unusual().forget_lease(op.session, op.queue, jobs[3 * i - 2]) end
  end
  if op.followUps and answers[1] == 0 then
    write_finished()
    return { { 'completed', false, unusual().enqueue_all(op.followUps, false) } }
  end
  return answers
end

local answers = {}
for i, op in ipairs(cmsgpack.unpack(ARGV[1])) do
  answers[i] = op.jobs and complete_all(op) or unusual().finish(op)
  if GONE[answers[i]] then unusual().forget_lease(op.session, op.queue, op.id) end
end

write_finished()
for session, members in pairs(ended) do
  if #members > 0 then
    rcall('SREM', session_key(session), unpack(members))
    end_if_empty(session)
  end
end
return answers
`,
);
