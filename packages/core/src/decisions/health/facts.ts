/** What a health check is told, whatever the backend. */

import type { Count, QueueInfo } from "../../contract/adapter.ts";
import type { Instant } from "../../nouns/job.ts";
import type { WorkerInfo } from "../../nouns/worker-info.ts";

/** A type of jobs that wait and are due. */
export interface DueType {
  readonly name: string;
  /** Some of them have a version above every one that a live worker of their queue knows. */
  readonly newer: boolean;
}

export interface HealthFacts {
  /** The store's clock. */
  readonly now: Instant;
  /** The clock of this process at the same moment. */
  readonly here: Instant;
  readonly queues: readonly QueueInfo[];
  readonly workers: readonly WorkerInfo[];
  /** By queue; the most frequent ones. */
  readonly dueTypes: ReadonlyMap<string, readonly DueType[]>;
  /**
   * Of the held leases the one whose deadline has been over for longest; `null` if none is over; why it cannot be known
   * if the store refuses to tell: asking for them may tidy up, which not every user may.
   */
  readonly overdue: { readonly until: Instant; readonly jobs: number } | { readonly refused: string } | null;
  /** Jobs that died within {@link RECENT_MS}. */
  readonly recentlyDead: Count;
}

/** What `recentlyDead` counts. */
export const RECENT_MS = 3_600_000;
