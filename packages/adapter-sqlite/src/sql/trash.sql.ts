/** Taking jobs out, keeping them for a day, and putting them back. */

import type { Instant } from "@jobyard/core/adapter";
import type { JobRow } from "../rows.ts";
import { type Statement, sql } from "../statement.ts";

export const removeJob: Statement<{ readonly pk: number }> = sql`
  DELETE FROM jobyard_job WHERE pk = @pk
`;

export const addToTrash: Statement<{
  readonly pk: number;
  readonly queue: string;
  readonly id: string;
  readonly removed_at: Instant;
  readonly entered_at: Instant | null;
  readonly job: string;
}> = sql`
  INSERT INTO jobyard_trash (pk, queue, id, removed_at, entered_at, job)
  VALUES (@pk, @queue, @id, @removed_at, @entered_at, @job)
`;

export const replacedTrash: Statement<{ readonly queue: string; readonly id: string }, { readonly pk: number }> = sql`
  SELECT pk FROM jobyard_trash WHERE queue = @queue AND id = @id
`;

export const findTrash: Statement<
  { readonly queue: string; readonly id: string; readonly since: Instant },
  { readonly job: string; readonly entered_at: Instant | null }
> = sql`
  SELECT job, entered_at FROM jobyard_trash WHERE queue = @queue AND id = @id AND removed_at >= @since
`;

export const removeFromTrash: Statement<{ readonly pk: number }> = sql`
  DELETE FROM jobyard_trash WHERE pk = @pk
`;

export const oldTrash: Statement<{ readonly before: Instant; readonly limit: number }, { readonly pk: number }> = sql`
  SELECT pk FROM jobyard_trash WHERE removed_at < @before ORDER BY removed_at LIMIT @limit
`;

export const restoreJob: Statement<JobRow> = sql`
  INSERT INTO jobyard_job
    (pk, queue, id, lane, state, reason, priority, ord, run_at, created_at, started_at, finished_at, expires_at, attempt,
     max_attempts, rescues, epoch, seq, claim_written, cancel_requested, held_limit, timeout_ms, on_lease_lost, dedupe_key,
     dedupe_while, dedupe_for_ms, worker, last_op, grp, tags, backoff, parent, undo, progress, errors, payload, result)
  VALUES
    (@pk, @queue, @id, @lane, @state, @reason, @priority, @ord, @run_at, @created_at, @started_at, @finished_at, @expires_at, @attempt,
     @max_attempts, @rescues, @epoch, @seq, @claim_written, @cancel_requested, @held_limit, @timeout_ms, @on_lease_lost, @dedupe_key,
     @dedupe_while, @dedupe_for_ms, @worker, @last_op, @grp, @tags, @backoff, @parent, @undo, @progress, @errors, @payload, @result)
`;
