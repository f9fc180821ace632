/** Faults that only Postgres can have: lines, leases, counters and lists, as its functions keep them. */

import type { OwnFaults, SeededFault } from "./adapter-patch.ts";
import { chapter, inSql, ownTests, postgres } from "./postgres-patch.ts";

/** Where the shortcuts of SQLite are taken too: its faults, seeded here. */
export const POSTGRES_SHORTCUT_FAULTS: Readonly<Record<string, SeededFault>> = {
  "plain-completion-unfenced": {
    patches: [
      inSql("complete", "AND job.epoch = given.epoch AND", "AND"),
      inSql("complete", "AND (open.intact OR job.pk = ANY (open.pks))", ""),
    ],
    guard: ownTests("locks", "a lease whose first job left"),
  },
  "broken-lease-taken-for-intact": {
    patches: [inSql("complete", "AND (open.intact OR job.pk = ANY (open.pks))", "")],
    guard: ownTests("locks", "a lease whose first job left"),
  },
  "half-of-a-group-completed": {
    patches: [inSql("complete", "IF cardinality(ended) < cardinality(wanted) THEN", "IF false THEN")],
    guard: ownTests("locks", "a lease whose first job left"),
  },
  "run-not-in-line": {
    patches: [inSql("enqueue", "FROM added_jobs WHERE is_due\n", "FROM added_jobs WHERE is_due LIMIT 1\n")],
    guard: chapter("claim"),
  },
  "block-not-written": {
    patches: [
      inSql("enqueue", "PERFORM cover_blocks(in_lane, low, high, now_at);", ""),
      inSql("enqueue", "PERFORM cover_blocks(in_lane, new_pk, new_pk, now_at);", ""),
    ],
    guard: chapter("(lists|search)"),
  },
};

export const POSTGRES_TABLE_FAULTS: OwnFaults = {
  "completed-twice": {
    promise: "a job completes once",
    patches: [inSql("complete", "AND job.state = 'waiting' AND job.dedupe_key", "AND job.dedupe_key")],
    guard: chapter("(fencing|settle)"),
  },
  "lease-not-deleted": {
    promise: "a session whose jobs have ended holds nothing",
    patches: [
      inSql(
        "complete",
        "DELETE FROM lease WHERE session = of_lease.session AND token = of_lease.token AND queue = of_lease.queue;",
        "NULL;",
      ),
    ],
    guard: chapter("(sessions and rescue|exclusive batches)"),
  },
  "lease-shortened-without-its-jobs": {
    promise: "a lease lists what it holds",
    patches: [inSql("changes", "WHERE pk <> ALL (one.lost) ORDER BY place)", "ORDER BY place)")],
    guard: chapter("(sessions and rescue|fencing)"),
  },
  "order-of-times-lost": {
    promise: "what came due together is taken by its time",
    patches: [
      inSql(
        "line",
        "FROM (SELECT * FROM due ORDER BY run_at, pk) AS sorted",
        "FROM (SELECT * FROM due ORDER BY run_at DESC) AS sorted",
      ),
    ],
    guard: chapter("order"),
  },
  "block-not-written-for-one": {
    promise: "where a job is, there is the block of its type",
    patches: [inSql("enqueue", "PERFORM cover_blocks(in_lane, new_pk, new_pk, now_at);", "")],
    guard: ownTests("races", "judged by itself"),
  },
  "block-forgotten-too-soon": {
    promise: "where a job is, there is the block of its type",
    patches: [inSql("sweep", "OR block < oldest)", "OR block <= oldest)")],
    guard: ownTests("sweep", "where the jobs of a type were"),
  },
  "done-row-missing": {
    promise: "retention finds every completion",
    patches: [
      inSql(
        "complete",
        "VALUES (of_lease.queue, now_at, ended[1], ended)",
        "SELECT of_lease.queue, now_at, ended[1], ended WHERE false",
      ),
    ],
    guard: chapter("retention"),
  },
  "fronts-forgotten": {
    promise: "under an old snapshot no claim walks from the front that need not",
    patches: [postgres("claim.ts", "fronts.known = answer.fronts;", "")],
    guard: ownTests("locks", "where walks begin"),
  },
  "done-row-lost-in-conflict": {
    promise: "jobs that come back together are found again",
    patches: [
      inSql(
        "changes",
        "SET pks = ARRAY(SELECT DISTINCT member FROM unnest(done.pks || excluded.pks) AS member ORDER BY member);",
        "SET pks = done.pks;",
      ),
    ],
    guard: chapter("retention"),
  },
  "tally-without-completions": {
    promise: "depth and finals are counted exactly",
    patches: [inSql("complete", "VALUES (of_lease.queue, -cardinality(ended),", "VALUES (of_lease.queue, 0,")],
    guard: chapter("bounded queues"),
  },
  "tally-without-expiry": {
    promise: "depth and finals are counted exactly",
    patches: [inSql("enqueue", "VALUES (gone.queue, -1, 1,", "VALUES (gone.queue, 0, 1,")],
    guard: chapter("(bounded queues|expiry)"),
  },
  "tally-without-purge": {
    promise: "depth and finals are counted exactly",
    patches: [inSql("purge", "SELECT of_queue, -n * is_completed,", "SELECT of_queue, 0 * is_completed,")],
    guard: chapter("retention"),
  },
  "tally-folded-away": {
    promise: "a sweep adds counters up and changes none",
    patches: [inSql("sweep", "SELECT queue, sum(depth), sum(completed),", "SELECT queue, sum(depth), max(completed),")],
    guard: ownTests("sweep", "what steps have counted"),
  },
  "session-swept-with-its-lease": {
    promise: "what a session holds is rescued, however long after",
    patches: [inSql("sweep", "AND NOT EXISTS (SELECT FROM lease WHERE lease.session = session.id)", "")],
    guard: ownTests("sweep", "a session goes an hour"),
  },
  "front-never-reset": {
    promise: "what comes before the place of the last claim is found soon",
    patches: [
      inSql("line", "(front ->> 3)::float8 * (front ->> 4)::float8, true);", "(front ->> 3)::float8 * 1e9, true);"),
    ],
    guard: ownTests("locks", "begins there again"),
  },
};
