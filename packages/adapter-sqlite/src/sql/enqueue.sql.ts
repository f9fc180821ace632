/** What an enqueue reads and writes. */

import type { Instant, LeaseLossPolicy, StoredFixed } from "@jobyard/core/adapter";
import type { Mutable } from "../rows.ts";
import { type ListStatement, type Statement, sql, sqlList } from "../statement.ts";

interface LaneKey {
  readonly queue: string;
  readonly name: string;
  readonly version: number;
}

export const findLane: Statement<LaneKey, { readonly id: number }> = sql`
  SELECT id FROM jobyard_lane WHERE queue = @queue AND name = @name AND version = @version
`;
export const addLane: Statement<LaneKey, { readonly id: number }> = sql`
  INSERT INTO jobyard_lane (queue, name, version) VALUES (@queue, @name, @version) RETURNING id
`;

export const findBound: Statement<{ readonly queue: string }, { readonly max_size: number | null }> = sql`
  SELECT max_size FROM jobyard_queue WHERE name = @queue
`;

export interface InsertJob
  extends StoredFixed,
    Pick<Mutable, "priority" | "ord" | "run_at" | "expires_at" | "payload"> {}

/** Its first event, `enqueue`, is made from `created_at` when read. */
export const insertJob: Statement<InsertJob> = sql`
  INSERT INTO jobyard_job
    (pk, queue, id, lane, state, priority, ord, run_at, created_at, expires_at, max_attempts, timeout_ms,
     on_lease_lost, dedupe_key, dedupe_while, dedupe_for_ms, grp, tags, backoff, parent, payload)
  VALUES
    (@pk, @queue, @id, @lane, 'waiting', @priority, @ord, @run_at, @created_at, @expires_at, @max_attempts, @timeout_ms,
     @on_lease_lost, @dedupe_key, @dedupe_while, @dedupe_for_ms, @grp, @tags, @backoff, @parent, @payload)
`;

interface JobRun {
  /** Of the first; the others follow it. */
  readonly first: number;
  readonly queue: string;
  readonly lane: number;
  readonly priority: number;
  /** 1: they take their places in line now. */
  readonly is_due: 0 | 1;
  readonly run_at: Instant;
  readonly now: Instant;
  readonly expires_at: Instant | null;
  readonly max_attempts: number;
  readonly timeout_ms: number | null;
  readonly on_lease_lost: LeaseLossPolicy;
  readonly grp: string | null;
  readonly tags: string | null;
  readonly backoff: string | null;
  readonly parent: string | null;
}

/** Jobs that differ in id and payload only: the pairs of the list. */
export const insertJobs: ListStatement<JobRun> = sqlList`
  INSERT INTO jobyard_job
    (pk, queue, id, lane, state, priority, ord, run_at, created_at, expires_at, max_attempts, timeout_ms,
     on_lease_lost, grp, tags, backoff, parent, payload)
  SELECT
     @first + column1, @queue, column2, @lane, 'waiting', @priority, iif(@is_due, @first + column1, NULL), @run_at,
     @now, @expires_at, @max_attempts, @timeout_ms, @on_lease_lost, @grp, @tags, @backoff, @parent, column3
    FROM (VALUES ${2})
`;
