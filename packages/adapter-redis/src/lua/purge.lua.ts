/**
 * Retention: finals go, the one that finished first before all others, until every bound holds. Nothing is read of what
 * stays, and of what goes only what else hangs on it: payloads are not.
 */

import { type Part, part, type Script, script } from "../script.ts";
import { evenIfFull } from "./room.lua.ts";
import { trash } from "./trash.lua.ts";

/** Other people's jobs that one call passes by. */
const MOST_PASSED = 1_000;

/** Those that could go, in the order in which they would. */
const candidates: Part = part(
  [trash],
  /* lua */ `
local ask = cmsgpack.unpack(ARGV[1])
local queue, state = ask.queue, ask.state
local Q = queue_key(queue)

local function to_list(raw, read)
  local list = {}
  for i = 1, #raw, 2 do list[#list + 1] = read(raw[i], tonumber(raw[i + 1])) end
  return list
end

local function with_number(id, finished_on)
  return { id = id, at = finished_on, number = tonumber(job_fields(Q .. id, 'yn')[1] or 0) }
end
local function by_end(a, b)
  if a.at ~= b.at then return a.at < b.at end
  if a.number ~= b.number then return a.number < b.number end
  return a.id < b.id
end

-- So many from a score on, and all that have the same as the last of them; then, whether others come after these.
local function ordered(key, from, count)
  local raw = rcall('ZRANGEBYSCORE', key, from, '+inf', 'WITHSCORES', 'LIMIT', 0, count)
  if #raw == 0 then return {}, false end
  local last = raw[#raw]
  local list = {}
  for _, one in ipairs(to_list(raw, function(id, at) return { id, at } end)) do
    if one[2] < tonumber(last) then list[#list + 1] = with_number(one[1], one[2]) end
  end
  for _, id in ipairs(rcall('ZRANGEBYSCORE', key, last, last)) do list[#list + 1] = with_number(id, tonumber(last)) end
  table.sort(list, by_end)
  return list, #raw / 2 == count
end

local function of_entry(entry, at) return { id = string.sub(entry, 18), number = tonumber(string.sub(entry, 1, 16)), at = at, entry = entry } end

-- The earlier of the heads of two of these functions, each of which answers with the next one at every call.
local function merged(one_of, other_of)
  local one, other = one_of(), other_of()
  return function()
    local next_one
    if other and (not one or by_end(other, one)) then
      next_one, other = other, other_of()
    else
      next_one, one = one, one and one_of()
    end
    return next_one
  end
end

local function each(list)
  local i = 0
  return function()
    i = i + 1
    return list[i]
  end
end

-- Our index is in the order of entering the state. Who entered later than it finished stands in another as well, and
-- finished before all that come behind it in the first: so the heads of both tell who is next.
local function next_of_index(count)
  local late = to_list(rcall('ZRANGE', late_key(queue, state), 0, count, 'WITHSCORES'), of_entry)
  local is_late = {}
  local main = {}
  local raw = rcall('ZRANGE', own_key(queue, state), 0, count + #late, 'WITHSCORES')
  for _, one in ipairs(to_list(raw, of_entry)) do
    if #late == 0 or not rcall('ZSCORE', late_key(queue, state), one.entry) then main[#main + 1] = one end
  end
  return merged(each(main), each(late))
end

-- Those that failed in the hands of others stand in an index of their own.
local function next_dead(count)
  local unmarked = ordered(own_key(queue, 'unmarked'), '-inf', count)
  for _, one in ipairs(unmarked) do one.unmarked = true end
  return merged(next_of_index(count), each(unmarked))
end
`,
);

/** A final that goes for good, with everything that hangs on it. */
const discarding: Part = part(
  [candidates],
  /* lua */ `
-- Ids of jobs that went, their entries, and members of indexes that lead nowhere.
local gone, gone_entries, lost_entries, lost_ids = {}, {}, {}, {}
local gone_bytes = 0

-- As retained_bytes counts, without reading the texts.
local function stored_bytes(key)
  local bytes = rcall('HSTRLEN', key, 'data')
  local result = rcall('HSTRLEN', key, 'returnvalue')
  if result ~= 4 or rcall('HGET', key, 'returnvalue') ~= 'null' or rcall('HEXISTS', key, 'yo') == 1 then
    bytes = bytes + result
  end
  local errors = rcall('LRANGE', key .. ':jyerr', 0, -1)
  if #errors > 0 then bytes = bytes + #errors + 1 end
  for _, text in ipairs(errors) do bytes = bytes + #text end
  return bytes
end

-- What is known of a candidate without its texts; nil if it is not there, or not any more what the index says.
local function look_at(one)
  local key = Q .. one.id
  local v = job_fields(key, 'yn', 'finishedOn', 'ym', 'yi', 'deid', 'yw', 'yk', 'parentKey', 'yt', 'ats')
  if not v[2] or one.entry and tonumber(v[1]) ~= one.number then return nil end
  local f = { yn = v[1], finishedOn = v[2], ym = v[3], yi = v[4], deid = v[5], yw = v[6], yk = v[7], yt = v[9], ats = v[10] }
  local place, is_marked = state == 'completed' and state or 'failed', f.ym and f.yi == f.finishedOn
  if state_at(place, f) ~= state or not rcall('ZSCORE', Q .. place, one.id) then return nil end
  if one.entry and not is_marked or one.unmarked and is_marked then return nil end
  return { queue = queue, Q = Q, id = one.id, key = key, f = f, place = place, state = state, stock = v[8] }
end

-- The bytes that it had counted.
local function discard(j)
  local bytes = is_counted(state, j.f) and stored_bytes(j.key) or 0
  let_go_of_key(j)
  gone[#gone + 1] = j.id
  if j.f.yn then gone_entries[#gone_entries + 1] = entry_of(j.f.yn, j.id) end
  gone_bytes = gone_bytes + bytes
  local key = j.key
  rcall('UNLINK', key, key .. ':jyev', key .. ':jyerr', key .. ':logs', key .. ':dependencies', key .. ':processed',
    key .. ':failed', key .. ':unsuccessful')
  return bytes
end

local function forget(one)
  if one.entry then lost_entries[#lost_entries + 1] = one.entry
  elseif one.unmarked then lost_ids[#lost_ids + 1] = one.id end
end

local function remove_from(key, members) each_thousand(members, function(...) rcall('ZREM', key, ...) end) end

local function write_gone()
  remove_from(Q .. (state == 'completed' and 'completed' or 'failed'), gone)
  remove_from(own_key(queue, 'jobs'), gone_entries)
  if state ~= 'completed' then
    for _, entries in ipairs({ gone_entries, lost_entries }) do
      remove_from(own_key(queue, state), entries)
      remove_from(late_key(queue, state), entries)
    end
  end
  if state == 'dead' then
    remove_from(own_key(queue, 'unmarked'), gone)
    remove_from(own_key(queue, 'unmarked'), lost_ids)
  end
  if gone_bytes > 0 then rcall('HINCRBY', own_key(queue, 'bytes'), state, -gone_bytes) end
  if #gone > 0 then hint(queue) end
end
`,
);

/**
 * KEYS: the root. ARGV[1]: msgpack `{queue, state, ageMs | nil, count | nil, bytes | nil, limit, own}`; own: no programs
 * of others here, so that all finals may go; else only those of ours.
 * Returns how many went, whether another would have to go, and ids of those that BullMQ's own script has to remove
 * because other jobs depend on them: `[removed, 0 | 1, [id …]]`.
 */
export const purgeScript: Script = script(
  "purge",
  [evenIfFull, discarding],
  /* lua */ `
local MOST_PASSED = ${MOST_PASSED}
local left = rcall('ZCARD', state == 'completed' and Q .. 'completed' or own_key(queue, state))
if state == 'dead' then left = left + rcall('ZCARD', own_key(queue, 'unmarked')) end
local bytes = tonumber(rcall('HGET', own_key(queue, 'bytes'), state) or 0)
local more, stock = 0, {}

-- Whether the next one has to go, by what is left.
local function is_beyond(at)
  if ask.ageMs and at <= NOW - ask.ageMs then return true end
  if ask.count and left > ask.count then return true end
  return ask.bytes and bytes > ask.bytes or false
end

-- True if there is no need to look at another.
local function consider(one)
  if not is_beyond(one.at) then return true end
  if #gone + #stock >= ask.limit then
    more = 1
    return true
  end
  local j = look_at(one)
  if not j then forget(one)
  elseif j.stock then stock[#stock + 1] = one.id
  else bytes = bytes - discard(j) end
  left = left - 1
  return false
end

-- Some of them may have led nowhere, so that others are to be looked at.
local function purge_index()
  local next_one = state == 'dead' and next_dead(ask.limit + 1) or next_of_index(ask.limit)
  for one in next_one do
    if consider(one) then return end
  end
  more = left > 0 and 1 or 0
end

-- All of them are in one list, other people's too: where ours begin is kept from call to call.
local function purge_completed()
  local mark = own_key(queue, 'purged')
  local from = not ask.own and rcall('GET', mark) or '-inf'
  local head = rcall('ZRANGEBYSCORE', Q .. 'completed', from, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  if not head[2] or not is_beyond(tonumber(head[2])) then return end
  local list, has_more = ordered(Q .. 'completed', from, ask.limit + (ask.own and 1 or MOST_PASSED))
  local reached = list[#list].at
  for _, one in ipairs(list) do
    if (ask.own or one.number > 0) and consider(one) then
      reached, has_more = one.at, false
      break
    end
  end
  if not ask.own then rcall('SET', mark, reached) end
  if has_more then more = 1 end
end

if left > 0 and (ask.ageMs or ask.count or ask.bytes) then
  if state == 'completed' then purge_completed() else purge_index() end
  write_gone()
  -- What others removed was not subtracted.
  if left == 0 then rcall('HDEL', own_key(queue, 'bytes'), state) end
end
return { #gone, more, stock }
`,
);
