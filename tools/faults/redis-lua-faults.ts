/** Faults that only scripts on BullMQ's layout can have: leases, places, markers, keys, texts, and jobs of other programs. */

import { breaks, chapter, inLua, ownTests, type RedisOnlyFaults, redis } from "./redis-patch.ts";

const OWN_LEASE = "return yt and string.sub(yt, -#mine) == mine";

export const REDIS_LUA_FAULTS: RedisOnlyFaults = {
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
    ...breaks(chapter("sessions and rescue"), inLua("settle", "end_lease(op.session, op.queue, id)", "")),
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
      ownTests("operate", "a timed key is held by a removed job"),
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
      inLua("claim", "if rcall('EXISTS', own_key(q.queue, 'lanes')) == 1 then unpark(q, room) end", ""),
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
      inLua("enqueue", "if b.ready and not looked_at[b.queue] then mark_ready(b.Q) end", ""),
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
      inLua("enqueue", "each_thousand(b.index, function(...) rcall('ZADD', own_key(b.queue, 'jobs'), ...) end)", ""),
    ),
  },
  "events-before-the-claim": {
    promise: "events that nobody wrote down are there before those that follow them",
    ...breaks(chapter("events"), inLua("job", "adopt(j)\n  write_down(j)", "adopt(j)")),
  },
  "hole-after-a-completion": {
    promise: "a completion is an event also when another one follows it",
    ...breaks(
      chapter("(events|operator's moves|random sequences)"),
      inLua("job", "if j.state == 'completed' and string.sub(written, -1) ~= '!' then", "if false then"),
    ),
  },
  "claim-told-twice": {
    promise: "a claim is one event",
    ...breaks(chapter("events"), inLua("job", "set(j, { 'yc', written })", "set(j, { 'yc', '' })")),
  },
  "trash-without-events": {
    promise: "a restored job has all its events",
    ...breaks(
      ownTests("sweep", "goes with everything that hung on its jobs"),
      inLua("trash", "local TAILS = { '', ':jyev', ':jyerr', ':logs' }", "local TAILS = { '', ':jyerr', ':logs' }"),
    ),
  },
  "errors-cut-at-the-wrong-end": {
    promise: "of many errors the first and the last stay",
    ...breaks(
      chapter("(settle|fidelity)"),
      inLua("settle", "rcall('LSET', key, EACH_END, '')", "rcall('LSET', key, 0, '')"),
    ),
  },
  "null-is-no-result": {
    promise: "a result of null is a result",
    ...breaks(chapter("(settle|fidelity)"), inLua("settle", "if result == 'null' then", "if false then")),
  },
  "payload-through-cjson": {
    promise: "no script reads a payload",
    ...breaks(
      chapter("fidelity"),
      inLua("enqueue", "'data', spec[DATA], 'opts'", "'data', cjson.encode(cjson.decode(spec[DATA])), 'opts'"),
    ),
  },
  "result-through-cjson": {
    promise: "no script reads a result",
    ...breaks(
      chapter("fidelity"),
      inLua(
        "settle",
        "local text, lease, atm = result or 'null',",
        "local text, lease, atm = result and cjson.encode(cjson.decode(result)) or 'null',",
      ),
    ),
  },
  "adopted-without-a-number": {
    promise: "a job of BullMQ's that we change becomes one of ours",
    ...breaks(ownTests("operate", "becomes one of ours"), inLua("job", "adopt(j)\n  write_down(j)", "write_down(j)")),
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
        "if rcall('LREM', Q .. 'active', -1, id) == 0 then return 'lost' end",
        "rcall('LREM', Q .. 'active', -1, id)",
      ),
    ),
  },
  "cancel-survives-the-attempt": {
    promise: "a cancel is for one attempt",
    ...breaks(
      chapter("(settle|every state with every move|random sequences)"),
      inLua("settle", "unset(j, 'yq')\n  if fate.state", "if fate.state"),
      inLua("job", "unset(j, 'yq')\n  set(j, { 'finishedOn', NOW", "set(j, { 'finishedOn', NOW"),
    ),
  },
  "requeue-keeps-the-rescues": {
    promise: "a requeue begins anew",
    ...breaks(
      chapter("(operator's moves|every state with every move|random sequences)"),
      inLua("moves", "'atm', 'stc', 'yr', 'yl', 'ye',", "'atm', 'stc', 'yl', 'ye',"),
    ),
  },
  "undo-forgets-the-failure": {
    promise: "a requeue that is taken back leaves the job as it was",
    ...breaks(
      ownTests("operate", "comes back to the byte"),
      inLua(
        "moves",
        "before[field] = j.f[field] end",
        "if field ~= 'failedReason' then before[field] = j.f[field] end end",
      ),
    ),
  },
  "undo-of-something-else": {
    promise: "only the last thing that was done can be taken back",
    ...breaks(
      chapter("taking back"),
      inLua("moves", "or undo.op ~= j.f.yz or", "or"),
      inLua(
        "moves",
        "if undo then set(j, { 'yb', undo }) else unset(j, 'yb') end",
        "if undo then set(j, { 'yb', undo }) end",
      ),
    ),
  },
  "line-forgets-its-order": {
    promise: "a job that gets its old priority back has its old place",
    ...breaks(
      ownTests("operate", "gets its old priority back"),
      inLua(
        "moves",
        "if priority == 0 then insert_in_list(j)",
        "if priority == 0 then rcall('LPUSH', Q .. 'wait', j.id)",
      ),
    ),
  },
  "record-outlives-its-end": {
    promise: "a record that has ended is none",
    ...breaks(
      chapter("records"),
      inLua("records", "if expires_at ~= '-' and tonumber(expires_at) <= NOW then return 0 end", ""),
    ),
  },
  "record-overwritten": {
    promise: "of two who change one version of a record one wins",
    ...breaks(chapter("records"), inLua("records", "if if_version and if_version ~= version then return nil end", "")),
  },
  "settings-overwritten": {
    promise: "of two who change a queue's settings neither undoes the other",
    ...breaks(
      ownTests("operate-queues", "each changes what the others have left"),
      inLua(
        "queues",
        "if (tonumber(now[1]) or nil) ~= was.max_size or (now[2] or nil) ~= was.retention then return now end",
        "",
      ),
    ),
  },
  "portion-over-the-stack": {
    promise: "no list is too long for Lua's stack",
    ...breaks(
      ownTests("operate-queues", "thousands that were kept apart"),
      inLua(
        "base",
        "for first = 1, #list, 1000 do call(unpack(list, first, math.min(first + 999, #list))) end",
        "call(unpack(list)) call(unpack(list))",
      ),
    ),
  },
  "answers-of-one-portion": {
    promise: "a long call is answered job by job",
    ...breaks(
      ownTests("places", "answered one by one"),
      redis("settle.ts", "answersOf(group, answers[index] ??", "answersOf(group, answers[from + index] ??"),
    ),
  },
};
