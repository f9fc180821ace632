/**
 * Faults that only Postgres can have: locks, in functions that many run at once.
 *
 * Not among them is what only saves time: the second look of `lock_places`, and the orders of names in which locks of
 * one kind are taken. Without these a step meets another one, and is begun anew.
 */

import type { OwnFaults } from "./adapter-patch.ts";
import type { Guard } from "./fault.ts";
import { inSql, ownTests, postgres } from "./postgres-patch.ts";

const locks = (title: string): Guard => ownTests("locks", title);

export const POSTGRES_LOCK_FAULTS: OwnFaults = {
  "claims-wait-for-ready": {
    promise: "a claim passes by what somebody has in hand",
    patches: [
      inSql("line", "LIMIT asked.share FOR UPDATE SKIP LOCKED)", "LIMIT asked.share FOR UPDATE)"),
      inSql("line", "LIMIT room FOR UPDATE SKIP LOCKED)", "LIMIT room FOR UPDATE)"),
    ],
    guard: locks("passes by"),
  },
  "claims-wait-for-later": {
    promise: "a claim passes by what somebody has in hand",
    patches: [inSql("line", "LIMIT portion FOR UPDATE SKIP LOCKED))", "LIMIT portion FOR UPDATE))")],
    guard: locks("passes by"),
  },
  "claims-wait-for-held": {
    promise: "a claim passes by what somebody has in hand",
    patches: [
      inSql("line", "ORDER BY run_at, pk FOR UPDATE SKIP LOCKED\n    LOOP", "ORDER BY run_at, pk FOR UPDATE\n    LOOP"),
    ],
    guard: locks("passes by"),
  },
  "heads-not-locked": {
    promise: "a job is claimed once",
    patches: [
      inSql("line", "LIMIT asked.share FOR UPDATE SKIP LOCKED)", "LIMIT asked.share)"),
      inSql("line", "LIMIT room FOR UPDATE SKIP LOCKED)", "LIMIT room)"),
    ],
    guard: locks("a claim "),
  },
  "held-not-locked": {
    promise: "a held job is claimed once",
    patches: [inSql("line", "ORDER BY run_at, pk FOR UPDATE SKIP LOCKED\n    LOOP", "ORDER BY run_at, pk\n    LOOP")],
    guard: locks("a claim "),
  },
  "session-not-locked": {
    promise: "claims of one session are judged one after the other",
    patches: [
      inSql(
        "claim",
        "PERFORM FROM session WHERE id = by_session FOR UPDATE;",
        "PERFORM FROM session WHERE id = by_session;",
      ),
    ],
    guard: locks("is judged after another"),
  },
  "claim-without-queue-lock": {
    promise: "after the answer of a pause no claim commits",
    patches: [inSql("claim", "CONTINUE WHEN pg_try_advisory_xact_lock_shared(queue_lock(names[place]));", "CONTINUE;")],
    guard: locks("a pause"),
  },
  "pause-without-queue-lock": {
    promise: "after the answer of a pause no claim commits",
    patches: [postgres("queues.ts", "await db.get(lockClaims, { queue });", "")],
    guard: locks("a pause"),
  },
  "bound-without-its-lock": {
    promise: "maxSize holds, however many enqueue at once",
    patches: [inSql("enqueue", "PERFORM pg_advisory_xact_lock(size_lock(names[place]));", "")],
    guard: ownTests("jobs-in-transactions", "a bounded queue is exact"),
  },
  "settings-without-their-lock": {
    promise: "of two who configure a queue neither undoes the other",
    patches: [postgres("queues.ts", "await db.get(lockSize, { queue });", "")],
    guard: locks("the settings of a queue"),
  },
  "lease-not-locked-to-complete": {
    promise: "completions of one lease side by side all count",
    patches: [inSql("complete", "AND queue = of_lease.queue FOR UPDATE;", "AND queue = of_lease.queue;")],
    guard: locks("settlements of one lease"),
  },
  "lease-not-locked-to-settle": {
    promise: "settlements of one lease side by side all count",
    patches: [
      inSql("locks", `token COLLATE "C", queue COLLATE "C" FOR UPDATE;`, `token COLLATE "C", queue COLLATE "C";`),
    ],
    guard: locks("settlements of one lease"),
  },
  "session-not-locked-by-rescue": {
    promise: "a session is rescued or comes back, not both",
    patches: [inSql("locks", `ORDER BY id COLLATE "C" FOR SHARE;`, `ORDER BY id COLLATE "C";`)],
    guard: locks("a rescue"),
  },
  "job-not-locked-by-operators": {
    promise: "a move sees what the end beside it wrote",
    patches: [inSql("locks", "PERFORM FROM job WHERE pk = ANY (pks) ORDER BY pk FOR UPDATE;", "")],
    guard: ownTests("races", "(cancel|remove) beside"),
  },
  "job-not-locked-by-holders": {
    promise: "an entry sees what the end beside it wrote",
    patches: [inSql("locks", "PERFORM FROM job WHERE pk = ANY (locked) ORDER BY pk FOR UPDATE;", "")],
    guard: ownTests("races", "append beside"),
  },
  ...Object.fromEntries(
    ["ready", "later", "held"].map((line) => [
      `place-not-locked-${line}`,
      {
        promise: "who moves a waiting job has its place first",
        patches: [inSql("locks", ` FOR UPDATE OF ${line});`, ");")],
        guard: locks("an operator is about to"),
      },
    ]),
  ),
  "replaced-not-locked-ready": {
    promise: "who replaces a waiting job has its place first",
    patches: [inSql("enqueue", "AND ord = seen.ord FOR UPDATE;", "AND ord = seen.ord;")],
    guard: locks("about to replace"),
  },
  "trash-not-locked": {
    promise: "who restores a job has it in hand",
    patches: [inSql("locks", "ORDER BY trash.pk FOR UPDATE OF trash);", "ORDER BY trash.pk);")],
    guard: locks("a restore"),
  },
  "job-locked-before-its-place": {
    promise: "all take locks in one order: line, job",
    patches: [
      inSql(
        "locks",
        "in_line := lock_places(pks);",
        "PERFORM FROM job WHERE pk = ANY (pks) FOR UPDATE;\n    in_line := lock_places(pks);",
      ),
    ],
    guard: locks("the order of locks"),
  },
  "job-locked-before-its-lease": {
    promise: "all take locks in one order: lease, job",
    patches: [
      inSql(
        "locks",
        "IF with_leases THEN\n",
        `PERFORM FROM job WHERE (queue, id) IN
      (SELECT queue, id FROM json_to_recordset(asked) AS one(queue text, id text)) FOR UPDATE;
    IF with_leases THEN\n`,
      ),
    ],
    guard: locks("the order of locks"),
  },
  "purge-does-not-look-again": {
    promise: "retention removes what is final still",
    patches: [inSql("purge", "AND state = of_state AND finished_at <= until\n", "\n")],
    guard: locks("a purge"),
  },
  "sweep-waits": {
    promise: "a sweep waits for nobody",
    patches: [inSql("sweep", "FOR UPDATE OF ready SKIP LOCKED", "FOR UPDATE OF ready")],
    guard: ownTests("sweep", "that somebody has locked"),
  },
};
