/** How many jobs stand in each of a queue's structures: what is counted is never looked at. */

import { type Part, part } from "../../script.ts";
import { base } from "../base.lua.ts";

/** So many jobs whose time is ahead are looked at, where no index tells whether they were tried. */
const MOST_TRIED = 1_000;

export const cards: Part = part(
  [base],
  /* lua */ `
-- The highest score of what is due in a queue's delayed.
local DUE = (NOW + 1) * 4096 - 1
-- As a bound that is itself left out. Put together as text, a number would lose its last digits.
local function above(score) return string.format('(%.0f', score) end

local function is_tried(Q, id)
  local made = rcall('HMGET', Q .. id, 'atm', 'stc')
  return (tonumber(made[1]) or 0) + (tonumber(made[2]) or 0) > 0
end

-- Held jobs whose time is ahead after an attempt that counts: there are no more of them than crashes leave behind.
local function held_retrying(queue)
  local tried = 0
  for _, entry in ipairs(rcall('ZRANGEBYSCORE', own_key(queue, 'held'), above(NOW), '+inf', 'LIMIT', 0, ${MOST_TRIED})) do
    if is_tried(queue_key(queue), string.sub(entry, 18)) then tried = tried + 1 end
  end
  return tried
end

-- Of jobs that stand in no index of ours.
local function foreign_retrying(Q)
  local tried = 0
  for _, id in ipairs(rcall('ZRANGEBYSCORE', Q .. 'delayed', above(DUE), above(FAR))) do
    if is_tried(Q, id) then tried = tried + 1 end
  end
  return tried
end

-- In the order of CARDS (overview.ts).
local function cards_of(queue)
  local Q = queue_key(queue)
  local function own(suffix) return rcall('ZCARD', own_key(queue, suffix)) end
  local waiting = rcall('LLEN', Q .. 'wait') + rcall('LLEN', Q .. 'paused')
  local prioritized, delayed, active = rcall('ZCARD', Q .. 'prioritized'), rcall('ZCARD', Q .. 'delayed'), rcall('LLEN', Q .. 'active')
  local completed, failed, parents = rcall('ZCARD', Q .. 'completed'), rcall('ZCARD', Q .. 'failed'), rcall('ZCARD', Q .. 'waiting-children')
  local jobs = own('jobs')
  local due, far, held, held_ahead, retrying, is_sure = 0, 0, 0, 0, 0, 1
  if delayed > 0 then
    due = rcall('ZCOUNT', Q .. 'delayed', '-inf', DUE)
    far = rcall('ZCOUNT', Q .. 'delayed', FAR, '+inf')
    retrying = rcall('ZCOUNT', own_key(queue, 'retrying'), above(NOW), '+inf')
  end
  local later = delayed - due - far
  if later > 0 and waiting + prioritized + delayed + active + completed + failed + parents > jobs then
    if later <= ${MOST_TRIED} then retrying = foreign_retrying(Q) else is_sure = 0 end
  end
  if far > 0 then
    held = own('held')
    held_ahead = rcall('ZCOUNT', own_key(queue, 'held'), above(NOW), '+inf')
    if held_ahead > 0 then retrying = retrying + held_retrying(queue) end
  end
  return {
    waiting, prioritized, due, later, far, held, held_ahead, retrying, is_sure, own('retrying'), active, completed, failed,
    parents, own('stale'), own('dead'), own('cancelled'), jobs
  }
end
`,
);
