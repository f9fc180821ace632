/** Sweeping: what time has ended, and what programs of BullMQ's left behind. */

import { type Part, part, type Script, script } from "../script.ts";
import { list } from "./list.lua.ts";
import { records } from "./records.lua.ts";
import { evenIfFull } from "./room.lua.ts";
import { trash } from "./trash.lua.ts";

/** Members of our indexes that one call looks at, on its way around all of them. */
const WALK = 500;

const overdue: Part = part(
  [list, trash, records],
  /* lua */ `
local ask = cmsgpack.unpack(ARGV[1])

-- The longest past of each queue first, until limit are found; of one more only that there is one.
local function find_overdue(queues, limit)
  local found = {}
  for _, queue in ipairs(queues) do
    local room = limit + 1 - #found
    if room <= 0 then break end
    for _, id in ipairs(rcall('ZRANGEBYSCORE', own_key(queue, 'expiring'), '-inf', NOW, 'LIMIT', 0, room)) do
      found[#found + 1] = { queue, id }
    end
  end
  return found
end

local EXPIRES = { waiting = true, blocked = true }

-- False if the job is not to expire: somebody else began, moved or removed it.
local function expire_one(queue, id)
  local j = read_job(queue, id)
  if j and EXPIRES[j.state] and j.f.ye and tonumber(j.f.ye) <= NOW then
    expire_job(j)
    return true
  end
  rcall('ZREM', own_key(queue, 'expiring'), id)
  if j then put_down(j) end
  return false
end

-- What goes without a job being changed: at most room of it. True if more is left.
local function discard(room, trash_ms)
  local kinds = {
    { R .. 'trash', '(' .. string.format('%.0f', NOW - trash_ms), delete_trashed },
    { R .. 'recexp', NOW, function(member) delete_record(string.match(member, '^(%Z*)%z(.*)$')) end },
  }
  for _, kind in ipairs(kinds) do
    local found = rcall('ZRANGEBYSCORE', kind[1], '-inf', kind[2], 'LIMIT', 0, room + 1)
    for i = 1, math.min(room, #found) do kind[3](found[i]) end
    if #found > room then return true end
    room = room - #found
  end
  return false
end
`,
);

/**
 * Programs of BullMQ's retry and delete jobs of ours without a word: then something of ours is left that leads nowhere.
 * It is found by a walk over all our indexes, a slice in each call, which begins anew when it is through.
 */
const walk: Part = part(
  [overdue],
  /* lua */ `
-- Entries are the number of the job and its id.
local function id_in(entry) return string.sub(entry, 18) end
local function is_of(entry, yn) return yn and tonumber(yn) == tonumber(string.sub(entry, 1, 16)) end

-- What the mark of ours on a failed job says that it is; nil: it failed elsewhere, since or in the first place.
local function marked_as(ym, yi, finished_on) return ym and yi == finished_on and string.match(ym, '^%a+') or nil end

local function is_failed(q, state, entry)
  local v = job_fields(q.Q .. id_in(entry), 'yn', 'ym', 'yi', 'finishedOn')
  return is_of(entry, v[1]) and marked_as(v[2], v[3], v[4]) == state and rcall('ZSCORE', q.Q .. 'failed', id_in(entry))
end

-- Failed in the hands of another program, which told nobody of ours: dead, as retention has to know.
local function is_unmarked(q, id, own)
  local v = job_fields(q.Q .. id, 'yn', 'ym', 'yi', 'finishedOn')
  return v[4] and not marked_as(v[2], v[3], v[4]) and (v[1] or own) and v[4]
end

-- By index: whether the member has a job that belongs there.
local BELONGS = {
  jobs = function(q, entry)
    local yn = job_fields(q.Q .. id_in(entry), 'yn')[1]
    -- Somebody else's job may have the id by now; events and errors are ours in any case.
    if not yn then rcall('DEL', q.Q .. id_in(entry) .. ':jyev', q.Q .. id_in(entry) .. ':jyerr') end
    return is_of(entry, yn)
  end,
  dead = function(q, entry) return is_failed(q, 'dead', entry) end,
  cancelled = function(q, entry) return is_failed(q, 'cancelled', entry) end,
  stale = function(q, entry)
    local v = job_fields(q.Q .. id_in(entry), 'yn', 'ym')
    return is_of(entry, v[1]) and v[2] == 'stale' and rcall('ZSCORE', q.Q .. 'waiting-children', id_in(entry))
  end,
  held = function(q, entry)
    local v = job_fields(q.Q .. id_in(entry), 'yn', 'yl')
    return is_of(entry, v[1]) and v[2] and rcall('ZSCORE', q.Q .. 'delayed', id_in(entry))
  end,
  unmarked = function(q, id, score)
    return is_unmarked(q, id, true) == score and rcall('ZSCORE', q.Q .. 'failed', id)
  end,
  retrying = function(q, id) return rcall('ZSCORE', q.Q .. 'delayed', id) end,
  expiring = function(q, id) return job_fields(q.Q .. id, 'ye')[1] end,
}
BELONGS['dead:late'] = BELONGS.dead
BELONGS['cancelled:late'] = BELONGS.cancelled
-- Where a walk through a queue goes; the lanes follow.
local INDEXES = {
  'jobs', 'dead', 'dead:late', 'cancelled', 'cancelled:late', 'unmarked', 'failed', 'stale', 'held', 'retrying', 'expiring'
}

-- Of BullMQ's own list of failed jobs: those of which no index of ours knows.
local function note_unmarked(q, cursor, count)
  local known = 0
  for _, name in ipairs({ 'dead', 'cancelled', 'unmarked' }) do known = known + rcall('ZCARD', own_key(q.queue, name)) end
  if rcall('ZCARD', q.Q .. 'failed') <= known then return 0, '0' end
  local found = rcall('ZSCAN', q.Q .. 'failed', cursor, 'COUNT', count)
  for i = 1, #found[2], 2 do
    local finished_on = is_unmarked(q, found[2][i], ask.own)
    if finished_on then rcall('ZADD', own_key(q.queue, 'unmarked'), finished_on, found[2][i]) end
  end
  return #found[2] / 2, found[1]
end

-- A slice of one index. How many were looked at, and where to go on: '0' at its end.
local function walk_index(q, name, cursor, count)
  if name == 'failed' then return note_unmarked(q, cursor, count) end
  local key, belongs = own_key(q.queue, name), BELONGS[name] or BELONGS.retrying
  local found = rcall('ZSCAN', key, cursor, 'COUNT', count)
  local members = found[2]
  for i = 1, #members, 2 do
    if not belongs(q, members[i], members[i + 1]) then rcall('ZREM', key, members[i]) end
  end
  return #members / 2, found[1]
end

local STRUCTURES = { 'wait', 'active', 'delayed', 'prioritized', 'completed', 'failed', 'waiting-children', 'paused' }

-- A queue of which nothing is left is forgotten.
local function forget_if_empty(q)
  local keys = { own_key(q.queue, 'jobs'), R .. 'q:' .. q.queue }
  for _, name in ipairs(STRUCTURES) do keys[#keys + 1] = q.Q .. name end
  if rcall('EXISTS', unpack(keys)) > 0 then return end
  rcall('SREM', R .. 'queues', q.queue)
  for _, name in ipairs({ 'bytes', 'met', 'lanes', 'purged' }) do rcall('DEL', own_key(q.queue, name)) end
end

-- Names of the indexes of a queue; lanes that are empty go.
local function indexes_of(q)
  local names = { unpack(INDEXES) }
  local lanes = own_key(q.queue, 'lanes')
  for _, lane in ipairs(rcall('SMEMBERS', lanes)) do
    if rcall('EXISTS', own_key(q.queue, 'parked:' .. lane)) == 0 then rcall('SREM', lanes, lane)
    else names[#names + 1] = 'parked:' .. lane end
  end
  return names
end

local function position_of(list, value)
  for i, one in ipairs(list) do if one == value then return i end end
  return nil
end

-- Goes on where the last call stopped, for about so many members, at most once around.
local function walk_on(queues, most)
  if #queues == 0 then return end
  local at = rcall('HMGET', R .. 'walk', 'queue', 'index', 'cursor')
  local n = position_of(queues, at[1] or '') or 1
  local name, cursor = queues[n] == at[1] and at[2] or nil, at[3] or '0'
  for _ = 1, #queues do
    local q = { queue = queues[n], Q = queue_key(queues[n]) }
    local names = indexes_of(q)
    local from = name and position_of(names, name) or 1
    if names[from] ~= name then cursor = '0' end
    for i = from, #names do
      repeat
        local seen
        seen, cursor = walk_index(q, names[i], cursor, most)
        most = most - seen - 1
        if most <= 0 and (cursor ~= '0' or i < #names) then
          local next_index = cursor ~= '0' and names[i] or names[i + 1]
          rcall('HSET', R .. 'walk', 'queue', q.queue, 'index', next_index, 'cursor', cursor)
          return
        end
      until cursor == '0'
    end
    forget_if_empty(q)
    name, n = nil, n % #queues + 1
    if most <= 0 then break end
  end
  rcall('HSET', R .. 'walk', 'queue', queues[n], 'index', INDEXES[1], 'cursor', '0')
end
`,
);

/**
 * KEYS: the root. ARGV[1]: msgpack `{limit, trashMs, own}`; own: no programs of others
 * here, so that retention counts all failed jobs as ours.
 * Returns how many jobs expired, and whether more is left: `[expired, 0 | 1]`.
 */
export const expireScript: Script = script(
  "expire",
  [evenIfFull, walk],
  /* lua */ `
local queues = rcall('SMEMBERS', R .. 'queues')
table.sort(queues)
local found = find_overdue(queues, ask.limit)
local expired = 0
lift({ unpack(found, 1, math.min(ask.limit, #found)) })
for i = 1, math.min(ask.limit, #found) do
  if expire_one(found[i][1], found[i][2]) then expired = expired + 1 end
end
local is_more = #found > ask.limit
if discard(ask.limit - expired, ask.trashMs) then is_more = true end
walk_on(queues, ${WALK})
return { expired, is_more and 1 or 0 }
`,
);
