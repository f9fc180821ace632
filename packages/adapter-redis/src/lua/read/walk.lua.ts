/** Ways through jobs: along our indexes, and through BullMQ's structures where those have none. */

import { readingScript, type Script } from "../../script.ts";
import { cards } from "./cards.lua.ts";

/** So many entries are passed over in one call: some seven ms. */
const MOST_PASSED = 4_000;
/** And so many read together: more of them at once take longer, each. */
const MOST_AT_ONCE = 500;

/**
 * An index is a ZSET of entries, sorted by score and then by number. A place is just before the entry of this score and
 * number (of 16 digits), whether or not there is one.
 *
 * KEYS: the root. ARGV[1]: msgpack `{side, rows, legs: [{queue, index, at, number, any | nil, none | nil} …]}`; only
 * jobs that stand in any of BullMQ's ZSETs `any`, or in none of `none`.
 * Returns msgpack, per leg `[isEnd, lastEntry, lastScore, entry, score, entry, score …]`: up to `rows` of them before
 * the place (`older`) or from it on (`newer`), in that order; and the last that was looked at, false if there was none.
 */
export const walkScript: Script = readingScript(
  "walk",
  [cards],
  /* lua */ `
local ask = cmsgpack.unpack(ARGV[1])
local is_older = ask.side == 'older'

-- How many entries come before the place.
local function rank_of(key, score, number)
  local low = rcall('ZCOUNT', key, '-inf', above(score))
  local high = low + rcall('ZCOUNT', key, score, score)
  while low < high do
    local middle = math.floor((low + high) / 2)
    local entry = rcall('ZRANGE', key, middle, middle)[1]
    if string.sub(entry, 1, 16) < number then low = middle + 1 else high = middle end
  end
  return low
end

-- Of each entry a score, or false if it stands in none of the ZSETs.
local function scores_in(zsets, Q, entries)
  local ids, scores = {}, nil
  for i, entry in ipairs(entries) do ids[i] = string.sub(entry, 18) end
  for _, zset in ipairs(zsets) do
    local found = rcall('ZMSCORE', Q .. zset, unpack(ids))
    if scores then for i, score in ipairs(found) do scores[i] = scores[i] or score end else scores = found end
  end
  return scores
end

-- Scores are read of what is found alone: writing one as text takes longer than all else that is done to pass an entry.
local function add_scored(answer, key, entries)
  if #entries == 0 then return end
  for i, score in ipairs(rcall('ZMSCORE', key, unpack(entries))) do
    answer[#answer + 1] = entries[i]
    answer[#answer + 1] = score
  end
end

local function walk(leg)
  local key, Q = own_key(leg.queue, leg.index), queue_key(leg.queue)
  local before, all = rank_of(key, leg.at, leg.number), rcall('ZCARD', key)
  local from, ahead = before, all - before
  if is_older then from, ahead = all - before, before end
  local zsets, is_any = leg.any or leg.none, leg.any ~= nil
  local most, portion = ${MOST_PASSED} / #ask.legs, zsets and math.max(ask.rows, 100) or ask.rows
  local found, looked, last = {}, 0, false
  while looked < ahead and #found < ask.rows and (looked < most or not zsets) do
    local first = from + looked
    local entries = rcall(is_older and 'ZREVRANGE' or 'ZRANGE', key, first, first + portion - 1)
    local scores = zsets and scores_in(zsets, Q, entries)
    for i, entry in ipairs(entries) do
      if #found >= ask.rows then break end
      looked, last = looked + 1, entry
      if not zsets or (scores[i] and true or false) == is_any then found[#found + 1] = entry end
    end
    portion = math.min(${MOST_AT_ONCE}, 2 * portion)
  end
  local answer = { looked >= ahead, last, last and rcall('ZSCORE', key, last) }
  add_scored(answer, key, found)
  return answer
end

local answers = {}
for i, leg in ipairs(ask.legs) do answers[i] = walk(leg) end
return cmsgpack.pack(answers)
`,
);

/**
 * All of one queue in one step, so that no job is missed that goes from one to another meanwhile.
 *
 * KEYS: the root. ARGV[1]: msgpack `{queue, most, structures: [name …]}`.
 * Returns msgpack, ids in lists, together `most` at most, of completed and failed jobs the newest first.
 */
export const gatherScript: Script = readingScript(
  "gather",
  [cards],
  /* lua */ `
local ask = cmsgpack.unpack(ARGV[1])
local Q = queue_key(ask.queue)
local lists, all = {}, 0
local function add(found)
  lists[#lists + 1] = found
  all = all + #found
end
local function last() return ask.most - all - 1 end
local function list(name) add(rcall('LRANGE', Q .. name, 0, last())) end
local function by_score(key, from, to) add(rcall('ZRANGEBYSCORE', key, from, to, 'LIMIT', 0, last() + 1)) end
local function entries(index)
  local found = rcall('ZREVRANGE', own_key(ask.queue, index), 0, last())
  for i, entry in ipairs(found) do found[i] = string.sub(entry, 18) end
  add(found)
end

local GATHER = {
  wait = function()
    list('wait')
    if last() >= 0 then list('paused') end
  end,
  prioritized = function() add(rcall('ZRANGE', Q .. 'prioritized', 0, last())) end,
  due = function() by_score(Q .. 'delayed', '-inf', DUE) end,
  later = function() by_score(Q .. 'delayed', above(DUE), above(FAR)) end,
  far = function() by_score(Q .. 'delayed', FAR, '+inf') end,
  retrying = function() add(rcall('ZRANGE', own_key(ask.queue, 'retrying'), 0, last())) end,
  active = function() list('active') end,
  parents = function() add(rcall('ZRANGE', Q .. 'waiting-children', 0, last())) end,
  completed = function() add(rcall('ZREVRANGE', Q .. 'completed', 0, last())) end,
  failed = function() add(rcall('ZREVRANGE', Q .. 'failed', 0, last())) end,
  dead = function() entries('dead') end,
  cancelled = function() entries('cancelled') end,
  stale = function() entries('stale') end
}
for _, name in ipairs(ask.structures) do if last() >= 0 then GATHER[name]() end end
return cmsgpack.pack(lists)
`,
);

/**
 * KEYS: the root. ARGV[1]: msgpack `[queue, id …]`, at most 1,000 of them.
 * Returns msgpack, per id `timestamp, yn, ym, yi, finishedOn`, all false if there is no such job.
 */
export const placesScript: Script = readingScript(
  "places",
  [cards],
  /* lua */ `
local ask = cmsgpack.unpack(ARGV[1])
local Q = queue_key(ask[1])
local found = {}
for i = 2, #ask do
  local v = redis.pcall('HMGET', Q .. ask[i], 'timestamp', 'yn', 'ym', 'yi', 'finishedOn')
  for field = 1, 5 do found[#found + 1] = v[field] or false end
end
return cmsgpack.pack(found)
`,
);
