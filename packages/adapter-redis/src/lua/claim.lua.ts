/**
 * Claim: due jobs come into the line, whose turn it is becomes active, all in one step.
 *
 * A job of a type that the caller does not know is taken out of the list on the way. Where only our workers are it is
 * parked in a lane of its type, so that it is met once and not at every claim; where stock workers are, it goes back to
 * its place, for one of them.
 */

import { ADOPTED } from "../facts.ts";
import { type Part, part, rarely, type Script, script } from "../script.ts";
import { queues } from "./base.lua.ts";
import { COMMON_FIELDS, enqueueing } from "./enqueue.lua.ts";
import { moving, sessions } from "./job.lua.ts";
import { evenIfFull } from "./room.lua.ts";

/** So many jobs of unknown types are met in one call at most. */
const MOST_UNKNOWN = 1_000;

/** A queue's jobs, as the caller sees them. */
const looking: Part = part(
  [queues],
  /* lua */ String.raw`
local MOST_UNKNOWN, COMMON_FIELDS = ${MOST_UNKNOWN}, ${COMMON_FIELDS}
-- In yx of jobs of BullMQ's that became ours: see job.lua.ts.
local ADOPTED = '${ADOPTED}'
local ask = cmsgpack.unpack(ARGV[#ARGV])

local function knows(q, name, version) return (q.types[name] or 0) >= (tonumber(version or 1)) end

local function standing_of(q, name, version, expires)
  if not name then return 'gone' end
  if not knows(q, name, version) then return 'unknown' end
  if expires and tonumber(expires) <= NOW then return 'overdue' end
  return 'free'
end

-- How it stands, for who does not take it: its texts may be long. What another program keeps at its address is no job.
local function glance_at(q, id)
  local v = rpcall('HMGET', q.Q .. id, 'name', 'yv', 'ye')
  return standing_of(q, v[1], v[2], v[3])
end
`,
);

/** Jobs that do not simply wait in the list, or were tried before. */
const aside: Part = part(
  [looking, moving],
  /* lua */ String.raw`
-- What a job shows: how it stands, and all its fields, for whoever takes it.
local function read_all(q, id)
  local raw, f = job_hash(q.Q .. id), {}
  for i = 1, #raw, 2 do f[raw[i]] = raw[i + 1] end
  return standing_of(q, f.name, f.yv, f.ye), f
end

local function take(q, id, f)
  local n = #q.taken + 1
  q.taken[n], q.fields[n] = id, f
end

-- Jobs whose time has come stand behind those that wait already, whatever their type.
local function call_up(q)
  local Q = q.Q
  local due = rcall('ZRANGEBYSCORE', Q .. 'delayed', 0, (NOW + 1) * 4096 - 1, 'LIMIT', 0, 1000)
  if #due == 0 then return end
  rcall('ZREM', Q .. 'delayed', unpack(due))
  rcall('ZREM', own_key(q.queue, 'retrying'), unpack(due))
  for _, id in ipairs(due) do
    local known = job_fields(Q .. id, 'name', 'priority')
    -- One that another program has deleted leaves the queue here.
    if known[1] then
      local priority = tonumber(known[2] or 0)
      if priority == 0 then rcall('LPUSH', Q .. 'wait', id)
      else rcall('ZADD', Q .. 'prioritized', priority_score(Q, priority), id) end
      emit(Q, 'waiting', 'jobId', id, 'prev', 'delayed')
      rcall('HSET', Q .. id, 'delay', 0)
    end
  end
  mark_ready(Q)
end

-- Lanes hold scores of the prioritized, or below those a count: the order in which they were met in the list.
local PRIORITIZED = 4294967296

-- The heads of the lanes of known types, in their order, as many as there is room for.
local function parked_ahead(q, room)
  local found = {}
  for _, name in ipairs(rcall('SMEMBERS', own_key(q.queue, 'lanes'))) do
    local version, type_name = string.match(name, '^(%d+):(.*)$')
    if knows(q, type_name, version) then
      local raw = rcall('ZRANGE', own_key(q.queue, 'parked:' .. name), 0, room - 1, 'WITHSCORES')
      for i = 1, #raw, 2 do found[#found + 1] = { id = raw[i], score = tonumber(raw[i + 1]), name = name } end
    end
  end
  table.sort(found, function(a, b) return a.score < b.score end)
  return found
end

-- False if it was parked no more: somebody has promoted it.
local function leave_parked(q, one)
  local lane = own_key(q.queue, 'parked:' .. one.name)
  rcall('ZREM', lane, one.id)
  if rcall('EXISTS', lane) == 0 then rcall('SREM', own_key(q.queue, 'lanes'), one.name) end
  return rcall('ZREM', q.Q .. 'delayed', one.id) == 1
end

-- Overdue ones among them are met and go. How many.
local function expire_parked(q, ahead, room)
  local met = 0
  for i = 1, math.min(room, #ahead) do
    local expires = rcall('HGET', q.Q .. ahead[i].id, 'ye')
    if expires and tonumber(expires) <= NOW then
      local j = read_job(q.queue, ahead[i].id)
      if j.place == 'delayed' then expire_job(j) else leave_parked(q, ahead[i]) end
      met = met + 1
    end
  end
  return met
end

-- As many parked jobs of known types as there is room for go back to where they were parked from, to be taken at once.
local function unpark(q, room)
  local ahead, expired, met = nil, 0, 0
  repeat
    ahead = parked_ahead(q, room)
    met = expire_parked(q, ahead, room)
    expired = expired + met
  until met == 0 or expired >= MOST_UNKNOWN
  if met > 0 then return end
  for i = math.min(room, #ahead), 1, -1 do
    local one = ahead[i]
    if leave_parked(q, one) then
      if one.score < PRIORITIZED then rcall('RPUSH', q.Q .. 'wait', one.id)
      else rcall('ZADD', q.Q .. 'prioritized', one.score, one.id) end
    end
  end
end

local function park(q, id, f, score)
  local lane = lane_of(f)
  rcall('ZADD', q.Q .. 'delayed', FAR, id)
  rcall('ZADD', own_key(q.queue, 'parked:' .. lane), score or rcall('INCR', own_key(q.queue, 'met')), id)
  rcall('SADD', own_key(q.queue, 'lanes'), lane)
  q.parked = true
end

local function expire(q, id)
  local j = read_job(q.queue, id)
  expire_job(j)
end

local function take_prioritized(q, room)
  local first = 0
  while #q.taken < room and q.unknown < MOST_UNKNOWN do
    local found = rcall('ZRANGE', q.Q .. 'prioritized', first, first + room - #q.taken - 1, 'WITHSCORES')
    if #found == 0 then break end
    for i = 1, #found, 2 do
      local id = found[i]
      local how, f = read_all(q, id)
      if how == 'overdue' then expire(q, id)
      elseif how == 'unknown' and not ask.own then
        q.unknown = q.unknown + 1
        first = first + 1
      else
        rcall('ZREM', q.Q .. 'prioritized', id)
        if how == 'free' then take(q, id, f) end
        if how == 'unknown' then
          q.unknown = q.unknown + 1
          park(q, id, f, tonumber(found[i + 1]))
        end
      end
    end
  end
  if #q.taken < room and rcall('EXISTS', q.Q .. 'prioritized') == 0 then rcall('DEL', q.Q .. 'pc') end
end

-- The longest waiting first, as many as leave the batch within every limit in it.
local function take_held(q, room)
  local found = rcall('ZRANGEBYSCORE', own_key(q.queue, 'held'), 0, NOW, 'LIMIT', 0, MOST_UNKNOWN)
  for _, entry in ipairs(found) do
    if #q.taken >= room then break end
    local id = string.sub(entry, 18)
    local how = glance_at(q, id)
    if not rcall('ZSCORE', q.Q .. 'delayed', id) then rcall('ZREM', own_key(q.queue, 'held'), entry)
    elseif how == 'overdue' then expire(q, id)
    elseif how == 'free' then
      local _, f = read_all(q, id)
      room = math.min(room, tonumber(f.yl))
      if #q.taken < room then
        take(q, id, f)
        rcall('ZREM', q.Q .. 'delayed', id)
        rcall('ZREM', own_key(q.queue, 'held'), entry)
      end
    end
  end
end

-- The first held job that the caller could have now, and when the next one is due.
local function held_ahead(q)
  local since, next_due
  local found = rcall('ZRANGE', own_key(q.queue, 'held'), 0, MOST_UNKNOWN - 1, 'WITHSCORES')
  for i = 1, #found, 2 do
    local run_at = tonumber(found[i + 1])
    if run_at > NOW or not since then
      local how = glance_at(q, string.sub(found[i], 18))
      if run_at <= NOW and how == 'free' then since = run_at end
      if run_at > NOW and (how == 'free' or how == 'overdue') then
        next_due = run_at
        break
      end
    end
  end
  return since, next_due
end

-- When the first delayed job of a known type is due, of so many that are looked at.
local function due_ahead(q)
  local found = rcall('ZRANGE', q.Q .. 'delayed', 0, 99, 'WITHSCORES')
  for i = 1, #found, 2 do
    local score = tonumber(found[i + 1])
    if score == FAR then break end
    local how = glance_at(q, found[i])
    if how == 'free' or how == 'overdue' then return math.floor(score / 4096) end
  end
  return nil
end

-- True if one of the first prioritized jobs is one that the caller could have; second: if others could have one.
local function is_left_prioritized(q)
  local is_for_others = false
  for _, id in ipairs(rcall('ZRANGE', q.Q .. 'prioritized', 0, 19)) do
    local how = glance_at(q, id)
    if how == 'free' then return true, false end
    if how == 'unknown' then is_for_others = true end
  end
  return false, is_for_others
end

-- A key that is held only while its job waits.
local function free_key_of(q, id, f) free_key({ Q = q.Q, id = id, f = f }) end
`,
);

const beside: Part = rarely(
  "beside",
  [looking, sessions],
  [aside],
  [
    ...["call_up", "unpark", "park", "expire", "read_all", "take_prioritized", "take_held", "free_key_of"],
    ...["held_ahead", "due_ahead", "is_left_prioritized", "mark_ready", "wake"],
  ],
);

const claiming: Part = part(
  [looking, sessions, beside],
  /* lua */ String.raw`
local session, token, lease_text = ask.session, ask.token, text_of(ask.leaseMs)
local holding, open = 0, {}

-- { queue, Q, max, types: name -> highest version, duration: of BullMQ's rate limit, if it has one, simple: no job that
-- could be taken stands anywhere but in the list, next_due: when the first of those delayed is due, next_id: which it is },
-- or nil if it is paused.
local function open_queue(asked)
  local queue, Q = asked[1], queue_key(asked[1])
  if not ask.own then rcall('SADD', R .. 'served', queue) end
  local meta = meta_of(Q)
  if meta[1] then return nil end
  local q = { queue = queue, Q = Q, events = Q .. 'events', max = asked[2], types = asked[3], unknown = 0, taken = {}, fields = {} }
  q.concurrency = meta[2]
  if meta[2] then q.max = math.min(q.max, math.max(0, tonumber(meta[2]) - rcall('LLEN', Q .. 'active'))) end
  if meta[3] then
    q.duration = math.floor(tonumber(meta[4]))
    q.max = math.min(q.max, math.max(0, tonumber(meta[3]) - tonumber(rcall('GET', Q .. 'limiter') or 0)))
  end
  local places = rcall('EXISTS', Q .. 'prioritized', own_key(queue, 'held'), own_key(queue, 'lanes'), Q .. 'delayed')
  if places > 0 then
    local first = rcall('ZRANGE', Q .. 'delayed', 0, 0, 'WITHSCORES')
    local score = tonumber(first[2] or FAR)
    if score < FAR then
      q.next_id, q.next_due = first[1], math.floor(score / 4096)
      places = places - 1
    end
  end
  q.simple = places == 0 and not (q.next_due and q.next_due <= NOW)
  return q
end

-- How a job of the list stands, and its fields, for whoever takes it. One of ours with no more fields than every one is
-- written with, and what it is of, has just those, because none of them is ever taken away: most are like that, and the
-- rest of such a one need not be read.
local function look_at(q, id)
  local key = q.Q .. id
  if fresh[key] then return standing_of(q, fresh[key].name), fresh[key] end
  local count = rpcall('HLEN', key)
  if type(count) == 'number' and count >= COMMON_FIELDS and count <= COMMON_FIELDS + 2 then
    local v = rcall('HMGET', key, 'name', 'data', 'timestamp', 'priority', 'yn', 'yv', 'yx')
    if v[5] and v[7] ~= ADOPTED and count == COMMON_FIELDS + (v[6] and 1 or 0) + (v[7] and 1 or 0) then
      return standing_of(q, v[1], v[6]), { name = v[1], data = v[2], timestamp = v[3], priority = v[4], yn = v[5], yv = v[6], yx = v[7] }
    end
  end
  return beside().read_all(q, id)
end

-- At most room jobs from the list, the one that has waited longest first.
local function take_waiting(q, room)
  local back, taken, fields = {}, q.taken, q.fields
  while #taken < room and q.unknown < MOST_UNKNOWN do
    local wanted = room - #taken
    local ids = rcall('RPOP', q.Q .. 'wait', wanted) or {}
    -- Where the queue is simple nothing has come to the list since its length was known.
    if #ids < wanted or q.simple and #ids == lengths[q.queue] then q.is_empty = true end
    if #ids == 0 then break end
    for _, id in ipairs(ids) do
      local how, f = look_at(q, id)
      if how == 'free' then
        taken[#taken + 1], fields[#fields + 1] = id, f
      elseif how == 'overdue' then
        rcall('RPUSH', q.Q .. 'wait', id)
        beside().expire(q, id)
      elseif how == 'unknown' then
        q.unknown = q.unknown + 1
        if ask.own then beside().park(q, id, f) else back[#back + 1] = id end
      end
    end
  end
  for i = #back, 1, -1 do rcall('RPUSH', q.Q .. 'wait', back[i]) end
end

-- True if what was chosen is an exclusive batch.
local function choose()
  if holding > 0 and rcall('SISMEMBER', R .. 'exclusive', session) == 1 then return false end
  for _, q in ipairs(open) do if not q.simple then beside().call_up(q) end end
  if ask.held and holding == 0 then
    for _, q in ipairs(open) do
      if not q.simple then beside().take_held(q, math.min(ask.max, q.max)) end
      if #q.taken > 0 then return true end
    end
  end
  local left = ask.max
  for _, q in ipairs(open) do
    local room = math.min(left, q.max)
    if room > 0 then
      if not q.simple then beside().unpark(q, room) end
      take_waiting(q, room)
      if not q.simple then beside().take_prioritized(q, room) end
      left = left - #q.taken
    end
  end
  return false
end

-- Tells BullMQ's tools and ours that the attempt has begun. The lease says too whether the job is plain: of ours, and
-- nothing is to be seen to when it completes but its first attempt; then how many bytes its payload has.
local function start(q, id, f)
  local key = q.Q .. id
  local ats, epoch = text_of(tonumber(f.ats or 0) + 1), f.yp or '0'
  local foreign = not f.yn or f.yx == ADOPTED
  local plain = not (foreign or f.atm or f.stc or f.stacktrace or f.deid or f.yl or f.parentKey)
  rcall('PSETEX', key .. ':lock', lease_text, token)
  rcall(
    'HSET', key, 'processedOn', NOW_TEXT, 'pb', session, 'ats', ats,
    'yt', (plain and #f.data or '') .. ':' .. token .. ':' .. epoch .. ':' .. ats
  )
  rcall('XADD', q.events, '*', 'event', 'active', 'jobId', id, 'prev', 'waiting')
  if plain and f.priority == '0' and not (f.ye or f.progress or f.defa) then
    return { q.queue, id, f.name, f.data, f.timestamp, epoch, f.yv or false, f.yx or false }
  end
  if f.ye then rcall('ZREM', own_key(q.queue, 'expiring'), id) end
  if f.yw == 'waiting' then beside().free_key_of(q, id, f) end
  -- BullMQ's verdict over one of our jobs, which we judge ourselves.
  if not foreign and f.defa then rcall('HDEL', key, 'defa') end
  return {
    q.queue, id, f.name, f.data, f.timestamp, epoch, f.yv or false, f.yx or false,
    tonumber(f.atm or 0) + tonumber(f.stc or 0) + 1, tonumber(f.priority or 0),
    tonumber(f.ye or nil) or false, tonumber(f.yl or nil) or false, f.progress or false,
    foreign and f.opts or false, f.rjk or false, foreign and f.defa or false
  }
end

-- All that was chosen: what is handed out, and who is told. At most 250 jobs, and Lua's stack holds 8,000 values.
local function start_all(is_exclusive)
  local jobs, members, again = {}, {}, 0
  for _, q in ipairs(open) do
    if #q.taken > 0 then
      rcall('LPUSH', q.Q .. 'active', unpack(q.taken))
      if q.duration then
        if rcall('INCRBY', q.Q .. 'limiter', #q.taken) == #q.taken then rcall('PEXPIRE', q.Q .. 'limiter', q.duration) end
      end
      for i, id in ipairs(q.taken) do
        jobs[#jobs + 1] = start(q, id, q.fields[i])
        members[#members + 1] = q.queue .. ':' .. id
      end
      hint(q.queue)
    end
    if q.parked then beside().wake(q.queue) end
    if q.unknown >= MOST_UNKNOWN and ask.own and #jobs == 0 then again = 1 end
    if q.unknown > 0 and not ask.own then
      beside().mark_ready(q.Q)
      if #jobs == 0 then again = 2 end
    end
  end
  if #members > 0 then
    rcall('SADD', session_key(session), unpack(members))
    -- A session of several has no suspect; one that had a single job has none any more.
    if holding == 0 and #members == 1 then rcall('SADD', R .. 'alone', session)
    elseif holding == 1 then rcall('SREM', R .. 'alone', session) end
    if is_exclusive then rcall('SADD', R .. 'exclusive', session) end
  end
  if holding + #members > 0 then rcall('ZADD', R .. 'sessions', NOW + ask.leaseMs, session) end
  return jobs, again
end

-- True if a job is left in the line that the caller could have. What others could have they are told of.
local function is_left(q)
  local is_for_others = false
  if not q.is_empty then
    for _, id in ipairs(rcall('LRANGE', q.Q .. 'wait', -20, -1)) do
      local how = glance_at(q, id)
      if how == 'free' then return true end
      if how == 'unknown' then is_for_others = true end
    end
  end
  if not q.simple then
    local is_ours, is_theirs = beside().is_left_prioritized(q)
    if is_ours then return true end
    is_for_others = is_for_others or is_theirs
  end
  if is_for_others then beside().mark_ready(q.Q) end
  return false
end

-- When the next job of a known type is due; false if one is due already, nil if none is in sight.
local function next_due(q)
  if is_left(q) then return false end
  if not q.next_due then return nil end
  local due = q.next_due
  local how = q.simple and glance_at(q, q.next_id)
  if how ~= 'free' and how ~= 'overdue' then due = beside().due_ahead(q) end
  if due and due <= NOW then return false end
  return due
end

-- What is left for later: when the next job is due (false: one is left that is due), and which queues have held ones.
local function look_ahead()
  local held, due, is_due = {}, FAR, false
  for _, q in ipairs(open) do
    local since, later
    if not q.simple then since, later = beside().held_ahead(q) end
    if since then
      held[#held + 1] = q.queue
      held[#held + 1] = since
    end
    local at = next_due(q)
    if at == false then
      is_due = true
      -- Others may have what was left here.
      if q.concurrency then beside().mark_ready(q.Q) else rcall('ZADD', q.Q .. 'marker', 0, '0') end
    end
    due = math.min(due, at or FAR, later or FAR)
  end
  return not is_due and due < FAR and due or false, is_due, held
end

local function claim()
  holding = rcall('SCARD', session_key(session))
  for _, asked in ipairs(ask.queues) do open[#open + 1] = open_queue(asked) end
  local jobs, again = start_all(choose())
  local due, is_due, held = look_ahead()
  -- What was left may be for others, who are told: whoever asked must not take that for himself again.
  if is_due and #jobs == 0 and again == 0 then again = 2 end
  return { NOW, due, again, held, jobs }
end
`,
);

/**
 * KEYS: the root. ARGV[1]: msgpack `{session, token, leaseMs, max, held, own, queues: [[queue, max, {name: maxVersion}] …]}`;
 * own: no stock workers here.
 * Returns msgpack of `[now, nextDueAt | false, again, held, jobs]`. again 1: look once more at once, there was only what
 * nobody here knows; 2: what there was is left for others, who were told. held: `[queue, since …]`. Of each job what claim.ts
 * reads, in that order; false is what there is not, and a plain job's row ends sooner.
 */
export const claimScript: Script = script("claim", [evenIfFull, claiming], "return cmsgpack.pack(claim())");

/**
 * An enqueue, and the claim of somebody who sleeps and waits for just that.
 *
 * KEYS: the root. ARGV[1]: the jobs, as the script `enqueue` takes them. ARGV[2]: the request, as `claim` takes it.
 * Returns msgpack of the answers of both: `[enqueued, claimed]`.
 */
export const serveScript: Script = script(
  "serve",
  [sessions, enqueueing, claiming],
  /* lua */ String.raw`
for _, asked in ipairs(ask.queues) do looked_at[asked[1]] = true end
local enqueued = enqueue_all(cmsgpack.unpack(ARGV[1]), true)
return cmsgpack.pack({ enqueued, claim() })
`,
);
