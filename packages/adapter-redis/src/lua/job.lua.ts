/**
 * A job as scripts hold it, and the ways in which it changes: it leaves where it stands, it comes to stand elsewhere,
 * an event is written. Everything that hangs on a job's place (indexes, session, dedupe key) follows here.
 */

import { holdsKey, STATES } from "@jobyard/core/adapter";
import { ADOPTED } from "../facts.ts";
import { type Part, part } from "../script.ts";
import { base, json, stream } from "./base.lua.ts";
import { place } from "./place.lua.ts";

export const job: Part = part(
  [base, stream, place],
  /* lua */ String.raw`
-- In yx: see opts.
local ADOPTED = '${ADOPTED}'
local STATE_AT = { wait = 'waiting', prioritized = 'waiting', delayed = 'waiting', active = 'active', completed = 'completed' }

-- A mark of ours on a failed job counts only for the failure that it was made with.
local function state_at(where, f)
  if where == 'failed' then
    return f.ym and f.yi == f.finishedOn and string.match(f.ym, '^cancelled') or 'dead'
  end
  if where == 'waiting-children' then return f.ym == 'stale' and 'stale' or 'blocked' end
  return STATE_AT[where]
end

-- { queue, Q, id, key, f: all fields of its hash, place, state }, or nil.
local function read_job(queue, id)
  local Q = queue_key(queue)
  local raw = job_hash(Q .. id)
  if #raw == 0 then return nil end
  local f = {}
  for i = 1, #raw, 2 do f[raw[i]] = raw[i + 1] end
  local where = place_of(Q, id, f.finishedOn, f.processedOn or false)
  return { queue = queue, Q = Q, id = id, key = Q .. id, f = f, place = where, state = state_at(where, f) }
end

-- changes: { field, value, field, value … }
local function set(j, changes)
  for i = 1, #changes, 2 do j.f[changes[i]] = tostring(changes[i + 1]) end
  rcall('HSET', j.key, unpack(changes))
end

local function unset(j, ...)
  local there = {}
  for _, field in ipairs({ ... }) do
    if j.f[field] then
      there[#there + 1] = field
      j.f[field] = nil
    end
  end
  if #there > 0 then rcall('HDEL', j.key, unpack(there)) end
end

-- Attempts that ended and count.
local function made(f) return (tonumber(f.atm) or 0) + (tonumber(f.stc) or 0) end

-- The bytes that retention counts.
local function retained_bytes(j)
  local bytes = #j.f.data
  local result = j.f.returnvalue
  if result and (result ~= 'null' or j.f.yo) then bytes = bytes + #result end
  local errors = rcall('LRANGE', j.key .. ':jyerr', 0, -1)
  if #errors > 0 then bytes = bytes + #errors + 1 end
  for _, text in ipairs(errors) do bytes = bytes + #text end
  return bytes
end
-- A child in one of BullMQ's flows only BullMQ's scripts remove, which would not take it off.
local function count_bytes(j, state, sign)
  if j.f.yn and not j.f.parentKey then rcall('HINCRBY', own_key(j.queue, 'bytes'), state, sign * retained_bytes(j)) end
end
`,
);

/** Events of the happy path are made when they are read; those of one job are written once another has to follow them. */
export const events: Part = part(
  [job, json],
  /* lua */ String.raw`
local function event_text(at, kind, data) return at .. '\n' .. kind .. '\n' .. (data or '') end

local function write_down(j)
  local f = j.f
  local ats = tonumber(f.ats) or 0
  local written = f.yc or ''
  local claim_written = tonumber((string.gsub(written, '!', ''))) == ats
  local lines = {}
  if ats > 0 and not claim_written then
    local attempt = made(f) + (j.state == 'active' and 1 or 0)
    local data = '{"worker":' .. json_string(f.pb or '') .. ',"attempt":' .. attempt .. '}'
    lines[1] = event_text(f.processedOn, 'claim', data)
    written = ats .. ''
  end
  if j.state == 'completed' and string.sub(written, -1) ~= '!' then
    lines[#lines + 1] = event_text(f.finishedOn, 'complete')
    written = written .. '!'
  end
  if #lines == 0 then return end
  rcall('RPUSH', j.key .. ':jyev', unpack(lines))
  set(j, { 'yc', written })
end

-- A job of BullMQ's that we change becomes one of ours: it has a number and stands in the index. What it is still stands
-- in its opts.
local function adopt(j)
  if j.f.yn then return end
  local number = rcall('INCR', R .. 'number')
  set(j, { 'yn', number, 'yx', ADOPTED })
  rcall('ZADD', own_key(j.queue, 'jobs'), j.f.timestamp, entry_of(number, j.id))
  rcall('SADD', R .. 'queues', j.queue)
end

-- To be called before the job changes. data: JSON text or nil
local function write_event(j, kind, data)
  adopt(j)
  write_down(j)
  rcall('RPUSH', j.key .. ':jyev', event_text(NOW, kind, data))
  hint(j.queue)
end
`,
);

const inLua = (mode: "waiting" | "open"): string =>
  `{ ${STATES.filter((state) => holdsKey(mode, state))
    .map((state) => `${state} = true`)
    .join(", ")} }`;

/** Dedupe keys, which are BullMQ's: at most one holder per queue and key. */
export const keys: Part = part(
  [job],
  /* lua */ String.raw`
local HOLDS = { waiting = ${inLua("waiting")}, open = ${inLua("open")} }

-- Id of the holder and, if it is gone and only its timed key is left, the state that it had. Nil: the key is free.
local function holder_of(Q, queue, key)
  local id = rcall('GET', Q .. 'de:' .. key)
  if not id then return nil end
  local f = job_fields(Q .. id, 'name', 'deid', 'yk')
  if f[1] and f[2] == key then
    if f[3] and tonumber(f[3]) <= NOW then return nil end
    return id
  end
  local gone = rcall('GET', R .. 'gone:' .. queue .. ':' .. id)
  if not gone then return nil end
  local state, till, ms = string.match(gone, '^(%a+):(%d+):(%d+)$')
  if tonumber(till) <= NOW then return nil end
  return id, state, tonumber(ms)
end

-- Another job that holds this job's key, or nil.
local function twin_of(j)
  if not j.f.deid then return nil end
  local holder, gone = holder_of(j.Q, j.queue, j.f.deid)
  if holder and (holder ~= j.id or gone) then return holder, gone end
  return nil
end

-- True if the job's state gives it its key.
local function wants_key(f, state) return HOLDS[f.yw] and HOLDS[f.yw][state] or false end

local function free_key(j)
  if HOLDS[j.f.yw] and rcall('GET', j.Q .. 'de:' .. j.f.deid) == j.id then rcall('DEL', j.Q .. 'de:' .. j.f.deid) end
end

-- Takes or frees the key as the job's state now says. Timed keys take no notice of states.
local function follow_key(j)
  if wants_key(j.f, j.state) then rcall('SET', j.Q .. 'de:' .. j.f.deid, j.id) else free_key(j) end
end

-- Starts the time of a timed key, or starts it anew.
local function start_timed_key(j)
  local ms = tonumber(j.f.yw)
  if not ms then return end
  rcall('SET', j.Q .. 'de:' .. j.f.deid, j.id, 'PX', math.max(1, ms) + SLACK)
  set(j, { 'yk', NOW + ms })
end
`,
);

/** Sessions: who holds which jobs. */
export const sessions: Part = part(
  [base],
  /* lua */ String.raw`
local function session_key(session) return R .. 'session:' .. session end

-- A session is gone with its last lease.
local function end_if_empty(session)
  if rcall('EXISTS', session_key(session)) == 1 then return end
  rcall('ZREM', R .. 'sessions', session)
  rcall('SREM', R .. 'alone', session)
  rcall('SREM', R .. 'exclusive', session)
end

local function drop_lease(session, queue, id)
  if rcall('SREM', session_key(session), queue .. ':' .. id) == 1 then end_if_empty(session) end
end
`,
);

/** Where jobs stand. */
export const moving: Part = part(
  [events, keys, sessions],
  /* lua */ String.raw`
local ATTENTION = { dead = true, cancelled = true, stale = true }
local function lane_of(f) return (f.yv or '1') .. ':' .. f.name end

local function leave_lane(j)
  local lane = own_key(j.queue, 'parked:' .. lane_of(j.f))
  if rcall('ZREM', lane, j.id) == 1 and rcall('EXISTS', lane) == 0 then
    rcall('SREM', own_key(j.queue, 'lanes'), lane_of(j.f))
  end
end

local function leave_delayed(j)
  rcall('ZREM', j.Q .. 'delayed', j.id)
  rcall('ZREM', own_key(j.queue, 'retrying'), j.id)
  if j.f.yl then rcall('ZREM', own_key(j.queue, 'held'), entry_of(j.f.yn, j.id)) else leave_lane(j) end
end

local function leave_active(j)
  rcall('LREM', j.Q .. 'active', -1, j.id)
  rcall('DEL', j.key .. ':lock')
  rcall('SREM', j.Q .. 'stalled', j.id)
  if j.f.pb then drop_lease(j.f.pb, j.queue, j.id) end
  unset(j, 'yt')
end

-- Keys of jobs that were taken out of the list already, together with others: see list.lua.ts.
local lifted = {}

local function leave_list(j)
  if lifted[j.key] then lifted[j.key] = nil
  -- BullMQ 5 keeps those of a paused queue apart.
  elseif rcall('LREM', j.Q .. 'wait', -1, j.id) == 0 then rcall('LREM', j.Q .. 'paused', -1, j.id) end
end

-- Out of the structure that the job stands in, and out of our indexes of it.
local function leave(j)
  if j.place == 'wait' then leave_list(j)
  elseif j.place == 'active' then leave_active(j)
  elseif j.place == 'delayed' then leave_delayed(j)
  else rcall('ZREM', j.Q .. j.place, j.id) end
  if j.f.ye and (j.state == 'waiting' or j.state == 'blocked') then
    rcall('ZREM', own_key(j.queue, 'expiring'), j.id)
  end
  if not j.f.yn then return end
  if ATTENTION[j.state] then rcall('ZREM', own_key(j.queue, j.state), entry_of(j.f.yn, j.id)) end
  if j.state == 'completed' or j.state == 'dead' or j.state == 'cancelled' then count_bytes(j, j.state, -1) end
end

local NAMED = { wait = 'waiting' }

-- Into the line. j has left its place; run_at: ms
local function enter_waiting(j, run_at)
  local from = NAMED[j.place] or j.place
  local Q, id = j.Q, j.id
  j.state = 'waiting'
  unset(j, 'finishedOn', 'ym', 'yi')
  if j.f.yl then
    j.place = 'delayed'
    set(j, { 'yu', run_at })
    rcall('ZADD', Q .. 'delayed', FAR, id)
    rcall('ZADD', own_key(j.queue, 'held'), run_at, entry_of(j.f.yn, id))
    wake(j.queue)
  elseif run_at > NOW then
    j.place = 'delayed'
    set(j, { 'yu', run_at, 'delay', run_at - NOW })
    rcall('ZADD', Q .. 'delayed', delayed_score(Q, run_at), id)
    if made(j.f) > 0 then rcall('ZADD', own_key(j.queue, 'retrying'), run_at, id) end
    emit_trimmed(Q, 'delayed', 'jobId', id, 'delay', run_at)
    mark_delayed(Q)
  else
    local priority = tonumber(j.f.priority) or 0
    set(j, { 'yu', run_at, 'delay', 0 })
    if priority == 0 then
      j.place = 'wait'
      rcall('LPUSH', line_of(Q), id)
    else
      j.place = 'prioritized'
      rcall('ZADD', Q .. 'prioritized', priority_score(Q, priority), id)
    end
    emit_trimmed(Q, 'waiting', 'jobId', id, 'prev', from)
    mark_ready(Q)
  end
  if j.f.ye then rcall('ZADD', own_key(j.queue, 'expiring'), j.f.ye, id) end
  follow_key(j)
end

-- Dead (reason nil) or cancelled. text: what BullMQ's tools show as the reason.
local function enter_final(j, reason, text)
  local from = NAMED[j.place] or j.place
  j.place = 'failed'
  j.state = reason and 'cancelled' or 'dead'
  unset(j, 'yq')
  set(j, { 'finishedOn', NOW, 'failedReason', text, 'ym', reason and ('cancelled:' .. reason) or 'dead', 'yi', NOW })
  rcall('ZADD', j.Q .. 'failed', NOW, j.id)
  rcall('ZADD', own_key(j.queue, j.state), NOW, entry_of(j.f.yn, j.id))
  count_bytes(j, j.state, 1)
  emit(j.Q, 'failed', 'jobId', j.id, 'failedReason', text, 'prev', from)
  follow_key(j)
end

local function enter_stale(j)
  local from = NAMED[j.place] or j.place
  j.place = 'waiting-children'
  j.state = 'stale'
  set(j, { 'ym', 'stale', 'yi', NOW })
  rcall('ZADD', j.Q .. 'waiting-children', NOW, j.id)
  rcall('ZADD', own_key(j.queue, 'stale'), NOW, entry_of(j.f.yn, j.id))
  emit(j.Q, 'waiting-children', 'jobId', j.id, 'prev', from)
  follow_key(j)
end

-- Never to be handed out again: it was not begun in time.
local function expire_job(j)
  write_event(j, 'expire')
  leave(j)
  enter_final(j, 'expired', 'expired before it was started')
end
`,
);
