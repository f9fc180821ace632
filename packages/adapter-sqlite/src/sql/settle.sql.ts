/** The hot end of a job: see settle.ts. All other ends go through `updateJob`. */

import type { Instant, JsonText } from "@jobyard/core/adapter";
import { type Statement, sql } from "../statement.ts";

export interface SettleRow {
  readonly pk: number;
  readonly queue: string;
  readonly id: string;
  readonly epoch: number;
  readonly claim_written: 0 | 1;
  readonly dedupe_key: string | null;
  readonly dedupe_while: "waiting" | "open" | "for" | null;
  readonly dedupe_for_ms: number | null;
}
export const settleable: Statement<{ readonly queue: string; readonly id: string }, SettleRow> = sql`
  SELECT pk, queue, id, epoch, claim_written, dedupe_key, dedupe_while, dedupe_for_ms
    FROM jobyard_job WHERE id = @id AND queue = @queue
`;

/** `events`: the claim and the completion, or the completion only if the claim is written already. */
export const completeJob: Statement<{
  readonly pk: number;
  readonly events: number;
  readonly result: JsonText | null;
  readonly started_at: Instant;
  readonly finished_at: Instant;
  readonly worker: string;
}> = sql`
  UPDATE jobyard_job
     SET state = 'completed', attempt = attempt + 1, seq = seq + @events, result = @result, started_at = @started_at,
         finished_at = @finished_at, worker = @worker, held_limit = NULL, cancel_requested = 0, undo = NULL
   WHERE pk = @pk
`;
