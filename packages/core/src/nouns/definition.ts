/**
 * A job type: its name, where it runs, what its payload must be. Shared by producers and workers,
 * so it holds no handler and imports nothing but a schema.
 */

import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Duration } from "./duration.ts";
import type { Backoff, LeaseLossPolicy } from "./job.ts";

/** Delays between attempts; durations as people write them. A function is asked at each failure, by the worker only. */
export type BackoffOption =
  | readonly Duration[]
  | {
      readonly type: "fixed" | "linear" | "exponential";
      readonly delay: Duration;
      readonly maxDelay?: Duration;
      readonly jitter?: number;
    }
  | ((failure: { readonly attempt: number; readonly error: unknown }) => Duration);

/** What may be set on a job type, and overridden for one job. */
export interface JobOptions {
  /** 0 (most urgent, default) to 2,097,151. */
  readonly priority?: number;
  /** Total attempts, the first included. Default 3. */
  readonly maxAttempts?: number;
  readonly backoff?: BackoffOption;
  /** Per attempt. At the end the handler's signal aborts, the attempt has failed and its slot is free, heeded or not. */
  readonly timeout?: Duration;
  /** Cancelled as expired if no worker claims it in time. */
  readonly expiresIn?: Duration;
  readonly onLeaseLost?: LeaseLossPolicy;
  readonly tags?: readonly string[];
}

export interface JobConfig<S extends StandardSchemaV1> extends JobOptions {
  /** Default `"default"`. */
  readonly queue?: string;
  /** Any Standard Schema. Its *input* is what is stored; the handler gets its *output*. */
  readonly payload: S;
  /** Version of the payload's shape; workers that know only older ones leave the job alone. Default 1. */
  readonly version?: number;
  /** Dedupe for every job of this type. */
  readonly dedupe?: (payload: StandardSchemaV1.InferInput<S>) => DedupeOption;
}

/** Type and queue of a job that is not bound to a handler: what a producer needs. */
export interface JobDefinition<S extends StandardSchemaV1 = StandardSchemaV1> {
  readonly name: string;
  readonly queue: string;
  readonly version: number;
  readonly payload: S;
  readonly options: CheckedOptions;
  readonly dedupe: DedupeRule<S>["of"] | null;
  /** The same type with what runs it. `followUps` names the jobs that follow a completed one, in the same step. */
  handler<R>(
    run: Handler<StandardSchemaV1.InferOutput<S>, R>,
    bound?: { readonly followUps?: (done: Done<StandardSchemaV1.InferOutput<S>, R>) => readonly FollowUp[] },
  ): BoundJob<S>;
}

/** Written as a method, so that a definition with a payload of its own is a {@link JobDefinition} too. */
interface DedupeRule<S extends StandardSchemaV1> {
  of(payload: StandardSchemaV1.InferInput<S>): DedupeOption;
}

/** Whatever tells a job's type: the definition, or the definition with its handler. */
export type Defined<S extends StandardSchemaV1 = StandardSchemaV1> = JobDefinition<S> | BoundJob<S>;

/** {@link JobOptions} with every duration in ms and every default applied. */
export interface CheckedOptions {
  readonly priority: number;
  readonly maxAttempts: number;
  readonly backoff: Backoff | ((failure: { readonly attempt: number; readonly error: unknown }) => Duration);
  readonly timeoutMs: number | null;
  readonly expiresInMs: number | null;
  readonly onLeaseLost: LeaseLossPolicy;
  readonly tags: readonly string[];
}

export type Handler<P, R> = (job: RunningJob<P>, ctx: Context) => Promise<R> | R;

/** What a finished handler hands to `followUps`. */
export interface Done<P, R> {
  readonly job: RunningJob<P>;
  readonly result: R;
}

/** A definition that a worker can run. */
export interface BoundJob<S extends StandardSchemaV1 = StandardSchemaV1> {
  readonly definition: JobDefinition<S>;
  readonly run: Handler<unknown, unknown>;
  readonly followUps: ((done: Done<unknown, unknown>) => readonly FollowUp[]) | null;
}

/** One job to be enqueued when another completes. Made by `followUp(definition, payload, options?)`. */
export interface FollowUp {
  readonly definition: JobDefinition;
  readonly payload: unknown;
  /** Its id is made from (parent, epoch, ref), so a crash between cannot double it. Default: the job's name. */
  readonly ref: string;
  readonly options: EnqueueOptions;
}

export interface DedupeOption {
  readonly key: string;
  /** Default `"open"`. */
  readonly while?: "waiting" | "open" | { readonly for: Duration };
  /** Default `"skip"`. */
  readonly onConflict?: "skip" | "replace" | "extend";
}

export interface EnqueueOptions extends JobOptions {
  readonly queue?: string;
  /** The caller's own id: the same id again is a duplicate, not a second job. */
  readonly jobId?: string;
  readonly delay?: Duration;
  readonly runAt?: Date | number;
  readonly dedupe?: DedupeOption;
  /** A label that jobs share: kept, shown, searched for. */
  readonly group?: string;
  /** The caller's own transaction: the job exists if and only if it commits. */
  readonly tx?: unknown;
}

/** The job as its handler sees it. */
export interface RunningJob<P> {
  readonly id: string;
  readonly queue: string;
  readonly name: string;
  readonly payload: P;
  /** 1 for the first. */
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly createdAt: number;
  readonly tags: readonly string[];
  readonly group: string | null;
  /** The last progress that an earlier attempt reported, parsed. */
  readonly progress: unknown;
  readonly parent: { readonly queue: string; readonly id: string } | null;
}

export interface Context {
  /** Aborts at the timeout, when the lease is lost, when the job is cancelled, and at the end of a graceful stop. */
  readonly signal: AbortSignal;
  /** Any JSON. Kept on the job, and an event. @throws QueueError `LEASE_LOST` */
  progress(value: unknown): Promise<void>;
  /** A line of text, kept as an event. @throws QueueError `LEASE_LOST` */
  log(text: string): Promise<void>;
  /** An event of the handler's own. @throws QueueError `LEASE_LOST`, `BAD_NAME` */
  event(kind: string, data?: unknown): Promise<void>;
  /** Ends this run: the job waits that long and the attempt is not counted. Throws, so nothing after it runs. */
  snooze(duration: Duration): never;
  /** Ends this run: the job is cancelled (`handler`). Throws, so nothing after it runs. */
  cancel(reason?: string): never;
  /**
   * Completes the job inside the caller's own transaction: it is completed if and only if that commits.
   * What the handler returns later is ignored.
   *
   * @throws QueueError `LEASE_LOST`, `CAPABILITY_MISSING`
   */
  complete(result: unknown, options: { readonly tx: unknown }): Promise<void>;
}
