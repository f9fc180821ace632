/** What is set for a queue as a whole. */

import type { Instant, StoredPause, StoredSettings } from "@jobyard/core/adapter";
import { type Statement, sql } from "../statement.ts";

interface Key {
  readonly queue: string;
}

export interface QueueRow extends StoredPause, StoredSettings {
  readonly name: string;
  /** True: somebody configured it; else the defaults hold. */
  readonly configured: boolean;
}
export const findQueue: Statement<Key, QueueRow> = sql`
  SELECT name, paused_at, paused_by, paused_reason, configured, max_size, retention
    FROM jobyard.queue WHERE name = @queue
`;

interface Locked {
  readonly locked: string;
}
/** Waits for the claims of this queue that are under way, and lets none begin until the step is over. */
export const lockClaims: Statement<Key, Locked> = sql`
  SELECT pg_advisory_xact_lock(jobyard.queue_lock(@queue))::text AS locked
`;
/** The same for enqueues into a queue that has a bound, and for others who set it. */
export const lockSize: Statement<Key, Locked> = sql`
  SELECT pg_advisory_xact_lock(jobyard.size_lock(@queue))::text AS locked
`;

interface Pause extends Key {
  readonly by: string;
  readonly reason: string | null;
}
/** No row, and no change, if it is paused. */
export const pauseQueue: Statement<Pause, { readonly paused_at: Instant }> = sql`
  INSERT INTO jobyard.queue AS known (name, paused_at, paused_by, paused_reason)
  VALUES (@queue, jobyard.now_ms(), @by, @reason)
  ON CONFLICT (name) DO UPDATE
     SET paused_at = excluded.paused_at, paused_by = excluded.paused_by, paused_reason = excluded.paused_reason
   WHERE known.paused_at IS NULL
  RETURNING paused_at
`;
/** No change, if it is not paused. */
export const resumeQueue: Statement<Key> = sql`
  UPDATE jobyard.queue SET paused_at = NULL, paused_by = NULL, paused_reason = NULL
   WHERE name = @queue AND paused_at IS NOT NULL
`;

export const configureQueue: Statement<Key & { readonly max_size: number | null; readonly retention: string }> = sql`
  INSERT INTO jobyard.queue (name, configured, max_size, retention)
  VALUES (@queue, true, @max_size::bigint, @retention)
  ON CONFLICT (name) DO UPDATE SET configured = true, max_size = excluded.max_size, retention = excluded.retention
`;
