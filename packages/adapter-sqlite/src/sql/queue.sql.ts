/** What is set for a queue as a whole. */

import type { Instant, StoredPause, StoredSettings } from "@jobyard/core/adapter";
import { type None, type Statement, sql } from "../statement.ts";

export interface QueueRow extends StoredPause, StoredSettings {
  readonly name: string;
  /** 1: somebody configured it; else the defaults hold. */
  readonly configured: 0 | 1;
}
export const findQueue: Statement<{ readonly queue: string }, QueueRow> = sql`
  SELECT name, paused_at, paused_by, paused_reason, configured, max_size, retention
    FROM jobyard_queue WHERE name = @queue
`;

export const isPaused: Statement<{ readonly queue: string }, { readonly paused_at: Instant }> = sql`
  SELECT paused_at FROM jobyard_queue WHERE name = @queue AND paused_at IS NOT NULL
`;

/** Every queue that has jobs or settings. */
export const queueNames: Statement<None, { readonly name: string }> = sql`
  SELECT name FROM jobyard_queue WHERE paused_at IS NOT NULL OR configured = 1
   UNION
  SELECT queue FROM jobyard_tally WHERE queue <> '' AND value > 0
   UNION
  SELECT queue FROM (SELECT DISTINCT queue FROM jobyard_lane) AS known
   WHERE EXISTS (SELECT 1 FROM jobyard_attention AS attention WHERE attention.queue = known.queue)
   ORDER BY 1
`;

interface Pause {
  readonly queue: string;
  readonly at: Instant;
  readonly by: string;
  readonly reason: string | null;
}
/** No change, if it is paused. */
export const pauseQueue: Statement<Pause> = sql`
  INSERT INTO jobyard_queue (name, paused_at, paused_by, paused_reason) VALUES (@queue, @at, @by, @reason)
  ON CONFLICT (name) DO UPDATE
     SET paused_at = excluded.paused_at, paused_by = excluded.paused_by, paused_reason = excluded.paused_reason
   WHERE paused_at IS NULL
`;
/** No change, if it is not paused. */
export const resumeQueue: Statement<{ readonly queue: string }> = sql`
  UPDATE jobyard_queue SET paused_at = NULL, paused_by = NULL, paused_reason = NULL
   WHERE name = @queue AND paused_at IS NOT NULL
`;

export const configureQueue: Statement<{
  readonly queue: string;
  readonly max_size: number | null;
  readonly retention: string;
}> = sql`
  INSERT INTO jobyard_queue (name, configured, max_size, retention) VALUES (@queue, 1, @max_size, @retention)
  ON CONFLICT (name) DO UPDATE SET configured = 1, max_size = excluded.max_size, retention = excluded.retention
`;
