/**
 * A job as the store keeps it and as people read it.
 *
 * Payload, result, progress and event data are JSON *text* everywhere: what the producer wrote comes
 * out byte for byte, and nobody between producer and handler parses it.
 */

import type { CancelReason, State } from "./lifecycle.ts";

/** Text that is one valid JSON value. */
export type JsonText = string;
/** Epoch milliseconds by the store's clock. */
export type Instant = number;

/** A job is addressed by queue and id. */
export interface JobRef {
  readonly queue: string;
  readonly id: string;
}

/** One failed attempt. `code` is stable, `message` is for people, at most 500 characters by default. */
export interface AttemptError {
  readonly at: Instant;
  readonly attempt: number;
  readonly code: string;
  readonly message: string;
  readonly stack: string | null;
}

/**
 * Delay before the next attempt. A list gives one delay (ms) per failure, the last repeats.
 * `linear`: delay × attempt. `exponential`: delay × 2^(attempt − 1). All capped at `maxDelayMs`.
 */
export type Backoff =
  | readonly number[]
  | {
      readonly type: "fixed" | "linear" | "exponential";
      readonly delayMs: number;
      readonly maxDelayMs: number;
      /** Share of the delay that is random, 0 to 1, so that a burst of failures does not return as one. */
      readonly jitter: number;
    };

/** What becomes of a job whose worker vanished. */
export const LEASE_LOSS_POLICIES = ["retry", "hold", "dead"] as const;
export type LeaseLossPolicy = (typeof LEASE_LOSS_POLICIES)[number];

/**
 * At most one job per (queue, key). The key is held while the job is `waiting`, while it is `open`
 * (waiting, blocked, active or stale), or `for` a time from its enqueue, whatever becomes of the job.
 */
export interface Dedupe {
  readonly key: string;
  readonly while: "waiting" | "open" | { readonly forMs: number };
  /** `skip` answers duplicate; `replace` cancels the holder if it still waits; `extend` moves the holder's time. */
  readonly onConflict: "skip" | "replace" | "extend";
}

/** The job whose completion enqueued this one, and under which name. */
export interface Parent extends JobRef {
  readonly epoch: number;
  readonly ref: string;
}

/** Everything a store knows of a job, without its events. */
export interface Job extends JobRef {
  readonly name: string;
  /** Version of the payload's shape, 1 unless the job type says otherwise. */
  readonly version: number;
  readonly state: State;
  /** Set if and only if the state is `cancelled`. */
  readonly reason: CancelReason | null;
  readonly payload: JsonText;
  readonly result: JsonText | null;
  readonly progress: JsonText | null;
  /** 0 (most urgent, default) to 2,097,151. */
  readonly priority: number;
  /** Attempts made, the running one included; attempts given back are not counted. */
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly backoff: Backoff | null;
  readonly timeoutMs: number | null;
  readonly runAt: Instant;
  readonly createdAt: Instant;
  /** When the attempt that is running, or was last to run, was claimed. */
  readonly startedAt: Instant | null;
  readonly finishedAt: Instant | null;
  /** A job not claimed by then is cancelled as expired. */
  readonly expiresAt: Instant | null;
  /** Deadline of the session that holds the job, while it is active. */
  readonly leaseUntil: Instant | null;
  /** Session of the attempt that is running, or was last to run. */
  readonly worker: string | null;
  /** The first 20 and the last 20 failures, oldest first. */
  readonly errors: readonly AttemptError[];
  readonly tags: readonly string[];
  readonly group: string | null;
  readonly dedupeKey: string | null;
  readonly onLeaseLost: LeaseLossPolicy;
  readonly parent: Parent | null;
  /** How often a rescue ended an attempt of this generation. */
  readonly rescues: number;
  /** Set after a crash that this job shared: it may be claimed only in an exclusive batch of that size. */
  readonly heldLimit: number | null;
  readonly cancelRequested: boolean;
  /** Goes up at every end of a lease that is not final. The fence. */
  readonly epoch: number;
  /** Number of the job's newest event. */
  readonly seq: number;
  /** Id of the operation that touched the job last, if any. */
  readonly lastOp: string | null;
}

/** A job without the three texts that can be large. What lists carry. */
export type JobSummary = Omit<Job, "payload" | "result" | "errors" | "backoff"> & {
  readonly lastError: AttemptError | null;
};

/** `kind` is a move's name, `progress`, `log`, or a kind that a handler made up. */
export interface JobEvent {
  /** 1, 2, 3 … without holes. */
  readonly seq: number;
  readonly at: Instant;
  readonly kind: string;
  readonly data: JsonText | null;
}
