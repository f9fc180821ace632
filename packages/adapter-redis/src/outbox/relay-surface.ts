/** What can be set about a relay, and what it tells. Types only. */

import type { Duration, Ports } from "@jobyard/core";
import type { JobRef, JobWriter } from "@jobyard/core/adapter";

/** Where the jobs go: an adapter, or a yard on it. */
export type RelayTarget = { readonly writer: JobWriter } | { readonly adapter: { readonly writer: JobWriter } };

export interface RelayOptions {
  /** Most jobs in one step, 1 to 1,000. Default 100. */
  readonly batch?: number;
  /** How often a relay looks by itself while there is nothing to do, give or take a fifth. 10 ms to 60 s, default `"500ms"`. */
  readonly poll?: Duration;
  readonly hooks?: RelayHooks;
  /** Randomness, and the clock for pauses; the system's own by default. */
  readonly ports?: Ports;
}

/** Called after the fact was stored. A hook that throws is reported to `onError` and changes nothing. */
export interface RelayHooks {
  /** A batch went through; `duplicates` of its jobs were there before, by id or by dedupe key. */
  readonly onRelayed?: (facts: { readonly relayed: number; readonly duplicates: number }) => unknown;
  /** A queue is at its `maxSize`. Its jobs stay in the outbox and are tried again in `retryInMs` or a little later. */
  readonly onFull?: (facts: {
    readonly queue: string;
    readonly maxSize: number;
    readonly retryInMs: number;
  }) => unknown;
  /** The target will not take this job: its row is kept for a person to look at. */
  readonly onRefused?: (facts: JobRef & { readonly code: string; readonly message: string }) => unknown;
  /** The target or the database is away, or a hook threw. The relay goes on. */
  readonly onError?: (error: unknown, doing: string) => unknown;
}

export interface Relay {
  readonly status: RelayStatus;
  /** Looks now, if it is waiting for something to do: for whoever has just committed in this process. */
  wake(): void;
  /** Takes no more rows, and resolves when those at hand are settled. Twice is fine. */
  stop(): Promise<void>;
}

export interface RelayStatus {
  readonly state: "running" | "stopping" | "stopped";
  /** Since the start: jobs that left the outbox, those that were duplicates among them. */
  readonly relayed: number;
  readonly duplicates: number;
  readonly refused: number;
  /** Tries that failed in a row; 0 while all is well. */
  readonly failures: number;
  readonly lastError: unknown;
  /** Queues whose jobs wait until there is room. */
  readonly fullQueues: readonly string[];
}
