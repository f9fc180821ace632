/** The operator's moves: each job judged by itself, one audit line for the call, all in one step. */

import { type Script, script } from "../script.ts";
import { auditing } from "./audit.lua.ts";
import { list } from "./list.lua.ts";
import { trash } from "./trash.lua.ts";

/**
 * KEYS: the root. ARGV[1]: msgpack `{move, from: {state: true}, refs: [[queue, id] …], data, opId | nil, expectEpoch | nil,
 * payload | nil, delayMs, priority | nil, trashMs, audit}`; data: JSON text of the event, an object with at least one
 * field, without what only the store knows.
 * Returns per job its outcome and the state that it has then: `[outcome, state | null]`; the outcome is `stock` where
 * one of BullMQ's scripts has to do it.
 */
export const moveScript: Script = script(
  "move",
  [auditing, list, trash],
  /* lua */ `
local ask = cmsgpack.unpack(ARGV[1])
-- Scores of the prioritized are priority * PER_PRIORITY + number.
local PER_PRIORITY = 4294967296

-- Writes the event. replaced: the payload that the move replaces, or nil. undo: how to take a requeue back
local function write(j, replaced, undo)
  local data = ask.data
  if replaced then data = string.sub(data, 1, -2) .. ',"previousPayload":' .. json_string(replaced) .. '}' end
  write_event(j, ask.move, data)
  if ask.opId then set(j, { 'yz', ask.opId }) else unset(j, 'yz') end
  if undo then set(j, { 'yb', undo }) else unset(j, 'yb') end
end

-- Jobs that others depend on, or a schedule, or a payload that waits for its turn: what follows of their end only
-- BullMQ's scripts know.
local function is_stock(j)
  local f, key = j.f, j.key
  if f.parentKey or f.rjk then return true end
  if f.deid and rcall('EXISTS', j.Q .. 'dn:' .. f.deid) == 1 then return true end
  return not f.yn and rcall('EXISTS', key .. ':dependencies', key .. ':processed', key .. ':failed', key .. ':unsuccessful') > 0
end

-- A delayed job's place says when it is due, unless no time brings it to the line.
local function is_due(j)
  if j.place ~= 'delayed' then return true end
  local score = tonumber(rcall('ZSCORE', j.Q .. 'delayed', j.id))
  if score ~= FAR then return math.floor(score / 4096) <= NOW end
  return tonumber(j.f.yu or j.f.timestamp) <= NOW
end

local function move_in_line(j, run_at)
  write(j)
  leave(j)
  enter_waiting(j, run_at)
  return 'done', true
end

-- What a requeue sets, as fields of the hash.
local BEGUN_ANEW = { 'atm', 'stc', 'yr', 'yl', 'ye', 'returnvalue', 'yo', 'progress', 'failedReason', 'finishedOn', 'ym', 'yi' }

local function undo_text(j)
  local before = { data = j.f.data }
  for _, field in ipairs(BEGUN_ANEW) do before[field] = j.f[field] end
  return cjson.encode({ op = ask.opId, epoch = j.f.yp or '0', state = j.state, before = before })
end

-- Nil unless this requeue is the last thing that was done to the job.
local function undone_by(j)
  local undo = j.f.yb and cjson.decode(j.f.yb)
  if not undo or undo.op ~= ask.opId or undo.op ~= j.f.yz or undo.epoch ~= (j.f.yp or '0') then return nil end
  return undo
end

local function put_back(j, before)
  for _, field in ipairs(BEGUN_ANEW) do
    if before[field] then set(j, { field, before[field] }) else unset(j, field) end
  end
  set(j, { 'data', before.data })
end

-- From one priority to another. Among the prioritized the number stays; the list has none.
local function change_line(j, priority)
  local Q, number = j.Q, nil
  if j.place == 'wait' then leave_list(j)
  else
    number = tonumber(rcall('ZSCORE', Q .. 'prioritized', j.id)) % PER_PRIORITY
    rcall('ZREM', Q .. 'prioritized', j.id)
  end
  if priority == 0 then insert_in_list(j)
  else rcall('ZADD', Q .. 'prioritized', number and priority * PER_PRIORITY + number or priority_score(Q, priority), j.id) end
  mark_ready(Q)
end

-- Parked jobs keep the place in the line that they will have.
local function change_parked(j, priority)
  local lane = own_key(j.queue, 'parked:' .. lane_of(j.f))
  local score = tonumber(rcall('ZSCORE', lane, j.id) or nil)
  if not score then return end
  if priority == 0 then score = rcall('INCR', own_key(j.queue, 'met'))
  elseif score >= PER_PRIORITY then score = priority * PER_PRIORITY + score % PER_PRIORITY
  else score = priority_score(j.Q, priority) end
  rcall('ZADD', lane, score, j.id)
end

-- By move, for a job in a state that it may leave: outcome, and whether anything changed.
local EFFECTS = {
  cancel = function(j)
    if j.state ~= 'active' then
      write(j)
      leave_any(j)
      enter_final(j, 'user', 'cancelled: user')
      return 'done', true
    end
    if j.f.yq then return 'requested', false end
    write(j)
    set(j, { 'yq', 1 })
    return 'requested', true
  end,

  requeue = function(j)
    if twin_of(j) then return 'held', false end
    write(j, ask.payload and j.f.data, ask.opId and undo_text(j))
    leave_any(j)
    unset(j, unpack(BEGUN_ANEW))
    if ask.payload then set(j, { 'data', ask.payload }) end
    enter_waiting(j, NOW + ask.delayMs)
    return 'done', true
  end,

  revert = function(j)
    local undo = undone_by(j)
    if not undo then return 'changed', false end
    write(j)
    leave(j)
    put_back(j, undo.before)
    if undo.state == 'stale' then
      j.state = 'stale'
      enter_parked(j, NOW)
    else
      enter_again(j, undo.state, NOW)
    end
    return 'done', true
  end,

  promote = function(j)
    if is_due(j) then return 'done', false end
    return move_in_line(j, NOW)
  end,

  reschedule = function(j) return move_in_line(j, NOW + ask.delayMs) end,

  reprioritise = function(j)
    write(j)
    local before = tonumber(j.f.priority) or 0
    local priority = ask.priority or before
    if priority == before then return 'done', true end
    set(j, { 'priority', priority })
    if j.place == 'delayed' then change_parked(j, priority) else change_line(j, priority) end
    return 'done', true
  end,

  edit = function(j)
    write(j, ask.payload and j.f.data)
    if ask.payload then set(j, { 'data', ask.payload }) end
    return 'done', true
  end,

  park = function(j)
    write(j)
    leave(j)
    enter_stale(j)
    return 'done', true
  end,

  remove = function(j)
    write(j)
    to_trash(j)
    j.state = nil
    return 'done', true
  end,
}

-- Who is parked, or comes back from there, has not ended for others.
local LEAVES_STATE = { cancel = true, requeue = true, revert = true, remove = true }

-- Outcome, state after it, and whether anything changed.
local function bring_back(queue, id)
  local there = read_job(queue, id)
  local j = find_in_trash(queue, id, ask.trashMs)
  local state = there and there.state
  if not j then return 'missing', state, false end
  if ask.expectEpoch and (tonumber(j.f.yp) or 0) ~= ask.expectEpoch then return 'changed', state, false end
  if there or (wants_key(j.f, j.state) and twin_of(j)) then return 'held', state, false end
  restore(j, write)
  return 'done', j.state, true
end

local function judge_one(j)
  if ask.expectEpoch and (tonumber(j.f.yp) or 0) ~= ask.expectEpoch then return 'changed', j.state, false end
  if not ask.from[j.state] then
    return ask.move == 'remove' and j.state == 'active' and 'busy' or 'refused', j.state, false
  end
  if LEAVES_STATE[ask.move] and j.state ~= 'active' and j.state ~= 'stale' and is_stock(j) then return 'stock', j.state, false end
  local outcome, wrote = EFFECTS[ask.move](j)
  return outcome, j.state, wrote
end

local function judge(queue, id)
  if ask.move == 'restore' then return bring_back(queue, id) end
  local j = read_job(queue, id)
  if not j then return 'missing', nil, false end
  local outcome, state, wrote = judge_one(j)
  put_down(j)
  return outcome, state, wrote
end

-- Moves that take most waiting jobs out of the list.
local LIFTS = { cancel = true, park = true, remove = true, reschedule = true, reprioritise = true, revert = true }
if LIFTS[ask.move] then lift(ask.refs) end

local answers, changed = {}, {}
for i, ref in ipairs(ask.refs) do
  local outcome, state, wrote = judge(ref[1], ref[2])
  answers[i] = { outcome, state or false }
  if wrote then changed[#changed + 1] = ref end
end
if #changed > 0 then write_audit(ask.audit, changed) end
return answers
`,
);
