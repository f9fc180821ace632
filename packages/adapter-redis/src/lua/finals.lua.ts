/**
 * Jobs that come back where they were: from a requeue that is taken back, or from the trash.
 *
 * `dead` and `cancelled` stand in our index in the order in which they came into their state. Of those that came back
 * later than they had finished `<state>:late` knows when that was.
 */

import { type Part, part } from "../script.ts";
import { moving } from "./job.lua.ts";

export const finals: Part = part(
  [moving],
  /* lua */ `
local FINAL = { completed = true, dead = true, cancelled = true }
local function late_key(queue, state) return own_key(queue, state .. ':late') end

-- Whether its bytes are counted: those of a job that ended in other hands are not. Our last claim is its last then.
local function is_counted(state, f)
  if not f.yn or f.parentKey or not FINAL[state] then return false end
  if state == 'completed' then return f.yt and string.match(f.yt, ':(%d+)$') == f.ats or false end
  return f.ym and f.yi == f.finishedOn or false
end

-- When the job came into its state, if that is dead, cancelled or stale.
local function entered_at(j)
  return ATTENTION[j.state] and j.f.yn and rcall('ZSCORE', own_key(j.queue, j.state), entry_of(j.f.yn, j.id)) or nil
end

-- As leave, for a job that may be final.
local function leave_any(j)
  -- Which takes off the bytes of every final of ours.
  if FINAL[j.state] and not is_counted(j.state, j.f) then count_bytes(j, j.state, 1) end
  leave(j)
  if j.f.yn and FINAL[j.state] then rcall('ZREM', late_key(j.queue, j.state), entry_of(j.f.yn, j.id)) end
end

-- j.f is what it was in that state; entered: ms
local function enter_again(j, state, entered)
  j.state = state
  local finished_on = tonumber(j.f.finishedOn)
  if state == 'completed' then
    j.place = 'completed'
    rcall('ZADD', j.Q .. 'completed', finished_on, j.id)
    -- A purge that passes by the jobs of others has to begin before this one.
    rcall('DEL', own_key(j.queue, 'purged'))
  else
    j.place = 'failed'
    if not j.f.ym then set(j, { 'ym', state, 'yi', j.f.finishedOn }) end
    rcall('ZADD', j.Q .. 'failed', finished_on, j.id)
    rcall('ZADD', own_key(j.queue, state), entered, entry_of(j.f.yn, j.id))
    if tonumber(entered) ~= finished_on then rcall('ZADD', late_key(j.queue, state), finished_on, entry_of(j.f.yn, j.id)) end
  end
  if is_counted(state, j.f) then count_bytes(j, state, 1) end
  follow_key(j)
end

-- The same for jobs that are stale or blocked.
local function enter_parked(j, entered)
  j.place = 'waiting-children'
  rcall('ZADD', j.Q .. 'waiting-children', entered, j.id)
  if j.state == 'stale' then rcall('ZADD', own_key(j.queue, 'stale'), entered, entry_of(j.f.yn, j.id))
  elseif j.f.ye then rcall('ZADD', own_key(j.queue, 'expiring'), j.f.ye, j.id) end
  follow_key(j)
end
`,
);
