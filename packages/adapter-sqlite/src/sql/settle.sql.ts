/** The hot end of a job: see plain-completions.ts and settle.ts. All other ends go through `updateJob`. */

import type { Instant, JsonText } from "@jobyard/core/adapter";
import type { JobRow } from "../rows.ts";
import { type Statement, sql } from "../statement.ts";

export interface SettleRow {
  readonly pk: number;
  readonly queue: string;
  readonly id: string;
  readonly state: JobRow["state"];
  readonly epoch: number;
  readonly claim_written: 0 | 1;
  readonly dedupe_key: string | null;
  readonly dedupe_while: "waiting" | "open" | "for" | null;
  readonly dedupe_for_ms: number | null;
  /** Of payload and errors. */
  readonly bytes: number;
}
export const settleable: Statement<{ readonly queue: string; readonly id: string }, SettleRow> = sql`
  SELECT pk, queue, id, state, epoch, claim_written, dedupe_key, dedupe_while, dedupe_for_ms,
         octet_length(payload) + coalesce(octet_length(errors), 0) AS bytes
    FROM jobyard_job WHERE id = @id AND queue = @queue
`;

interface Completion {
  readonly result: JsonText | null;
  readonly started_at: Instant;
  readonly finished_at: Instant;
  readonly worker: string;
}

/** Two events are made when read, the claim and the completion; or one, if the claim is written already. */
export const completeJob: Statement<Completion & { readonly pk: number; readonly epoch: number }> = sql`
  UPDATE jobyard_job
     SET state = 'completed', attempt = attempt + 1, seq = seq + 2 - claim_written, result = @result,
         started_at = @started_at, finished_at = @finished_at, worker = @worker, held_limit = NULL,
         cancel_requested = 0, undo = NULL
   WHERE pk = @pk AND state = 'waiting' AND epoch = @epoch
`;

/** The same for many. `pks`: JSON array. */
export const completeJobs: Statement<Completion & { readonly pks: string; readonly epoch: number }> = sql`
  UPDATE jobyard_job
     SET state = 'completed', attempt = attempt + 1, seq = seq + 2 - claim_written, result = @result,
         started_at = @started_at, finished_at = @finished_at, worker = @worker, held_limit = NULL,
         cancel_requested = 0, undo = NULL
   WHERE pk IN (SELECT value FROM json_each(@pks)) AND state = 'waiting' AND epoch = @epoch
`;
