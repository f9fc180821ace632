/** Every default there is, applied on entry and never again. Numbers without a source are choices. */

import type { Backoff } from "./job.ts";

export const DEFAULT_BACKOFF: Exclude<Backoff, readonly number[]> = {
  type: "exponential",
  delayMs: 1_000,
  maxDelayMs: 600_000,
  jitter: 0.2,
};

export const DEFAULTS = {
  queue: "default",
  priority: 0,
  maxPriority: 2_097_151,
  maxAttempts: 3,
  concurrency: 10,
  /** A session's lease; heartbeats come every third of it. */
  leaseMs: 30_000,
  /** With less, heartbeats would be a worker's main work. */
  shortestLeaseMs: 300,
  sweepMs: 5_000,
  /** How long a claim waits for work before it asks again, if no hint comes. */
  pollMs: 1_000,
  graceMs: 30_000,
  /** Work claimed ahead of the slots, by the measured rate of the handlers. */
  prefetchMs: 50,
  maxPayloadBytes: 1_048_576,
  maxPayloadBytesLimit: 8_388_608,
  maxResultBytes: 1_048_576,
  /** Longest error text that is kept. */
  maxErrorChars: 500,
  maxStackChars: 8_000,
  maxTags: 20,
  queueFullRetryMs: 1_000,
  retention: {
    completed: { ageMs: 604_800_000, count: null, bytes: null },
    dead: { ageMs: null, count: null, bytes: null },
    cancelled: { ageMs: 604_800_000, count: null, bytes: null },
  },
  trashMs: 86_400_000,
  /** Rows that a search looks at before it stops and says so. */
  searchRows: 100_000,
  countCap: 10_000,
} as const;
