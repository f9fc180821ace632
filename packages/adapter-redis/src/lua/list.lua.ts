/**
 * Jobs in the list of those that wait. It has no order but its own, and nothing tells where a job stands in it: to look
 * for one costs as much as the list is long. But most came to it in the order of their enqueue, so that a few looks lead
 * close to a job's place; and many are taken out with one pass.
 */

import { type Part, part } from "../script.ts";
import { moving } from "./job.lua.ts";

/** So far around the place where a job should be is looked for it. */
const NEARBY = 32;
/** Length of a list times jobs to take out of it: less is not worth looking ahead. */
const WORTHWHILE = 5_000;

export const list: Part = part(
  [moving],
  /* lua */ `
-- When the job at this place, counted from the list's end, came to wait, as far as its hash tells, and its number.
-- known: what was read before, while the list stays as it is
local function arrival_at(Q, key, place, known)
  if not known[place] then
    local v = job_fields(Q .. rcall('LINDEX', key, -place - 1), 'yu', 'timestamp', 'yn')
    known[place] = { tonumber(v[1] or v[2] or 0), tonumber(v[3] or 0) }
  end
  return known[place]
end

local function came_after(j, other)
  local at = tonumber(j.f.yu or j.f.timestamp)
  if at ~= other[1] then return at > other[1] end
  return tonumber(j.f.yn or 0) > other[2]
end

-- How many jobs of the list should be served before this one. The list's end is served first.
local function turn_of(j, key, length, known)
  local first, last = 0, length
  while first < last do
    local middle = math.floor((first + last) / 2)
    if came_after(j, arrival_at(j.Q, key, middle, known)) then first = middle + 1 else last = middle end
  end
  return first
end

-- To the place in the list that it would have if it had always been there.
local function insert_in_list(j)
  local key = line_of(j.Q)
  local before = rcall('LINDEX', key, -turn_of(j, key, rcall('LLEN', key), {}) - 1)
  if before then rcall('LINSERT', key, 'AFTER', before, j.id) else rcall('LPUSH', key, j.id) end
end

local function look_around(j, key, place)
  local first = math.max(0, place - ${NEARBY})
  local near = rcall('LRANGE', key, -place - ${NEARBY} - 1, -first - 1)
  for i, id in ipairs(near) do if id == j.id then return first + #near - i end end
  return nil
end

-- Where the job stands if the numbers in the list are spread evenly: a guess, and a better one from there.
local function find_by_number(j, key, length, known)
  local number, first = tonumber(j.f.yn or 0), arrival_at(j.Q, key, 0, known)[2]
  local span = arrival_at(j.Q, key, length - 1, known)[2] - first
  if span == 0 then return nil end
  local density = (length - 1) / span
  local function within(place) return math.max(0, math.min(length - 1, math.floor(place))) end
  local place = within((number - first) * density)
  local better = within(place + (number - arrival_at(j.Q, key, place, known)[2]) * density)
  return look_around(j, key, better)
end

-- The job's place, counted from the list's end; nil if it is not close to where it should be.
local function find_nearby(j, key, length, known)
  return find_by_number(j, key, length, known) or look_around(j, key, turn_of(j, key, length, known))
end

-- Of those that are anywhere else: a look at all.
local function find_anywhere(ids, missing, key, length, found)
  local from = 0
  while missing > 0 and from < length do
    local some = rcall('LRANGE', key, -from - 1000, -from - 1)
    for i, id in ipairs(some) do
      if ids[id] then
        found[#found + 1] = { from + #some - i, ids[id] }
        missing = missing - 1
      end
    end
    from = from + 1000
  end
end

-- A waiting job of the list without its texts, or nil.
local function look_in_list(queue, id)
  local Q = queue_key(queue)
  local v = job_fields(Q .. id, 'timestamp', 'finishedOn', 'processedOn', 'yu', 'yn')
  if not v[1] or place_of(Q, id, v[2], v[3]) ~= 'wait' then return nil end
  return { queue = queue, Q = Q, id = id, key = Q .. id, f = { timestamp = v[1], yu = v[4], yn = v[5] } }
end

-- Takes jobs of one queue out of the list, as leave would one by one.
local function lift_all(Q, jobs)
  local key = Q .. 'wait'
  local length = rcall('LLEN', key)
  if length * #jobs < ${WORTHWHILE} then return end
  local found, elsewhere, missing, known = {}, {}, 0, {}
  for _, j in ipairs(jobs) do
    local at = find_nearby(j, key, length, known)
    if at then found[#found + 1] = { at, j }
    else
      elsewhere[j.id] = j
      missing = missing + 1
    end
  end
  find_anywhere(elsewhere, missing, key, length, found)
  if #found == 0 then return end
  -- No id is empty.
  local nearest, farthest = length, 0
  for _, one in ipairs(found) do
    rcall('LSET', key, -one[1] - 1, '')
    lifted[one[2].key] = true
    nearest, farthest = math.min(nearest, one[1]), math.max(farthest, one[1])
  end
  -- From the side from which all of them are met sooner.
  rcall('LREM', key, farthest < length - nearest and -#found or #found, '')
end

-- Of refs, each {queue, id}, those that stand in a list are taken out of it: whoever does not mean to take one out after
-- all puts it back by put_down.
local function lift(refs)
  local queues, seen = {}, {}
  for _, ref in ipairs(refs) do
    local j = not seen[ref[1] .. ':' .. ref[2]] and look_in_list(ref[1], ref[2])
    seen[ref[1] .. ':' .. ref[2]] = true
    if j then
      queues[j.Q] = queues[j.Q] or {}
      table.insert(queues[j.Q], j)
    end
  end
  for Q, jobs in pairs(queues) do lift_all(Q, jobs) end
end

local function put_down(j)
  if not lifted[j.key] then return end
  lifted[j.key] = nil
  insert_in_list(j)
end
`,
);
