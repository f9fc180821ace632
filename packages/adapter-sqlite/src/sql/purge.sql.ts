/** What retention looks at, and what it removes: see purge.ts. */

import type { Instant } from "@jobyard/core/adapter";
import { type Statement, sql } from "../statement.ts";

export interface FinalRow {
  readonly pk: number;
  readonly queue: string;
  readonly id: string;
  readonly finished_at: Instant;
  readonly dedupe_key: string | null;
  readonly dedupe_while: "waiting" | "open" | "for" | null;
  readonly dedupe_for_ms: number | null;
  /** As retention counts: the length of a text is known without reading it. */
  readonly bytes: number;
}

/** Dead or cancelled jobs, the oldest first. */
export const oldestFinals: Statement<
  { readonly queue: string; readonly state: "dead" | "cancelled"; readonly limit: number },
  FinalRow
> = sql`
  SELECT job.pk, job.queue, job.id, job.finished_at, job.dedupe_key, job.dedupe_while, job.dedupe_for_ms,
         octet_length(job.payload) + coalesce(octet_length(job.result), 0) + coalesce(octet_length(job.errors), 0)
           AS bytes
    FROM (SELECT pk FROM jobyard_attention
           WHERE queue = @queue AND state = @state AND finished_at IS NOT NULL
           ORDER BY finished_at, pk LIMIT @limit) AS oldest
   CROSS JOIN jobyard_job AS job ON job.pk = oldest.pk
`;

/** Of these jobs those that are there, and completed. `pks`: JSON array. */
export const completedOf: Statement<{ readonly pks: string }, FinalRow> = sql`
  SELECT job.pk, job.queue, job.id, job.finished_at, job.dedupe_key, job.dedupe_while, job.dedupe_for_ms,
         octet_length(job.payload) + coalesce(octet_length(job.result), 0) + coalesce(octet_length(job.errors), 0)
           AS bytes
    FROM json_each(@pks) AS wanted CROSS JOIN jobyard_job AS job ON job.pk = wanted.value
   WHERE job.state = 'completed'
`;

/** `pks`: JSON array. */
export const removeJobs: Statement<{ readonly pks: string }> = sql`
  DELETE FROM jobyard_job WHERE pk IN (SELECT value FROM json_each(@pks))
`;
export const removeEventsOf: Statement<{ readonly pks: string }> = sql`
  DELETE FROM jobyard_event WHERE pk IN (SELECT value FROM json_each(@pks))
`;
export const removeAttentionTo: Statement<{ readonly pks: string }> = sql`
  DELETE FROM jobyard_attention WHERE pk IN (SELECT value FROM json_each(@pks))
`;
