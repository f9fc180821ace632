/** Where each fault is seeded in the SQLite adapter. */

import { CONTRACT_FAULTS } from "./contract-faults.ts";
import type { Patch } from "./fault.ts";

const sqlite = (file: string, find: string, replace: string): Patch => ({
  file: `packages/adapter-sqlite/src/${file}`,
  find,
  replace,
});

/** Takes the lease under which the job runs now for the one that was presented. */
const HOLDERS_LEASE = `
    const holder = holdingFor(this.#step, row);
    return holder === null ? open : this.find({ ...lease, session: holder.session, token: holder.token });`;

export const SQLITE_FAULTS: Readonly<Record<string, readonly Patch[]>> = {
  "fence-removed": [
    sqlite("leases.ts", `if (row.state !== "waiting" || row.epoch !== lease.epoch) return null;`, ""),
    sqlite("leases.ts", "return open?.has(row.pk) === true ? open : null;", HOLDERS_LEASE),
  ],
  "fence-by-attempt": [
    sqlite(
      "leases.ts",
      "return open?.has(row.pk) === true ? open : null;",
      `if (open?.has(row.pk) === true || row.epoch !== lease.epoch) return open;${HOLDERS_LEASE}`,
    ),
    CONTRACT_FAULTS["fence-by-attempt"],
  ],
  "fence-removed-for-entries": [
    sqlite(
      "hold.ts",
      "const holding = row && leases.own(row, lease);",
      "const holding = row && (leases.own(row, lease) ?? { session: lease.session, token: lease.token, claimedAt: 0, deadline: 0 });",
    ),
  ],
  "due-check-removed": [
    sqlite(
      "sql/claim.sql.ts",
      "WHERE queue = @queue AND run_at <= @now\n   ORDER BY run_at, pk LIMIT @limit",
      "WHERE queue = @queue AND run_at <= @now + 1000000000000\n   ORDER BY run_at, pk LIMIT @limit",
    ),
  ],
  "pause-check-removed": [
    sqlite("outlook.ts", "if (outlook?.paused !== 0) return [];", "if (outlook === undefined) return [];"),
  ],
  "type-check-removed": [
    sqlite("outlook.ts", "lane.version <= (versions.get(lane.name) ?? 0)", "versions.size > 0 || lane.version > 0"),
  ],
  "dedupe-in-bulk": [
    sqlite(
      "enqueue.ts",
      "const isPlain = mayRun && job.dedupe === null &&",
      "const isPlain = mayRun && (job.dedupe === null || receipts.length > 0) &&",
    ),
  ],
  "dedupe-on-rescue": [CONTRACT_FAULTS["dedupe-on-rescue"]],
  "dedupe-on-requeue": [sqlite("operate.ts", `if (otherHolder(step, row)) return untouched("held");`, "")],
  "attempt-not-counted": [CONTRACT_FAULTS["attempt-not-counted"]],
  "attempt-not-given-back": [CONTRACT_FAULTS["attempt-not-given-back"]],
  "rescue-charges-all": [CONTRACT_FAULTS["rescue-charges-all"]],
  "event-lost": [
    sqlite(
      "change.ts",
      "step.db.run(addEvent, { pk: row.pk, seq: after.seq, at: step.now, kind, data });",
      `if (kind !== "release") step.db.run(addEvent, { pk: row.pk, seq: after.seq, at: step.now, kind, data });`,
    ),
  ],
  "seq-reused": [
    sqlite(
      "sql/event.sql.ts",
      "INSERT INTO jobyard_event (pk, seq, at, kind, data) VALUES",
      "INSERT OR REPLACE INTO jobyard_event (pk, seq, at, kind, data) VALUES",
    ),
    sqlite("change.ts", "seq: row.seq + 1,", `seq: kind === "log" ? row.seq : row.seq + 1,`),
  ],
  "expired-without-guard": [
    sqlite(
      "settle.ts",
      `if (guard === "expired" && holding.deadline > step.now) return { ok: false, now: "live" };`,
      "",
    ),
  ],
  "rescue-of-a-live-session": [
    sqlite("sql/lease.sql.ts", "WHERE deadline <= @now ORDER BY", "WHERE deadline <= @now + 1000000000 ORDER BY"),
  ],
  "extend-forgets-the-deadline": [
    sqlite(
      "hold.ts",
      "db.run(moveDeadline, { session, deadline: now + leaseMs });",
      "if (leaseMs < 0) db.run(moveDeadline, { session, deadline: now + leaseMs });",
    ),
  ],
  "held-limit-ignored": [CONTRACT_FAULTS["held-limit-ignored"]],
  "exclusive-batch-too-large": [sqlite("claim.ts", "room = Math.min(room, row.held_limit ?? room);", "")],
  "exclusive-batch-shared": [
    sqlite("claim.ts", "if (session?.exclusive === 1) return { rows: [], exclusive: 1, isFirst };", ""),
  ],
  "alone-not-cleared": [
    sqlite("sql/lease.sql.ts", "alone = excluded.alone", "alone = MAX(jobyard_session.alone, excluded.alone)"),
  ],
  "cancel-lost-in-the-race": [CONTRACT_FAULTS["cancel-lost-in-the-race"]],
  "cancel-not-told": [sqlite("hold.ts", `return row.cancel_requested === 1 ? "cancel" : "held";`, `return "held";`)],
  "follow-up-lost": [sqlite("settle.ts", `followUps: enqueue(step, followUps, "unbounded") };`, "followUps: [] };")],
  "follow-up-fails-the-completion": [
    sqlite(
      "settle.ts",
      `if (row === undefined) return { ok: false, now: "missing" };`,
      `if (row === undefined) return { ok: false, now: "missing" };\n  if (followUps.some(({ queue, id }) => step.db.get(jobByRef, { queue, id }))) return { ok: false, now: "lost" };`,
    ),
  ],
  "follow-up-bounded": [
    sqlite("settle.ts", `enqueue(step, followUps, "unbounded")`, `enqueue(step, followUps, "bounded")`),
  ],
  "depth-wrong": [
    sqlite(
      "change.ts",
      `tally.add(queue, "depth", sign * isOpen(state));`,
      `tally.add(queue, "depth", sign * (state === "stale" ? 1 : isOpen(state)));`,
    ),
  ],
  "bound-off-by-one": [
    sqlite("enqueue.ts", "if (depth - (replaced ? 1 : 0) >= maxSize)", "if (depth - (replaced ? 1 : 0) > maxSize)"),
  ],
  "order-broken": [
    sqlite(
      "sql/claim.sql.ts",
      "AND (priority, ord) > (@priority, @ord)\n   ORDER BY priority, ord LIMIT @limit",
      "AND (priority, ord) > (@priority, @ord)\n   ORDER BY priority DESC, ord LIMIT @limit",
    ),
  ],
  "retry-keeps-its-place": [
    sqlite(
      "change.ts",
      "ord: isNewInLine ? orderFor(step, set.run_at ?? row.run_at) : row.ord,",
      "ord: isNewInLine && (row.ord === null || (set.run_at ?? row.run_at) > step.now) ? orderFor(step, set.run_at ?? row.run_at) : row.ord,",
    ),
  ],
  "expired-job-handed-out": [
    sqlite(
      "claim.ts",
      "if (!isOverdue({ expires_at }, step.now)) return false;",
      "if (pk > 0 || !isOverdue({ expires_at }, step.now)) return false;",
    ),
  ],
  "duplicate-id-overwrites": [
    sqlite(
      "enqueue.ts",
      "if (namesake) return asNamesake(step, namesake, job);",
      `if (namesake && stateOf(step, namesake) !== "waiting") return asNamesake(step, namesake, job);\n  if (namesake) changeJob(step, namesake, "waiting", { kind: "edit", data: null, set: { payload: job.payload } });\n  if (namesake) return { outcome: "accepted", ref, state: "waiting", replaced: null };`,
    ),
  ],
  "requeue-from-anywhere": [CONTRACT_FAULTS["requeue-from-anywhere"]],
  "payload-rewritten": [
    sqlite("enqueue.ts", "payload: job.payload,", "payload: JSON.stringify(JSON.parse(job.payload)),"),
  ],
  "well-and-to-be-fixed": [CONTRACT_FAULTS["well-and-to-be-fixed"]],
  "audit-line-lost": [sqlite("operate.ts", "if (changed.length > 0) audit(", "if (changed.length > 1) audit(")],
};

/** The shortcuts that only this adapter takes. */
export const SQLITE_ONLY_FAULTS: Readonly<
  Record<string, { readonly promise: string; readonly patches: readonly Patch[] }>
> = {
  "plain-completion-unfenced": {
    promise: "a completion that is not looked at first is fenced all the same",
    patches: [
      sqlite(
        "sql/settle.sql.ts",
        "WHERE pk = @pk AND state = 'waiting' AND epoch = @epoch",
        "WHERE pk = @pk AND @epoch >= 0",
      ),
      sqlite(
        "sql/settle.sql.ts",
        "WHERE pk IN (SELECT value FROM json_each(@pks)) AND state = 'waiting' AND epoch = @epoch",
        "WHERE pk IN (SELECT value FROM json_each(@pks)) AND @epoch >= 0",
      ),
    ],
  },
  "broken-lease-taken-for-intact": {
    promise: "a job that left its lease is not completed under it",
    patches: [sqlite("plain-completions.ts", "return open?.isIntact === true ? open : null;", "return open;")],
  },
  "half-of-a-group-completed": {
    promise: "one refusal touches no other settlement",
    patches: [sqlite("plain-completions.ts", "...set }) === pks.length);", "...set }) > 0);")],
  },
  "run-not-in-line": {
    promise: "every accepted job waits in line",
    patches: [
      sqlite(
        "enqueue-runs.ts",
        "db.insert(readyRun, { first, lane, priority }, [], count);",
        "db.insert(readyRun, { first, lane, priority }, [], 1);",
      ),
    ],
  },
  "block-not-written": {
    promise: "where a job is, there is the block of its type",
    patches: [sqlite("enqueue-runs.ts", "step.blocks.cover(placing.lane, first, first + run.length - 1);", "")],
  },
};
