/** The fence, and what a session does with its leases but for settling them. */

import { type Part, part, type Script, script } from "../script.ts";
import { moving, sessions } from "./job.lua.ts";
import { evenIfFull } from "./room.lua.ts";

/** Whose a lease is. */
export const owning: Part = part(
  [sessions],
  /* lua */ String.raw`
-- yt and ats as the job's hash has them. A stock claim of the same job raises ats, so that our old lease ends with it.
local function is_own(token, epoch, yt, ats)
  local mine = ':' .. token .. ':' .. epoch .. ':' .. (ats or '')
  return yt and string.find(yt, mine, -#mine, true) ~= nil
end

local function is_over(session)
  local deadline = rcall('ZSCORE', R .. 'sessions', session)
  return not deadline or tonumber(deadline) <= NOW
end
`,
);

export const fence: Part = part(
  [moving, owning],
  /* lua */ String.raw`
-- The lease of a worker of BullMQ's that is gone, as expired tells it: the attempt that it was, and no lock any more.
local function is_abandoned(j, token)
  local f = j.f
  return token == 'stock:' .. (f.ats or '0') .. ':' .. (f.processedOn or '') and rcall('EXISTS', j.key .. ':lock') == 0
end

-- The jobs that are active, by queue: read once, however many are looked for in it. Those that leave it meanwhile have no
-- lease any more.
local active_in = {}
local function is_active(queue, id)
  if not active_in[queue] then
    active_in[queue] = {}
    for _, one in ipairs(rcall('LRANGE', queue_key(queue) .. 'active', 0, -1)) do active_in[queue][one] = true end
  end
  return active_in[queue][id] or false
end

-- Token and epoch of the lease by which the session holds the job; nil: somebody took, ended or removed it.
local function held_lease(session, queue, id)
  local key = queue_key(queue) .. id
  local v = job_fields(key, 'yt', 'ats', 'pb')
  if v[3] ~= session then return nil end
  local token, epoch = string.match(v[1] or '', '^[^:]*:(.*):(%d+):%d+$')
  if not token or not is_own(token, epoch, v[1], v[2]) then return nil end
  -- Without its lock BullMQ's check may have put it back.
  if rcall('EXISTS', key .. ':lock') == 0 and not is_active(queue, id) then return nil end
  return token, tonumber(epoch)
end

-- A lease that was found to be lost is none of the session's any more, unless it has the job by another one.
local function forget_lease(session, queue, id)
  if held_lease(session, queue, id) then return end
  drop_lease(session, queue, id)
end

-- A lease that is over, as leases.ts reads it.
local function lease_facts(queue, id, token, epoch)
  local v = job_fields(queue_key(queue) .. id, 'atm', 'stc', 'yx', 'yn', 'opts', 'yq', 'yl')
  local foreign = not v[4] or v[3] == ADOPTED
  return {
    queue, id, token, epoch, (tonumber(v[1]) or 0) + (tonumber(v[2]) or 0) + 1,
    v[3], foreign and v[5], v[6] and 1 or 0, v[7]
  }
end
`,
);

/**
 * KEYS: the root. ARGV[1]: msgpack `{session, leaseMs, leases: [[queue, id, token, epoch] …]}`.
 * Returns `[now, pausedQueues, standing of each lease: 'held', 'cancel' or 'lost']`.
 */
export const extendScript: Script = script(
  "extend",
  [evenIfFull, fence],
  /* lua */ String.raw`
local ask = cmsgpack.unpack(ARGV[1])
local function standing(lease)
  local Q, id = queue_key(lease[1]), lease[2]
  local v = job_fields(Q .. id, 'yt', 'ats', 'yq')
  if not is_own(lease[3], lease[4], v[1], v[2]) then return 'lost' end
  local lock = Q .. id .. ':lock'
  if rcall('PEXPIRE', lock, ask.leaseMs) == 0 then
    -- Nobody acted on the end of the lease: it goes on. Or somebody did, of BullMQ's.
    if not is_active(lease[1], id) then return 'lost' end
    rcall('SET', lock, lease[3], 'PX', ask.leaseMs)
  end
  return v[3] and 'cancel' or 'held'
end

local answers, paused, seen = {}, {}, {}
for i, lease in ipairs(ask.leases) do
  local queue = lease[1]
  answers[i] = standing(lease)
  if answers[i] == 'lost' then forget_lease(ask.session, queue, lease[2]) end
  if not seen[queue] and rcall('HEXISTS', queue_key(queue) .. 'meta', 'paused') == 1 then paused[#paused + 1] = queue end
  seen[queue] = true
end
if rcall('EXISTS', session_key(ask.session)) == 1 then
  rcall('ZADD', R .. 'sessions', NOW + ask.leaseMs, ask.session)
end
return { NOW, paused, answers }
`,
);

/**
 * KEYS: the root. ARGV[1]: msgpack `[[queue, id, token, epoch, kind, data] …]`.
 * Returns 1 per entry that was written, 0 per entry whose lease is over.
 */
export const appendScript: Script = script(
  "append",
  [fence],
  /* lua */ String.raw`
local function append(entry)
  local queue, id, kind, data = entry[1], entry[2], entry[5], entry[6]
  local Q = queue_key(queue)
  local v = job_fields(Q .. id, 'yt', 'ats')
  if not is_own(entry[3], entry[4], v[1], v[2]) then return 0 end
  local j = read_job(queue, id)
  if j.place ~= 'active' then return 0 end
  write_event(j, kind, data)
  if kind == 'progress' then
    set(j, { 'progress', data })
    emit_trimmed(Q, 'progress', 'jobId', id, 'data', data)
  elseif kind == 'log' then
    rcall('RPUSH', j.key .. ':logs', data)
  end
  return 1
end

local answers = {}
for i, entry in ipairs(cmsgpack.unpack(ARGV[1])) do answers[i] = append(entry) end
return answers
`,
);

/**
 * KEYS: the root. ARGV[1]: how many jobs are enough.
 * Returns per session `[session, alone, jobs]`, the longest over first; of each job
 * `[queue, id, token, epoch, attempt, facts, foreignOpts, cancelRequested, heldLimit]`.
 */
export const expiredScript: Script = script(
  "expired",
  [evenIfFull, fence],
  /* lua */ String.raw`
local limit = tonumber(ARGV[1])

local function facts_of(session, queue, id)
  local token, epoch = held_lease(session, queue, id)
  return token and lease_facts(queue, id, token, epoch) or nil
end

local found, jobs = {}, 0
for _, session in ipairs(rcall('ZRANGEBYSCORE', R .. 'sessions', '-inf', NOW, 'LIMIT', 0, limit)) do
  if jobs >= limit then break end
  local held = {}
  for _, member in ipairs(rcall('SMEMBERS', session_key(session))) do
    local queue, id = string.match(member, '^([^:]*):(.*)$')
    local facts = facts_of(session, queue, id)
    if facts then held[#held + 1] = facts else rcall('SREM', session_key(session), member) end
  end
  if #held > 0 then found[#found + 1] = { session, rcall('SISMEMBER', R .. 'alone', session), held }
  else end_if_empty(session) end
  jobs = jobs + #held
end
return found
`,
);

/** KEYS: the root. ARGV[1]: the session, whose deadline is over as of now. */
export const retireScript: Script = script(
  "retire",
  [evenIfFull, fence],
  /* lua */ String.raw`
return rcall('ZADD', R .. 'sessions', 'XX', NOW, ARGV[1])
`,
);
