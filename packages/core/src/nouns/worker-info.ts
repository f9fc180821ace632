/** What a worker says of itself to everyone who asks. */

import type { Instant } from "./job.ts";

/** Kind of the records in which workers register; the id is the session, the document a {@link WorkerInfo}. */
export const WORKER_KIND = "worker";

/** A worker as it registered itself, at its last heartbeat. */
export interface WorkerInfo {
  readonly session: string;
  readonly name: string;
  readonly host: string;
  readonly pid: number;
  readonly startedAt: Instant;
  readonly seenAt: Instant;
  /** Heartbeats come every third of it, and without one the record is gone when it is over. */
  readonly leaseMs: number;
  readonly queues: readonly {
    readonly queue: string;
    readonly concurrency: number;
    readonly running: number;
    readonly types: readonly { readonly name: string; readonly maxVersion: number }[];
  }[];
}
