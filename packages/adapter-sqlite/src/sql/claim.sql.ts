/** What a claim reads and writes. Every statement walks an index from the place where it begins, and stops. */

import type { Instant, JsonText } from "@jobyard/core/adapter";
import { type Statement, sql } from "../statement.ts";

export interface LaneRow {
  readonly id: number;
  readonly name: string;
  readonly version: number;
}
export const lanesOf: Statement<{ readonly queue: string }, LaneRow> = sql`
  SELECT id, name, version FROM jobyard_lane WHERE queue = @queue
`;

/** What there is to look at besides the lines: mostly nothing, and then this is all that is asked. */
export const outlookOf: Statement<
  { readonly queue: string },
  { readonly paused: 0 | 1; readonly later: 0 | 1; readonly held: 0 | 1 }
> = sql`
  SELECT EXISTS (SELECT 1 FROM jobyard_queue WHERE name = @queue AND paused_at IS NOT NULL) AS paused,
         EXISTS (SELECT 1 FROM jobyard_later WHERE queue = @queue) AS later,
         EXISTS (SELECT 1 FROM jobyard_held WHERE queue = @queue) AS held
`;

/** The earliest first, then the earlier enqueued. */
export const dueLater: Statement<
  { readonly queue: string; readonly now: Instant; readonly limit: number },
  { readonly pk: number; readonly lane: number; readonly priority: number; readonly run_at: Instant }
> = sql`
  SELECT pk, lane, priority, run_at FROM jobyard_later
   WHERE queue = @queue AND run_at <= @now
   ORDER BY run_at, pk LIMIT @limit
`;

/** All up to the last that was found due. */
export const removeDue: Statement<{ readonly queue: string; readonly run_at: Instant; readonly pk: number }> = sql`
  DELETE FROM jobyard_later WHERE queue = @queue AND (run_at, pk) <= (@run_at, @pk)
`;

export const numberJob: Statement<{ readonly pk: number; readonly ord: number }> = sql`
  UPDATE jobyard_job SET ord = @ord WHERE pk = @pk
`;

export interface Head {
  readonly priority: number;
  readonly ord: number;
  readonly pk: number;
}
/** The next in line of one lane, behind a place in it. */
export const headsOf: Statement<
  { readonly lane: number; readonly priority: number; readonly ord: number; readonly limit: number },
  Head
> = sql`
  SELECT priority, ord, pk FROM jobyard_ready
   WHERE lane = @lane AND (priority, ord) > (@priority, @ord)
   ORDER BY priority, ord LIMIT @limit
`;

/** One range: everything of the lane up to the last that was taken. */
export const removeHeads: Statement<{ readonly lane: number; readonly priority: number; readonly ord: number }> = sql`
  DELETE FROM jobyard_ready WHERE lane = @lane AND (priority, ord) <= (@priority, @ord)
`;

/** Of a job to be claimed, what its worker needs. */
export interface ClaimRow {
  readonly pk: number;
  readonly queue: string;
  readonly id: string;
  readonly lane: number;
  readonly payload: JsonText;
  readonly progress: JsonText | null;
  readonly priority: number;
  readonly attempt: number;
  readonly epoch: number;
  readonly max_attempts: number;
  readonly backoff: string | null;
  readonly timeout_ms: number | null;
  readonly created_at: Instant;
  readonly expires_at: Instant | null;
  readonly tags: string | null;
  readonly grp: string | null;
  readonly parent: string | null;
  readonly held_limit: number | null;
  readonly dedupe_key: string | null;
  readonly dedupe_while: "waiting" | "open" | "for" | null;
  readonly dedupe_for_ms: number | null;
  /** Of payload and errors. */
  readonly bytes: number;
}
/** In the order of `pks`, a JSON array: a cross join is run as it is written. */
export const claimable: Statement<{ readonly pks: string }, ClaimRow> = sql`
  SELECT job.pk, job.queue, job.id, job.lane, job.payload, job.progress, job.priority, job.attempt, job.epoch,
         job.max_attempts, job.backoff, job.timeout_ms, job.created_at, job.expires_at, job.tags, job.grp, job.parent,
         job.held_limit, job.dedupe_key, job.dedupe_while, job.dedupe_for_ms,
         octet_length(job.payload) + coalesce(octet_length(job.errors), 0) AS bytes
    FROM json_each(@pks) AS wanted CROSS JOIN jobyard_job AS job ON job.pk = wanted.value
`;

/** Longest waiting first. `lanes`: JSON array of those that the claimer knows. */
export const dueHeld: Statement<
  { readonly queue: string; readonly now: Instant; readonly lanes: string; readonly limit: number },
  { readonly pk: number; readonly run_at: Instant }
> = sql`
  SELECT pk, run_at FROM jobyard_held
   WHERE queue = @queue AND run_at <= @now AND lane IN (SELECT value FROM json_each(@lanes))
   ORDER BY run_at, pk LIMIT @limit
`;

/** Since when the longest waiting of the held jobs is due; an overdue one does not count. */
export const heldSince: Statement<
  { readonly queue: string; readonly now: Instant; readonly lanes: string },
  { readonly since: Instant }
> = sql`
  SELECT held.run_at AS since
    FROM jobyard_held AS held CROSS JOIN jobyard_job AS job ON job.pk = held.pk
   WHERE held.queue = @queue AND held.run_at <= @now AND held.lane IN (SELECT value FROM json_each(@lanes))
     AND (job.expires_at IS NULL OR job.expires_at > @now)
   ORDER BY held.run_at LIMIT 1
`;

/** When the next of the held jobs becomes due. */
export const nextHeld: Statement<
  { readonly queue: string; readonly now: Instant; readonly lanes: string },
  { readonly at: Instant }
> = sql`
  SELECT run_at AS at FROM jobyard_held
   WHERE queue = @queue AND run_at > @now AND lane IN (SELECT value FROM json_each(@lanes))
   ORDER BY run_at LIMIT 1
`;

/** When the next job of a lane becomes due. */
export const nextLater: Statement<{ readonly lane: number }, { readonly at: Instant }> = sql`
  SELECT run_at AS at FROM jobyard_later WHERE lane = @lane ORDER BY run_at LIMIT 1
`;

/** A job of the lane that a claim could have now; behind a thousand overdue ones nobody looks. */
export const nextFree: Statement<{ readonly lane: number; readonly now: Instant }, { readonly pk: number }> = sql`
  SELECT front.pk
    FROM (SELECT pk FROM jobyard_ready WHERE lane = @lane ORDER BY priority, ord LIMIT 1000) AS front
   CROSS JOIN jobyard_job AS job ON job.pk = front.pk
   WHERE (job.expires_at IS NULL OR job.expires_at > @now)
   LIMIT 1
`;
