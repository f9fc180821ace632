/** Beside BullMQ's own scripts and workers: what comes before and after an end that only they can make. */

import { type Script, script } from "../script.ts";
import { finals } from "./finals.lua.ts";
import { fence } from "./lease.lua.ts";
import { evenIfFull } from "./room.lua.ts";
import { endings } from "./settle.lua.ts";

/** BullMQ's script comes right after; it asks for the lock, which may have run out. In ms. */
const HANDED_OVER_MS = 30_000;

/**
 * KEYS: the root. ARGV[1]: msgpack `{queue, id, token, epoch, session, guard, fate | nil}`; no fate: it completes.
 * Returns `lost`, `missing` or `live`; `again` if it is no end any more; or `[now, opts, name of the fate's end]`, and
 * the lock is the lease's.
 */
export const handOverScript: Script = script(
  "handOver",
  [evenIfFull, endings],
  /* lua */ String.raw`
local ask = cmsgpack.unpack(ARGV[1])
local j = read_job(ask.queue, ask.id)
local own = j and (is_own(ask.token, ask.epoch, j.f.yt, j.f.ats) or is_abandoned(j, ask.token))
if not own or j.place ~= 'active' then
  forget_lease(ask.session, ask.queue, ask.id)
  return j and 'lost' or 'missing'
end
if ask.guard == 'expired' and not is_over(ask.session) then return 'live' end
local name = 'decided'
if ask.fate then
  local fate
  fate, name = end_of(j, ask.fate.ends)
  if fate.state ~= 'dead' and fate.state ~= 'cancelled' then return 'again' end
end
rcall('SET', j.key .. ':lock', ask.token, 'PX', ${HANDED_OVER_MS})
return { NOW, j.f.opts or '{}', name }
`,
);

/**
 * KEYS: the root. ARGV[1]: msgpack `{queue, id, token, epoch, session, result | nil, fate | nil, name, followUps | nil}`.
 * Returns false if the job was not ended under this lease; else the receipts of the follow-ups.
 */
export const handedBackScript: Script = script(
  "handedBack",
  [evenIfFull, endings],
  /* lua */ String.raw`
local ask = cmsgpack.unpack(ARGV[1])
local j = read_job(ask.queue, ask.id)

-- The mark that the end was made by this lease goes with it.
local function is_ended(f)
  if is_own(ask.token, ask.epoch, f.yt, f.ats) then return true end
  return ask.token == 'stock:' .. (f.ats or '0') .. ':' .. (f.processedOn or '') and f.yi ~= f.finishedOn
end

local function note_completion()
  if ask.result == 'null' then set(j, { 'yo', 1 }) end
  if not j.f.yn then return unset(j, 'yt') end
  count_bytes(j, 'completed', 1)
  -- As settle leaves it: that its bytes are counted.
  set(j, { 'yt', ':' .. j.f.ats })
end

local function note_failure(what, fate)
  write_event(j, fate.kind, fate.data)
  unset(j, 'yt')
  local attempt = made(j.f)
  -- BullMQ's script has counted it as an attempt that was made.
  if fate.givesBack or what.rescue then set(j, { 'atm', tonumber(j.f.atm) - 1 }) end
  if what.rescue and not fate.givesBack then set(j, { 'stc', (tonumber(j.f.stc) or 0) + 1 }) end
  if what.rescue then set(j, { 'yr', (tonumber(j.f.yr) or 0) + 1 }) end
  if what.error then keep_error(j, attempt, what.error) end
  j.state = fate.state
  set(j, { 'ym', fate.reason and ('cancelled:' .. fate.reason) or 'dead', 'yi', j.f.finishedOn })
  rcall('ZADD', own_key(j.queue, j.state), j.f.finishedOn, entry_of(j.f.yn, j.id))
  count_bytes(j, j.state, 1)
end

if j then
  if (j.place ~= 'completed' and j.place ~= 'failed') or not is_ended(j.f) then return false end
  if j.place == 'completed' then note_completion() else note_failure(ask.fate, ask.fate.ends[ask.name]) end
  unset(j, 'yl', 'yq')
end
-- No job: its options say that it is not to be kept.
drop_lease(ask.session, ask.queue, ask.id)
hint(ask.queue)
return enqueue_all(ask.followUps or {}, false)
`,
);

/**
 * Takes a job that waits or is blocked, as a claim does, so that it can be ended before it was started.
 *
 * KEYS: the root. ARGV[1]: msgpack `{queue, id, token, from: {state: true}}`.
 * Returns the epoch of the lease, or nil if the job is in no such state.
 */
export const takeScript: Script = script(
  "take",
  [fence],
  /* lua */ String.raw`
local ask = cmsgpack.unpack(ARGV[1])
local j = read_job(ask.queue, ask.id)
if not j or not ask.from[j.state] then return nil end
adopt(j)
write_down(j)
leave(j)
local ats, epoch = (tonumber(j.f.ats) or 0) + 1, j.f.yp or '0'
-- No event tells of this attempt, which is none.
set(j, { 'ats', ats, 'yc', ats, 'yt', ':' .. ask.token .. ':' .. epoch .. ':' .. ats, 'processedOn', j.f.processedOn or NOW })
rcall('LPUSH', j.Q .. 'active', j.id)
rcall('SET', j.key .. ':lock', ask.token, 'PX', ${HANDED_OVER_MS})
return tonumber(epoch)
`,
);

/**
 * After BullMQ's script has put a dead or cancelled job back into the line: what this means here.
 *
 * KEYS: the root. ARGV[1]: msgpack `{queue, id, data, opId | nil}`; data: JSON text of the event.
 */
export const requeuedScript: Script = script(
  "requeued",
  [finals],
  /* lua */ String.raw`
local ask = cmsgpack.unpack(ARGV[1])
local j = read_job(ask.queue, ask.id)
if not j then return nil end
write_event(j, 'requeue', ask.data)
if ask.opId then set(j, { 'yz', ask.opId }) else unset(j, 'yz') end
for _, state in ipairs({ 'dead', 'cancelled' }) do
  local entry = entry_of(j.f.yn, j.id)
  rcall('ZREM', late_key(j.queue, state), entry)
  if rcall('ZREM', own_key(j.queue, state), entry) == 1 then count_bytes(j, state, -1) end
end
unset(j, 'stc', 'yr', 'yl', 'ye', 'yo', 'progress', 'ym', 'yi', 'yb')
set(j, { 'yu', NOW })
if not twin_of(j) then follow_key(j) end
`,
);

/** So many jobs are looked at in one call. */
const MOST_LOOKED_AT = 1_000;

/**
 * Jobs of workers of BullMQ's that are gone: in active, without a lock, and of none of our sessions. One call looks at
 * 1,000 jobs, in turn of all queues into which ours enqueues or which ours serves (the set `served`); where the next
 * call begins stands in the key `lookout`.
 *
 * KEYS: the root. ARGV[1]: how many are enough.
 * Returns `[worker, jobs]` per worker that they say they were taken by, each job as the script `expired` tells it.
 */
export const abandonedScript: Script = script(
  "abandoned",
  [evenIfFull, fence],
  /* lua */ String.raw`
local limit, left = tonumber(ARGV[1]), ${MOST_LOOKED_AT}
local workers, of = {}, {}
local found = 0

local function is_ours(queue, id, f)
  local token, epoch = string.match(f[1] or '', '^[^:]*:(.*):(%d+):%d+$')
  return token and is_own(token, epoch, f[1], f[2]) and f[4]
    and rcall('SISMEMBER', session_key(f[4]), queue .. ':' .. id) == 1
end

local function look_at(queue, id)
  local key = queue_key(queue) .. id
  if rcall('EXISTS', key .. ':lock') == 1 then return end
  local f = job_fields(key, 'yt', 'ats', 'processedOn', 'pb', 'yp', 'name')
  if not f[6] or is_ours(queue, id, f) then return end
  local worker = f[4] or ''
  if not of[worker] then
    of[worker] = {}
    workers[#workers + 1] = worker
  end
  local token = 'stock:' .. (f[2] or '0') .. ':' .. (f[3] or '')
  table.insert(of[worker], lease_facts(queue, id, token, tonumber(f[5]) or 0))
  found = found + 1
end

-- From the end that has the oldest, which does not move when others come.
local function look_through(queue, from)
  local ids = rcall('LRANGE', queue_key(queue) .. 'active', -(from + left), -(from + 1))
  left = left - math.max(1, #ids)
  for i = #ids, 1, -1 do look_at(queue, ids[i]) end
  return #ids
end

local queues = rcall('SUNION', R .. 'queues', R .. 'served')
table.sort(queues)
local last, from = string.match(rcall('GET', R .. 'lookout') or '', '^([^:]*):(%d+)$')
local first = 1
while last and queues[first] and queues[first] < last do first = first + 1 end
from = queues[first] == last and tonumber(from) or 0
local next_place
for i = 0, #queues - 1 do
  local queue = queues[(first - 1 + i) % #queues + 1]
  local room = left
  if room <= 0 or found >= limit then
    next_place = next_place or (queue .. ':0')
    break
  end
  local seen = look_through(queue, from)
  next_place = seen == room and (queue .. ':' .. (from + seen)) or nil
  from = 0
end
if next_place then rcall('SET', R .. 'lookout', next_place) else rcall('DEL', R .. 'lookout') end

local answers = {}
for i, worker in ipairs(workers) do answers[i] = { worker, of[worker] } end
return answers
`,
);
