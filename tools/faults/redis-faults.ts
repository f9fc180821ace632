/** Where the faults of every adapter are seeded in the Redis adapter, in its code and in its scripts. */

import { breaks, type SeededFault } from "./adapter-patch.ts";
import { CONTRACT_FAULTS } from "./contract-faults.ts";
import { chapter, inLua, ownTests, redis } from "./redis-patch.ts";

const OWN_LEASE = "return yt and string.find(yt, mine, -#mine, true) ~= nil";

export const REDIS_FAULTS: Readonly<Record<string, SeededFault>> = {
  "fence-removed": breaks(chapter("fencing"), inLua("lease", OWN_LEASE, "return yt and true or false")),
  "fence-by-attempt": breaks(
    chapter("fencing"),
    inLua("lease", OWN_LEASE, "return yt and tonumber(string.match(yt, ':(%d+):%d+$')) == epoch"),
    inLua(
      "settle",
      "if fate.state == 'waiting' or fate.state == 'stale' then set(j, { 'yp'",
      "if not fate.givesBack and (fate.state == 'waiting' or fate.state == 'stale') then set(j, { 'yp'",
    ),
  ),
  "fence-removed-for-entries": breaks(
    chapter("fencing"),
    inLua("lease", "if not is_own(entry[3], entry[4], v[1], v[2]) then return 0 end", "if not v[1] then return 0 end"),
  ),
  "due-check-removed": breaks(
    ownTests("places", "whose time has not"),
    inLua("claim", "0, (NOW + 1) * 4096 - 1, 'LIMIT'", "0, FAR - 1, 'LIMIT'"),
  ),
  "pause-check-removed": breaks(chapter("claim"), inLua("claim", "if meta[1] then return nil end", "")),
  "type-check-removed": breaks(
    chapter("claim"),
    inLua("claim", "return (q.types[name] or 0) >= (tonumber(version or 1)) end", "return q.types[name] ~= nil end"),
  ),
  "dedupe-in-bulk": breaks(
    chapter("dedupe"),
    inLua(
      "enqueue",
      "if not answer and spec[KEY] then answer,",
      "if not answer and spec[KEY] and b.asked == 1 then answer,",
    ),
  ),
  "dedupe-on-rescue": breaks(
    chapter("dedupe"),
    inLua(
      "settle",
      "local fate = end_of(j, what.ends)",
      "local fate = what.rescue and what.ends.decided or end_of(j, what.ends)",
    ),
  ),
  "dedupe-on-requeue": breaks(
    chapter("dedupe"),
    inLua(
      "moves",
      "if twin_of(j) then return 'held', false end\n    write(j, ask.payload and",
      "write(j, ask.payload and",
    ),
  ),
  "attempt-not-counted": breaks(
    chapter("settle"),
    inLua("settle", "(tonumber(j.f[counter]) or 0) + 1 })", "math.max(1, tonumber(j.f[counter]) or 0) })"),
  ),
  "attempt-not-given-back": breaks(chapter("settle"), CONTRACT_FAULTS["attempt-not-given-back"]),
  "rescue-charges-all": breaks(chapter("sessions and rescue"), CONTRACT_FAULTS["rescue-charges-all"]),
  "event-lost": breaks(
    chapter("(settle|events)"),
    inLua(
      "job",
      "rcall('RPUSH', j.key .. ':jyev', event_text(NOW, kind, data))",
      "if kind ~= 'release' then rcall('RPUSH', j.key .. ':jyev', event_text(NOW, kind, data)) end",
    ),
  ),
  "seq-reused": breaks(
    chapter("events"),
    inLua(
      "job",
      "rcall('RPUSH', j.key .. ':jyev', event_text(NOW, kind, data))",
      "rcall(kind == 'log' and 'LSET' or 'RPUSH', j.key .. ':jyev', unpack(kind == 'log' and { -1, event_text(NOW, kind, data) } or { event_text(NOW, kind, data) }))",
    ),
  ),
  "expired-without-guard": breaks(
    chapter("sessions and rescue"),
    inLua("lease", "return not deadline or tonumber(deadline) <= NOW", "return true"),
  ),
  "rescue-of-a-live-session": breaks(
    chapter("sessions and rescue"),
    inLua("lease", "R .. 'sessions', '-inf', NOW, 'LIMIT'", "R .. 'sessions', '-inf', NOW + 1000000000, 'LIMIT'"),
  ),
  "extend-forgets-the-deadline": breaks(
    chapter("sessions and rescue"),
    inLua("lease", "rcall('ZADD', R .. 'sessions', NOW + ask.leaseMs, ask.session)", ""),
  ),
  "held-limit-ignored": breaks(
    chapter("exclusive batches"),
    inLua("settle", "if what.heldLimit then set(j, { 'yl', what.heldLimit }) else", "if false then else"),
  ),
  "exclusive-batch-too-large": breaks(
    chapter("exclusive batches"),
    inLua("claim", "room = math.min(room, tonumber(f.yl))", ""),
  ),
  "exclusive-batch-shared": breaks(
    chapter("exclusive batches"),
    inLua("claim", "if holding > 0 and rcall('SISMEMBER', R .. 'exclusive', session) == 1 then return false end", ""),
  ),
  "alone-not-cleared": breaks(
    chapter("sessions and rescue"),
    inLua("claim", "elseif holding == 1 then rcall('SREM', R .. 'alone', session) end", "end"),
  ),
  "cancel-lost-in-the-race": breaks(chapter("settle"), CONTRACT_FAULTS["cancel-lost-in-the-race"]),
  "cancel-not-told": breaks(
    chapter("sessions and rescue"),
    inLua("lease", "return v[3] and 'cancel' or 'held'", "return 'held'"),
  ),
  "follow-up-lost": breaks(
    chapter("follow-ups"),
    inLua("settle", "{ 'completed', false, unusual().enqueue_all(op.followUps, false) }", "{ 'completed', false, {} }"),
  ),
  "follow-up-fails-the-completion": breaks(
    chapter("follow-ups"),
    inLua(
      "settle",
      "local b = finished[op.queue] or open_finished(op.queue)",
      `local b = finished[op.queue] or open_finished(op.queue)
  for _, spec in ipairs(op.followUps or {}) do
    if rcall('EXISTS', queue_key(spec[1]) .. spec[2]) == 1 then return { 'lost' } end
  end`,
    ),
  ),
  "follow-up-bounded": breaks(
    chapter("follow-ups"),
    inLua("settle", "enqueue_all(op.followUps, false)", "enqueue_all(op.followUps, true)"),
  ),
  "depth-wrong": breaks(
    chapter("bounded queues"),
    inLua(
      "enqueue",
      "rcall('ZCARD', Q .. 'waiting-children') - rcall('ZCARD', own_key(b.queue, 'stale'))",
      "rcall('ZCARD', Q .. 'waiting-children')",
    ),
  ),
  "bound-off-by-one": breaks(
    chapter("bounded queues"),
    inLua("enqueue", "- (replaced and 1 or 0) >= b.max_size then", "- (replaced and 1 or 0) > b.max_size then"),
  ),
  "order-broken": breaks(
    chapter("order"),
    inLua("base", "return priority * 4294967296 +", "return (2097151 - priority) * 4294967296 +"),
  ),
  "retry-keeps-its-place": breaks(
    ownTests("places", "tried again at once"),
    inLua(
      "job",
      "j.place = 'wait'\n      rcall('LPUSH', line_of(Q), id)",
      "j.place = 'wait'\n      rcall('RPUSH', line_of(Q), id)",
    ),
  ),
  "expired-job-handed-out": breaks(
    chapter("expiry"),
    inLua("claim", "if expires and tonumber(expires) <= NOW then return 'overdue' end", ""),
  ),
  "duplicate-id-overwrites": breaks(
    chapter("enqueue"),
    inLua(
      "enqueue",
      "emit_trimmed(b.Q, 'duplicated', 'jobId', spec[ID])",
      `if j.state == 'waiting' then
      set(j, { 'data', spec[DATA] })
      return 0
    end`,
    ),
  ),
  "requeue-from-anywhere": breaks(
    chapter("operator's moves"),
    inLua(
      "moves",
      "if not ask.from[j.state] then",
      "if not ask.from[j.state] and not (ask.move == 'requeue' and j.state == 'completed') then",
    ),
  ),
  "payload-rewritten": breaks(
    chapter("fidelity"),
    redis("enqueue.ts", "job.id, job.name, job.payload,", "job.id, job.name, JSON.stringify(JSON.parse(job.payload)),"),
  ),
  "audit-line-lost": breaks(
    chapter("audit"),
    inLua("moves", "if #changed > 0 then write_audit", "if #changed > 1 then write_audit"),
  ),
  "well-and-to-be-fixed": breaks(
    chapter("health"),
    redis("examine/durability.ts", 'arrived there.", evidence }', 'arrived there.", evidence, fix: "Wait." }'),
  ),
};
