/** Faults that only scripts on BullMQ's layout can have: leases, keys, and where jobs stand. */

import { breaks, type OwnFaults } from "./adapter-patch.ts";
import { chapter, inLua, ownTests, redis } from "./redis-patch.ts";

const OWN_LEASE = "return yt and string.find(yt, mine, -#mine, true) ~= nil";

export const REDIS_PLACE_FAULTS: OwnFaults = {
  "fence-without-epoch": {
    promise: "a lease is own by its epoch, too",
    ...breaks(
      chapter("fencing"),
      inLua(
        "lease",
        OWN_LEASE,
        "local of, at = string.match(yt or '', '^[^:]*:(.*):%d+:(%d+)$') return of == token and at == ats",
      ),
    ),
  },
  "fence-without-the-start": {
    promise: "a lease ends when a worker of BullMQ's has begun the job anew",
    ...breaks(
      ownTests("places", "has begun since"),
      inLua("lease", OWN_LEASE, "return yt and string.match(yt, '^[^:]*:(.*:%d+):%d+$') == token .. ':' .. epoch"),
    ),
  },
  "session-keeps-its-lease": {
    promise: "a session is gone with its last lease",
    ...breaks(
      chapter("sessions and rescue"),
      inLua("settle", "rcall('SREM', session_key(session), unpack(members))", ""),
    ),
  },
  "lock-left-behind": {
    promise: "a completed job has no lock, as BullMQ leaves none",
    ...breaks(ownTests("keyspace"), inLua("settle", "b.locks[#b.locks + 1] = key .. ':lock'", "")),
  },
  "key-freed-for-another": {
    promise: "a job that ends frees its own key, and nobody else's",
    ...breaks(
      chapter("(dedupe|random sequences|operator's moves|taking back)"),
      inLua("job", "if HOLDS[j.f.yw] and rcall('GET', j.Q .. 'de:' .. j.f.deid) == j.id then", "if HOLDS[j.f.yw] then"),
    ),
  },
  "timed-key-by-ttl": {
    promise: "whether a timed key is over the instants say, not when Redis gets to it",
    ...breaks(chapter("dedupe"), inLua("job", "if f[3] and tonumber(f[3]) <= NOW then return nil end", "")),
  },
  "gone-key-forgotten": {
    promise: "a timed key outlives the job that held it",
    ...breaks(
      ownTests("operate-undo", "a timed key is held by a removed job"),
      inLua(
        "trash",
        "rcall('SET', R .. 'gone:' .. j.queue .. ':' .. j.id, gone, 'PX', math.max(1, till - NOW) + SLACK)",
        "",
      ),
    ),
  },
  "held-promoted-by-time": {
    promise: "a suspect comes to no line, only to an exclusive batch",
    ...breaks(
      chapter("exclusive batches"),
      inLua("job", "rcall('ZADD', Q .. 'delayed', FAR, id)", "rcall('ZADD', Q .. 'delayed', run_at * 4096, id)"),
    ),
  },
  "held-wakes-nobody": {
    promise: "a claim that waits hears of a suspect that may run",
    ...breaks(
      ownTests("places", "told who wait"),
      inLua("job", "entry_of(j.f.yn, id))\n    wake(j.queue)", "entry_of(j.f.yn, id))"),
    ),
  },
  "parked-never-taken-back": {
    promise: "a job that nobody knew is met by the first who does",
    ...breaks(
      ownTests("places", "put aside, and come back"),
      inLua("claim", "if not q.simple then beside().unpark(q, room) end", ""),
    ),
  },
  "parked-out-of-order": {
    promise: "what was put aside comes back to its place",
    ...breaks(
      ownTests("places", "put aside, and come back"),
      inLua(
        "claim",
        "table.sort(found, function(a, b) return a.score < b.score end)",
        "table.sort(found, function(a, b) return a.score > b.score end)",
      ),
    ),
  },
  "marker-not-set": {
    promise: "an enqueue wakes whoever waits, ours or not",
    ...breaks(
      ownTests("keyspace"),
      inLua("enqueue", "b.concurrency) then rcall('ZADD', Q .. 'marker', 0, '0') end", "b.concurrency) then end"),
    ),
  },
  "delayed-without-order": {
    promise: "jobs of one millisecond keep their order",
    ...breaks(
      ownTests("places", "keep their order"),
      inLua("base", "return math.min(tonumber(found[2]) + 1, last)", "return first"),
    ),
  },
  "expiry-not-indexed": {
    promise: "a job that is never begun expires by itself",
    ...breaks(
      chapter("expiry"),
      inLua(
        "enqueue",
        "if spec[EXPIRES_IN] then rcall('ZADD', own_key(b.queue, 'expiring'), NOW + spec[EXPIRES_IN], id) end",
        "",
      ),
    ),
  },
  "retry-not-indexed": {
    promise: "retrying jobs are told from scheduled ones",
    ...breaks(
      chapter("(lists|looking)"),
      inLua("job", "if made(j.f) > 0 then rcall('ZADD', own_key(j.queue, 'retrying'), run_at, id) end", ""),
    ),
  },
  "job-not-indexed": {
    promise: "every job of ours can be found",
    ...breaks(
      chapter("lists"),
      inLua(
        "enqueue",
        "rcall('ZADD', own_key(b.queue, 'jobs'), unpack(index, first, math.min(first + 1999, #index)))",
        "",
      ),
    ),
  },
  "adopted-without-a-number": {
    promise: "a job of BullMQ's that we change becomes one of ours",
    ...breaks(
      ownTests("places", "has a number from then on"),
      inLua("job", "adopt(j)\n  write_down(j)", "write_down(j)"),
    ),
  },
  "mark-outlives-its-failure": {
    promise: "our mark on a failed job counts for that failure only",
    ...breaks(
      ownTests("places", "failed elsewhere since"),
      redis(
        "job-fields.ts",
        'this.#text("ym") !== null && this.#text("yi") === this.#text("finishedOn")',
        'this.#text("ym") !== null',
      ),
    ),
  },
  "completion-without-its-place": {
    promise: "who is no longer active is not completed",
    ...breaks(
      ownTests("interop-stalled", "is no lease any more"),
      inLua(
        "settle",
        "elseif rcall('LREM', b.active, -1, id) == 0 then return 'lost' end",
        "else rcall('LREM', b.active, -1, id) end",
      ),
    ),
  },
  "dead-session-takes-another-along": {
    promise: "a session that is over takes no lease of another along",
    ...breaks(
      ownTests("review-leases", "take the lease of another along"),
      inLua("lease", "if v[3] ~= session then return nil end", ""),
    ),
  },
  "lost-lease-stays-with-its-session": {
    promise: "a lease that was lost is no job that its session holds",
    ...breaks(
      ownTests("review-leases", "is no job that its session holds"),
      inLua("lease", "if answers[i] == 'lost' then forget_lease(ask.session, queue, lease[2]) end", ""),
      inLua("settle", "local GONE = { lost = true, missing = true }", "local GONE = {}"),
    ),
  },
  "held-index-trusted": {
    promise: "a held job that somebody has promoted is run once",
    ...breaks(
      ownTests("review-leases", "held job that BullMQ's tools have promoted"),
      inLua("claim", "if not rcall('ZSCORE', q.Q .. 'delayed', id) then", "if false then"),
    ),
  },
  "line-forgets-its-order": {
    promise: "a job that gets its old priority back has its old place",
    ...breaks(
      ownTests("operate-line", "gets its old priority back"),
      inLua(
        "moves",
        "if priority == 0 then insert_in_list(j)",
        "if priority == 0 then rcall('LPUSH', Q .. 'wait', j.id)",
      ),
    ),
  },
};
