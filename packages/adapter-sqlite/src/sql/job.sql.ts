/** Reading and rewriting one job. */

import type { JobRow, Mutable } from "../rows.ts";
import { type Statement, sql } from "../statement.ts";

export const jobByRef: Statement<{ readonly queue: string; readonly id: string }, JobRow> = sql`
  SELECT job.*, lane.name, lane.version
    FROM jobyard_job AS job JOIN jobyard_lane AS lane ON lane.id = job.lane
   WHERE job.id = @id AND job.queue = @queue
`;

export const jobByPk: Statement<{ readonly pk: number }, JobRow> = sql`
  SELECT job.*, lane.name, lane.version
    FROM jobyard_job AS job JOIN jobyard_lane AS lane ON lane.id = job.lane
   WHERE job.pk = @pk
`;

/** In the order of `pks`, a JSON array: a cross join is run as it is written. */
export const jobsByPk: Statement<{ readonly pks: string }, JobRow> = sql`
  SELECT job.*, lane.name, lane.version
    FROM json_each(@pks) AS wanted
   CROSS JOIN jobyard_job AS job ON job.pk = wanted.value
   CROSS JOIN jobyard_lane AS lane ON lane.id = job.lane
`;

export const updateJob: Statement<Mutable & { readonly pk: number }> = sql`
  UPDATE jobyard_job
     SET state = @state, reason = @reason, priority = @priority, ord = @ord, run_at = @run_at,
         started_at = @started_at, finished_at = @finished_at, expires_at = @expires_at,
         attempt = @attempt, rescues = @rescues, epoch = @epoch, seq = @seq, claim_written = @claim_written,
         cancel_requested = @cancel_requested, held_limit = @held_limit, worker = @worker, last_op = @last_op,
         undo = @undo, progress = @progress, errors = @errors, payload = @payload, result = @result
   WHERE pk = @pk
`;
