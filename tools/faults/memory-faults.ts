/** Where each fault is seeded in the memory adapter. */

import { CONTRACT_FAULTS } from "./contract-faults.ts";
import type { Patch } from "./fault.ts";

const memory = (file: string, find: string, replace: string): Patch => ({
  file: `packages/core/src/testing/memory/${file}`,
  find,
  replace,
});

export const MEMORY_FAULTS: Readonly<Record<string, readonly Patch[]>> = {
  "well-and-to-be-fixed": [memory("memory-adapter.ts", 'level: "advice",', 'level: "ok",')],
  "fence-removed": [memory("lease.ts", "own.epoch === lease.epoch && own.token === lease.token", "own.token !== null")],
  "fence-by-attempt": [
    memory("lease.ts", "own.epoch === lease.epoch && own.token === lease.token", "own.epoch === lease.epoch"),
    CONTRACT_FAULTS["fence-by-attempt"],
  ],
  "fence-removed-for-entries": [
    memory("lease.ts", "return row && isOwnLease(store, row, lease) ? row : null;", "return row ?? null;"),
  ],
  "due-check-removed": [
    memory(
      "claim.ts",
      "for (const { queue } of asked) callUp(store, queue, now);",
      "for (const { queue } of asked) callUp(store, queue, Number.MAX_SAFE_INTEGER);",
    ),
    memory("claim.ts", "if (!isDue(row, now) || !knows(row)) continue;", "if (!knows(row)) continue;"),
  ],
  "pause-check-removed": [
    memory(
      "claim.ts",
      "if (queue === undefined || queue.paused !== null) return [];",
      "if (queue === undefined) return [];",
    ),
  ],
  "type-check-removed": [
    memory("claim.ts", "job.version <= (versions.get(job.name) ?? 0)", "versions.size > 0 || job.version > 0"),
  ],
  "dedupe-in-bulk": [
    memory(
      "enqueue.ts",
      `return jobs.map((job) => enqueueOne(store, job, now, "bounded"));`,
      `return jobs.map((job, index) => enqueueOne(store, index > 0 ? { ...job, dedupe: null } : job, now, "bounded"));`,
    ),
  ],
  "dedupe-on-rescue": [CONTRACT_FAULTS["dedupe-on-rescue"]],
  "dedupe-on-requeue": [
    memory("operate.ts", `if (otherHolder(queueOf(store, row.job.queue), row, now)) return untouched("held");`, ""),
  ],
  "attempt-not-counted": [
    memory("claim.ts", "const attempt = row.job.attempt + 1;", "const attempt = Math.max(1, row.job.attempt);"),
  ],
  "attempt-not-given-back": [CONTRACT_FAULTS["attempt-not-given-back"]],
  "rescue-charges-all": [CONTRACT_FAULTS["rescue-charges-all"]],
  "event-lost": [
    memory(
      "change.ts",
      "row.events.push({ seq: row.job.seq, at: now, kind, data });",
      `if (kind !== "release") row.events.push({ seq: row.job.seq, at: now, kind, data });`,
    ),
  ],
  "seq-reused": [memory("change.ts", "seq: before.seq + 1 };", `seq: kind === "log" ? before.seq : before.seq + 1 };`)],
  "expired-without-guard": [
    memory(
      "settle.ts",
      `if (guard === "expired" && !hasRunOut(store, row, now)) return { ok: false, now: "live" };`,
      "",
    ),
  ],
  "rescue-of-a-live-session": [
    memory("lease.ts", "session.deadline <= now;", "session.deadline <= now + 1_000_000_000;"),
  ],
  "extend-forgets-the-deadline": [
    memory(
      "lease.ts",
      "if (session) session.deadline = now + leaseMs;",
      "if (session && leases.length > 1_000) session.deadline = now + leaseMs;",
    ),
  ],
  "held-limit-ignored": [memory("line.ts", "if (row.job.heldLimit !== null) return queue.held;", "")],
  "exclusive-batch-too-large": [
    memory("claim.ts", "if (held.length > 0) return withinLimits(held);", "if (held.length > 0) return held;"),
  ],
  "exclusive-batch-shared": [memory("claim.ts", "if (session && holdsHeld(session)) return [];", "")],
  "alone-not-cleared": [
    memory(
      "claim.ts",
      "session.alone = known === undefined && batch.length === 1;",
      "session.alone = session.alone || batch.length === 1;",
    ),
  ],
  "cancel-lost-in-the-race": [CONTRACT_FAULTS["cancel-lost-in-the-race"]],
  "cancel-not-told": [memory("lease.ts", `return row.job.cancelRequested ? "cancel" : "held";`, `return "held";`)],
  "follow-up-lost": [memory("settle.ts", `decision.move === "complete" ? followUps : [];`, "[];")],
  "follow-up-fails-the-completion": [
    memory(
      "settle.ts",
      `const row = findRow(store, lease.ref);`,
      `const row = findRow(store, lease.ref);\n  if (followUps.some((job) => findRow(store, job) !== undefined)) return { ok: false, now: "lost" };`,
    ),
  ],
  "follow-up-bounded": [
    memory("settle.ts", `enqueueOne(store, job, now, "unbounded")`, `enqueueOne(store, job, now, "bounded")`),
  ],
  "depth-wrong": [
    memory(
      "change.ts",
      "queue.depth += depthOf(row.job.state) - depthOf(from);",
      `queue.depth += depthOf(row.job.state) - (from === "stale" ? 1 : depthOf(from));`,
    ),
  ],
  "bound-off-by-one": [
    memory("enqueue.ts", "maxSize !== null && depth >= maxSize", "maxSize !== null && depth > maxSize"),
  ],
  "order-broken": [
    memory("store.ts", "a.job.priority - b.job.priority || (a.order", "b.job.priority - a.job.priority || (a.order"),
  ],
  "retry-keeps-its-place": [
    memory(
      "change.ts",
      `if (before.state !== "waiting" || set.runAt !== undefined) giveNumber(store, row, now);`,
      `if (before.state !== "waiting" || set.runAt !== undefined) if (row.order === null || row.job.runAt > now) giveNumber(store, row, now);`,
    ),
  ],
  "expired-job-handed-out": [
    memory("claim.ts", "if (isOverdue(row, now)) overdue.push(row);\n    else found.push(row);", "found.push(row);"),
  ],
  "duplicate-id-overwrites": [
    memory(
      "enqueue.ts",
      "if (namesake) return asNamesake(namesake, job);",
      `if (namesake && namesake.job.state !== "waiting") return asNamesake(namesake, job);`,
    ),
  ],
  "requeue-from-anywhere": [CONTRACT_FAULTS["requeue-from-anywhere"]],
  "payload-rewritten": [
    memory("enqueue.ts", "payload: asked.payload,", "payload: JSON.stringify(JSON.parse(asked.payload)),"),
  ],
  "audit-line-lost": [memory("operate.ts", "if (changed.length > 0) audit(", "if (changed.length > 1) audit(")],
};
