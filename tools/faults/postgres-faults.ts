/** Where the faults of every adapter are seeded in the Postgres adapter, in its code and in its functions. */

import type { SeededFault } from "./adapter-patch.ts";
import { CONTRACT_FAULTS } from "./contract-faults.ts";
import { chapter, inSql, postgres } from "./postgres-patch.ts";

/** Takes whatever lease was presented for an open one of the job. */
const ANY_LEASE = "open ?? new OpenLease({ session, token, queue: ref.queue, claimed_at: 0, deadline: 0, pks: [pk] })";

export const POSTGRES_FAULTS: Readonly<Record<string, SeededFault>> = {
  "fence-removed": {
    patches: [
      postgres("leases.ts", `if (state !== "waiting" || epoch !== leased) return null;`, ""),
      postgres("leases.ts", "return open?.has(pk) === true ? open : null;", `return ${ANY_LEASE};`),
    ],
    guard: chapter("fencing"),
  },
  "fence-by-attempt": {
    patches: [
      postgres("leases.ts", "return open?.has(pk) === true ? open : null;", `return ${ANY_LEASE};`),
      CONTRACT_FAULTS["fence-by-attempt"],
    ],
    guard: chapter("fencing"),
  },
  "fence-removed-for-entries": {
    patches: [
      postgres(
        "hold.ts",
        "const holding = known && leases.own(known.job, lease);",
        "const holding = known && (leases.own(known.job, lease) ?? { ...lease, claimedAt: 0 });",
      ),
    ],
    guard: chapter("fencing"),
  },
  "due-check-removed": {
    patches: [
      inSql(
        "line",
        "SELECT ctid FROM later WHERE queue = of_queue AND run_at <= now_at\n",
        "SELECT ctid FROM later WHERE queue = of_queue AND run_at <= now_at + 1000000000000\n",
      ),
    ],
    guard: chapter("claim"),
  },
  "pause-check-removed": {
    patches: [inSql("claim", "CONTINUE WHEN is_paused;", "")],
    guard: chapter("claim"),
  },
  "type-check-removed": {
    patches: [inSql("claim", "AND lane.version <= (known ->> lane.name)::integer", "")],
    guard: chapter("claim"),
  },
  "dedupe-in-bulk": {
    patches: [
      inSql(
        "enqueue",
        "met := enqueue_one(one, now_at, bound);",
        `IF base + place > 1 THEN
          one.dedupe_key := NULL;
          one.dedupe_while := NULL;
        END IF;
        met := enqueue_one(one, now_at, bound);`,
      ),
    ],
    guard: chapter("dedupe"),
  },
  "dedupe-on-rescue": { patches: [CONTRACT_FAULTS["dedupe-on-rescue"]], guard: chapter("dedupe") },
  "dedupe-on-requeue": {
    patches: [postgres("moves.ts", `if (changes.keys.isHeldByAnother(job)) return untouched("held");`, "")],
    guard: chapter("dedupe"),
  },
  "attempt-not-counted": { patches: [CONTRACT_FAULTS["attempt-not-counted"]], guard: chapter("settle") },
  "attempt-not-given-back": { patches: [CONTRACT_FAULTS["attempt-not-given-back"]], guard: chapter("settle") },
  "rescue-charges-all": { patches: [CONTRACT_FAULTS["rescue-charges-all"]], guard: chapter("sessions and rescue") },
  "event-lost": {
    patches: [
      postgres(
        "changes.ts",
        "this.#events.push({ pk: job.pk, seq: entry.job.seq, at: this.now, kind, data });",
        `if (kind !== "release") this.#events.push({ pk: job.pk, seq: entry.job.seq, at: this.now, kind, data });`,
      ),
    ],
    guard: chapter("(settle|events)"),
  },
  "seq-reused": {
    patches: [
      postgres("changes.ts", "{ ...job, seq: job.seq + 1 }", `{ ...job, seq: kind === "log" ? job.seq : job.seq + 1 }`),
      inSql(
        "changes",
        "FROM json_to_recordset(part.events) AS one(pk bigint, seq integer, at bigint, kind text, data text);",
        `FROM json_to_recordset(part.events) AS one(pk bigint, seq integer, at bigint, kind text, data text)
      ON CONFLICT (pk, seq) DO UPDATE SET kind = excluded.kind, data = excluded.data;`,
      ),
    ],
    guard: chapter("events"),
  },
  "expired-without-guard": {
    patches: [
      postgres(
        "settle.ts",
        `if (guard === "expired" && holding.deadline > this.#changes.now) return { ok: false, now: "live" };`,
        "",
      ),
    ],
    guard: chapter("sessions and rescue"),
  },
  "rescue-of-a-live-session": {
    patches: [
      postgres(
        "sql/hold.sql.ts",
        "WHERE session.deadline <= jobyard.now_ms()",
        "WHERE session.deadline <= jobyard.now_ms() + 1000000000",
      ),
    ],
    guard: chapter("sessions and rescue"),
  },
  "extend-forgets-the-deadline": {
    patches: [
      inSql(
        "hold",
        "lease_ms WHERE id = of_session;",
        "lease_ms WHERE id = of_session AND extend_session.lease_ms < 0;",
      ),
    ],
    guard: chapter("sessions and rescue"),
  },
  "held-limit-ignored": { patches: [CONTRACT_FAULTS["held-limit-ignored"]], guard: chapter("exclusive batches") },
  "exclusive-batch-too-large": {
    patches: [inSql("line", "room := least(room, candidate.held_limit);", "")],
    guard: chapter("exclusive batches"),
  },
  "exclusive-batch-shared": {
    patches: [inSql("claim", "IF handed IS NULL AND NOT is_exclusive THEN", "IF handed IS NULL THEN")],
    guard: chapter("exclusive batches"),
  },
  "alone-not-cleared": {
    patches: [inSql("claim", "alone = NOT holds AND cardinality", "alone = alone OR cardinality")],
    guard: chapter("sessions and rescue"),
  },
  "cancel-lost-in-the-race": { patches: [CONTRACT_FAULTS["cancel-lost-in-the-race"]], guard: chapter("settle") },
  "cancel-not-told": {
    patches: [inSql("hold", "WHEN job.cancel_requested THEN 'cancel' ", "")],
    guard: chapter("sessions and rescue"),
  },
  "follow-up-lost": {
    patches: [postgres("settle.ts", "if (followUps.length > 0) this.#follow(index, followUps);", "")],
    guard: chapter("follow-ups"),
  },
  "follow-up-fails-the-completion": {
    patches: [
      postgres(
        "settle.ts",
        "let from = 0;",
        `if (receipts.some(({ outcome }) => outcome !== "accepted")) throw new Error("a follow-up was refused");
    let from = 0;`,
      ),
    ],
    guard: chapter("follow-ups"),
  },
  "follow-up-bounded": {
    patches: [postgres("settle.ts", `enqueue(this.#step, jobs, "unbounded")`, `enqueue(this.#step, jobs, "bounded")`)],
    guard: chapter("follow-ups"),
  },
  "depth-wrong": {
    patches: [
      postgres(
        "tally.ts",
        "if (DEPTH_STATES.includes(state))",
        `if (state === "stale" || DEPTH_STATES.includes(state))`,
      ),
    ],
    guard: chapter("bounded queues"),
  },
  "bound-off-by-one": {
    patches: [inSql("enqueue", "::integer >= bound THEN", "::integer > bound THEN")],
    guard: chapter("bounded queues"),
  },
  "order-broken": {
    patches: [
      inSql(
        "line",
        "SELECT array_agg(pk ORDER BY priority, ord) INTO pks FROM gone;\n    ELSE",
        "SELECT array_agg(pk ORDER BY priority DESC) INTO pks FROM gone;\n    ELSE",
      ),
    ],
    guard: chapter("order"),
  },
  "retry-keeps-its-place": {
    patches: [
      postgres(
        "changes.ts",
        "entry.job = { ...entry.job, ord: null };",
        `if (entry.job.ord !== null && run_at <= this.now) {
      entry.isPlaced = true;
      return;
    }
    entry.job = { ...entry.job, ord: null };`,
      ),
    ],
    guard: chapter("order"),
  },
  "expired-job-handed-out": {
    patches: [
      inSql(
        "line",
        "IF EXISTS (SELECT FROM expiry WHERE at <= now_at) THEN heads := cancel_overdue(heads, now_at); END IF;",
        "",
      ),
    ],
    guard: chapter("expiry"),
  },
  "duplicate-id-overwrites": {
    patches: [
      inSql(
        "enqueue",
        "SELECT * INTO namesake FROM job WHERE id = form.ids AND queue = form.queue;\n",
        `SELECT * INTO namesake FROM job WHERE id = form.ids AND queue = form.queue;
      IF FOUND AND namesake.state = 'waiting' THEN
        UPDATE job SET payload = form.payloads WHERE pk = namesake.pk;
        RETURN NULL;
      END IF;\n`,
      ),
    ],
    guard: chapter("enqueue"),
  },
  "requeue-from-anywhere": { patches: [CONTRACT_FAULTS["requeue-from-anywhere"]], guard: chapter("operator's moves") },
  "payload-rewritten": {
    patches: [
      postgres(
        "enqueue-runs.ts",
        "run.map(({ payload }) => payload)",
        "run.map(({ payload }) => JSON.stringify(JSON.parse(payload)))",
      ),
    ],
    guard: chapter("fidelity"),
  },
  "audit-line-lost": {
    patches: [postgres("operate.ts", "if (changed.length > 0) await audit(", "if (changed.length > 1) await audit(")],
    guard: chapter("audit"),
  },
  "well-and-to-be-fixed": { patches: [CONTRACT_FAULTS["well-and-to-be-fixed"]], guard: chapter("health") },
};
