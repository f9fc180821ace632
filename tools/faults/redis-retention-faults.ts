/** Where the faults of retention are seeded in the Redis adapter. */

import { breaks as breaksIn, type OwnFaults, type SeededFault } from "./adapter-patch.ts";
import type { Patch } from "./fault.ts";
import { chapter, inLua, ownTests } from "./redis-patch.ts";

const breaks = (...patches: readonly Patch[]): SeededFault => breaksIn(chapter("retention"), ...patches);
const purge = (find: string, replace: string): Patch => inLua("purge", find, replace);

export const REDIS_RETENTION_FAULTS: Readonly<Record<string, SeededFault>> = {
  "retention-takes-an-open-job": breaks(
    purge(
      "if left > 0 and (ask.ageMs or ask.count or ask.bytes) then",
      `for _, entry in ipairs(rcall('ZRANGE', own_key(queue, 'stale'), 0, -1)) do
  discard(read_job(queue, string.sub(entry, 18)), { unmarked = true })
end
if left > 0 and (ask.ageMs or ask.count or ask.bytes) then`,
    ),
  ),
  "retention-count-off-by-one": breaks(purge("left > ask.count then", "left > ask.count + 1 then")),
  "retention-removes-the-newest": breaks(
    purge("if a.at ~= b.at then return a.at < b.at end", "if a.at ~= b.at then return a.at > b.at end"),
    purge(
      "rcall('ZRANGE', own_key(queue, state), 0, count + #late",
      "rcall('ZREVRANGE', own_key(queue, state), 0, count + #late",
    ),
    purge(
      "rcall('ZRANGEBYSCORE', key, from, '+inf', 'WITHSCORES'",
      "rcall('ZREVRANGEBYSCORE', key, '+inf', from, 'WITHSCORES'",
    ),
  ),
  "retention-goes-by-enqueue": breaks(
    purge("if a.at ~= b.at then return a.at < b.at end", ""),
    purge(
      "rcall('ZRANGEBYSCORE', key, from, '+inf', 'WITHSCORES', 'LIMIT', 0, count)",
      "rcall('ZRANGEBYSCORE', key, from, '+inf', 'WITHSCORES', 'LIMIT', 0, 1000)",
    ),
  ),
  "retention-counts-characters": breaks(
    purge(
      "local bytes = rcall('HSTRLEN', key, 'data')",
      // As the template there has it, which is not raw.
      "local bytes = #string.gsub(rcall('HGET', key, 'data'), '[\\\\128-\\\\191]', '')",
    ),
    inLua("claim", "plain and #f.data or", "plain and #string.gsub(f.data, '[\\128-\\191]', '') or"),
    inLua(
      "settle",
      "local bytes = v[6] and rcall('HSTRLEN', key, 'data')",
      "local bytes = v[6] and #string.gsub(rcall('HGET', key, 'data'), '[\\128-\\191]', '')",
    ),
    inLua("job", "local bytes = #j.f.data", "local bytes = #string.gsub(j.f.data, '[\\128-\\191]', '')"),
  ),
  "retention-forgets-the-errors": breaks(
    purge("for _, text in ipairs(errors) do bytes = bytes + #text end", ""),
    inLua("settle", "for _, text in ipairs(errors) do bytes = bytes + #text end", ""),
    inLua("job", "for _, text in ipairs(errors) do bytes = bytes + #text end", ""),
  ),
  "retention-ignores-the-batch": breaks(
    purge("if #gone + #stock >= ask.limit then", "if #gone + #stock >= 100 * ask.limit then"),
  ),
  "retention-misses-a-restored-job": breaks(
    inLua("finals", "count_bytes(j, state, 1)", "if state ~= 'completed' then count_bytes(j, state, 1) end"),
  ),
};

/** Faults that no other adapter has. */
export const REDIS_ONLY_RETENTION_FAULTS: OwnFaults = {
  "bytes-not-counted-back": {
    promise: "a job that leaves takes its bytes along",
    ...breaksIn(
      chapter("retention"),
      inLua("job", "then count_bytes(j, j.state, -1) end", "then count_bytes(j, j.state, 0) end"),
    ),
  },
  "late-comer-in-the-wrong-place": {
    promise: "who came back later than it finished goes when it finished",
    ...breaksIn(
      ownTests("purge", "also if they came back later"),
      inLua(
        "finals",
        "if tonumber(entered) ~= finished_on then rcall('ZADD', late_key(j.queue, state)",
        "if false then rcall('ZADD', late_key(j.queue, state)",
      ),
    ),
  },
  "others-purged": {
    promise: "jobs of other programs stay where others work",
    ...breaksIn(
      ownTests("purge", "stay where others work"),
      purge("if (ask.own or one.number > 0) and consider(one) then", "if consider(one) then"),
    ),
  },
};
