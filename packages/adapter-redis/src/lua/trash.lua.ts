/** Removed jobs, whole and with their events and errors, for a day. */

import { type Part, part } from "../script.ts";
import { finals } from "./finals.lua.ts";

export const trash: Part = part(
  [finals],
  /* lua */ `
-- What hangs on a job's hash.
local TAILS = { '', ':jyev', ':jyerr', ':logs' }
local function trash_key(queue, id) return R .. 'trash:' .. queue .. ':' .. id end

local function rename_all(from, to)
  for _, tail in ipairs(TAILS) do
    rcall('DEL', to .. tail)
    if rcall('EXISTS', from .. tail) == 1 then rcall('RENAME', from .. tail, to .. tail) end
  end
end

local function delete_all(key)
  for _, tail in ipairs(TAILS) do rcall('DEL', key .. tail) end
end

-- The job leaves the store: a timed key that it holds remembers its last state, any other is free.
local function let_go_of_key(j)
  if not j.f.deid then return end
  local till = tonumber(j.f.yk)
  if not tonumber(j.f.yw) then free_key(j)
  elseif till and till > NOW and rcall('GET', j.Q .. 'de:' .. j.f.deid) == j.id then
    local gone = string.format('%s:%.0f:%s', j.state, till, j.f.yw)
    rcall('SET', R .. 'gone:' .. j.queue .. ':' .. j.id, gone, 'PX', math.max(1, till - NOW) + SLACK)
  end
end

-- Out of everything; what hangs on its hash is still there.
local function take_out(j)
  leave_any(j)
  let_go_of_key(j)
  if j.f.yn then rcall('ZREM', own_key(j.queue, 'jobs'), entry_of(j.f.yn, j.id)) end
  emit_trimmed(j.Q, 'removed', 'jobId', j.id, 'prev', j.place)
  hint(j.queue)
end

-- One of the same address that was removed before is gone for good.
local function to_trash(j)
  local entered = entered_at(j)
  take_out(j)
  rename_all(j.key, trash_key(j.queue, j.id))
  rcall('HSET', trash_key(j.queue, j.id), 'ys', j.state, 'yd', entered or NOW)
  rcall('ZADD', R .. 'trash', NOW, j.queue .. ':' .. j.id)
end

local function delete_trashed(member)
  rcall('ZREM', R .. 'trash', member)
  delete_all(R .. 'trash:' .. member)
end

-- A removed job, as read_job tells one that is there; nil if there is none, or none that may be restored.
local function find_in_trash(queue, id, trash_ms)
  local removed_at = rcall('ZSCORE', R .. 'trash', queue .. ':' .. id)
  if not removed_at or NOW - tonumber(removed_at) > trash_ms then return nil end
  local raw = rcall('HGETALL', trash_key(queue, id))
  if #raw == 0 then return nil end
  local f = {}
  for i = 1, #raw, 2 do f[raw[i]] = raw[i + 1] end
  local Q = queue_key(queue)
  return { queue = queue, Q = Q, id = id, key = Q .. id, f = f, place = 'removed', state = f.ys }
end

-- Behind those that kept waiting, or among those of its state where it was. write: its event, in between
local function restore(j, write)
  rcall('ZREM', R .. 'trash', j.queue .. ':' .. j.id)
  rename_all(trash_key(j.queue, j.id), j.key)
  local entered, run_at = tonumber(j.f.yd), tonumber(j.f.yu or j.f.timestamp)
  unset(j, 'ys', 'yd')
  if tonumber(j.f.yw) then rcall('DEL', R .. 'gone:' .. j.queue .. ':' .. j.id) end
  rcall('ZADD', own_key(j.queue, 'jobs'), j.f.timestamp, entry_of(j.f.yn, j.id))
  emit(j.Q, 'added', 'jobId', j.id, 'name', j.f.name)
  write(j)
  if j.state == 'waiting' then enter_waiting(j, run_at)
  elseif FINAL[j.state] then enter_again(j, j.state, entered)
  else enter_parked(j, entered) end
end
`,
);
