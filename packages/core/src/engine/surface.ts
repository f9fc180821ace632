/** What people hold: a yard, a worker, a board. Types only; each is built in the file of its name. */

import type { StandardSchemaV1 } from "@standard-schema/spec";
import type {
  Adapter,
  ApplyOptions,
  Count,
  Facet,
  FacetField,
  Hint,
  MoveResult,
  Page,
  QueueInfo,
  QueueSettings,
} from "../contract/adapter.ts";
import type { AuditLine } from "../contract/entries.ts";
import type { BoundJob, Defined, EnqueueOptions } from "../nouns/definition.ts";
import type { Diagnosis } from "../nouns/diagnosis.ts";
import type { Duration } from "../nouns/duration.ts";
import type { Filter } from "../nouns/filter.ts";
import type { Finding } from "../nouns/finding.ts";
import type { AttemptError, Instant, Job, JobEvent, JobRef, JobSummary, JsonText } from "../nouns/job.ts";
import type { OperatorMove, Phase, State } from "../nouns/lifecycle.ts";
import type { Ports } from "../nouns/ports.ts";
import type { RetainedState, RetentionOption } from "../nouns/retention.ts";
import type { WorkerInfo } from "../nouns/worker-info.ts";

export { FINDING_CODES, type Finding } from "../nouns/finding.ts";
export type { WorkerInfo } from "../nouns/worker-info.ts";

export interface YardOptions {
  readonly adapter: Adapter;
  readonly ports?: Ports;
  /** At most 8 MiB. */
  readonly maxPayloadBytes?: number;
}

export interface Yard {
  readonly adapter: Adapter;
  readonly board: Board;
  /**
   * @param job - what `defineJob` made, with or without its handler
   * @throws QueueError `PAYLOAD_INVALID`, `PAYLOAD_TOO_LARGE`, `PAYLOAD_UNSERIALISABLE`, `ID_CONFLICT`, `QUEUE_FULL`,
   *   `BAD_OPTION`, `BAD_NAME`, `BAD_DURATION`, `CAPABILITY_MISSING`
   */
  enqueue<S extends StandardSchemaV1>(
    job: Defined<S>,
    payload: StandardSchemaV1.InferInput<S>,
    options?: EnqueueOptions,
  ): Promise<EnqueueReceipt>;
  /**
   * One answer per payload, in order; a payload that is refused stops no other. Faulty payloads are found before
   * anything is written. A thousand at a time are one step: if the store fails after the first of them, and there is
   * no `tx`, what was written before stays.
   *
   * @throws QueueError as for `enqueue`, but for what is an answer here
   */
  enqueueMany<S extends StandardSchemaV1>(
    job: Defined<S>,
    payloads: readonly StandardSchemaV1.InferInput<S>[],
    options?: Omit<EnqueueOptions, "jobId">,
  ): Promise<readonly BulkReceipt[]>;
  /** For a job type that is known by name only (CLI, HTTP): the payload's text is stored as it is. */
  enqueueRaw(jobs: readonly RawJob[]): Promise<readonly BulkReceipt[]>;
  worker(options: WorkerOptions): Worker;
  /** Stops what this yard started, then closes the adapter. Handlers that run on until then may still enqueue. */
  close(): Promise<void>;
}

export interface RawJob {
  readonly name: string;
  readonly payload: JsonText;
  /** Default: the definition's, else 1. */
  readonly version?: number;
  /**
   * The job type, where it is known after all: the payload has to match its schema, and its queue and options hold
   * where `options` says nothing. Its name must be `name`.
   */
  readonly definition?: Defined;
  readonly options?: EnqueueOptions;
}

export interface EnqueueReceipt extends JobRef {
  readonly state: State;
  /** The job was there already; `queue` and `id` are those of that job. */
  readonly duplicate: boolean;
}
export type BulkReceipt =
  | ({ readonly ok: true } & EnqueueReceipt)
  | {
      readonly ok: false;
      readonly code: "ID_CONFLICT" | "QUEUE_FULL";
      readonly ref: JobRef;
      readonly retryAfterMs: number | null;
    };

export interface QueueOptions {
  /** Handlers of this queue at once in this worker. Default 10. */
  readonly concurrency?: number;
  /** What becomes of jobs that a restart finds: run them, or hold them as `stale` for a person. Default `run`. */
  readonly onRestart?: "run" | "hold";
}

export interface WorkerOptions {
  readonly jobs: readonly BoundJob[];
  /** Only these queues; default: all queues of the jobs, each with the default concurrency. */
  readonly queues?: Readonly<Record<string, QueueOptions>>;
  /** Shown in the dashboard. Default: host and pid. */
  readonly name?: string;
  readonly lease?: Duration;
  readonly sweep?: Duration;
  readonly poll?: Duration;
  readonly grace?: Duration;
  readonly hooks?: Hooks;
}

/** What a hook is told of a job. */
export interface HookJob extends JobRef {
  readonly name: string;
  readonly attempt: number;
  readonly maxAttempts: number;
}

/**
 * Called after the fact was stored, one at a time per job. A hook that throws is reported to `onError`
 * and changes nothing.
 */
export interface Hooks {
  readonly onStart?: () => unknown;
  readonly onStop?: () => unknown;
  readonly onJobStart?: (job: HookJob) => unknown;
  readonly onJobCompleted?: (
    job: HookJob,
    facts: { readonly durationMs: number; readonly result: JsonText | null },
  ) => unknown;
  /** Every failed attempt; `retryInMs` is `null` if there is no other. */
  readonly onJobFailed?: (
    job: HookJob,
    facts: {
      readonly durationMs: number;
      readonly error: Pick<AttemptError, "code" | "message" | "stack">;
      readonly retryInMs: number | null;
    },
  ) => unknown;
  /** The job is dead: from its last failure here, or from a rescue by this worker. */
  readonly onDead?: (
    job: HookJob,
    facts: { readonly error: Pick<AttemptError, "code" | "message" | "stack"> },
  ) => unknown;
  readonly onRescue?: (facts: { readonly session: string; readonly jobs: readonly JobRef[] }) => unknown;
  /** Something failed that belongs to no job: the store is away, a hook threw. The worker goes on. */
  readonly onError?: (error: unknown, doing: string) => unknown;
}

export interface Worker {
  readonly session: string;
  /** Resolves once the worker claims. */
  start(): Promise<void>;
  /** Runs what is there now, with all it leads to that is due, and resolves when nothing is left that it could run. */
  drain(): Promise<void>;
  /**
   * Claims no more; gives back what has not started; waits `grace` for the rest, then aborts and gives back that too.
   * Asked again with a shorter grace, the shorter one holds.
   */
  stop(options?: { readonly grace?: Duration }): Promise<void>;
  readonly status: WorkerStatus;
}

export interface WorkerStatus {
  readonly state: "new" | "running" | "stopping" | "stopped";
  readonly running: number;
  readonly claimed: number;
  readonly completed: number;
  readonly failed: number;
  /** Settlements and entries that the store refused because the lease was another's. */
  readonly refused: number;
  readonly rescued: number;
  /** When the store last answered a claim or a heartbeat, on the monotonic clock; `null` if never. */
  readonly lastContactAt: number | null;
}

// ── the board ────────────────────────────────────────────────────────────────────────────────────

/** A filter as data, or as text in the query language. */
export type Query = Filter | string;

export interface Attempt {
  readonly attempt: number;
  readonly worker: string | null;
  readonly startedAt: Instant;
  readonly endedAt: Instant | null;
  /** The move that ended it; `null` while it runs. */
  readonly ended: "complete" | "retry" | "bury" | "stop" | "release" | "rescue" | "yield" | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface Preview {
  /** Jobs enqueued later are not touched. */
  readonly upTo: Instant;
  readonly count: Count;
  readonly byState: readonly Facet[];
  readonly byName: readonly Facet[];
  readonly sample: readonly JobRef[];
}

export interface PreviewOptions {
  /**
   * Count every job, however many there are, and none that was enqueued after `upTo`: what a move would meet. Looks at
   * all of them, page by page. Default: a count that stops at 10,000.
   */
  readonly exact?: boolean;
  /** Ends the counting between two pages; the count is then not `exact`. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (seen: number) => void;
}

export interface BulkProgress {
  readonly seen: number;
  readonly done: number;
  /** Outcomes other than done, by their word. */
  readonly skipped: Readonly<Record<string, number>>;
}

export interface BulkOutcome extends BulkProgress {
  /** Every job that matches was seen; false if the signal ended it before. */
  readonly reachedEnd: boolean;
}

/** A change of a queue's settings, as people write it. */
export interface SettingsOption {
  /** Most open jobs that an enqueue may leave, 1 or more; `null` for no bound. */
  readonly maxSize?: number | null;
  readonly retention?: Readonly<Partial<Record<RetainedState, RetentionOption>>>;
}

/** The read model and the operator's moves, for every front end. */
export interface Board {
  now(): Promise<Instant>;
  queues(): Promise<readonly QueueInfo[]>;
  queue(name: string): Promise<QueueInfo>;
  /** @throws QueueError `BAD_QUERY`, `BAD_CURSOR` */
  jobs(request: {
    readonly query: Query;
    readonly limit?: number;
    readonly cursor?: string | null;
  }): Promise<Page<JobSummary>>;
  count(query: Query, cap?: number): Promise<Count>;
  /** Counts per phase of what matches the query without its state terms: the tabs over a list. */
  phases(query: Query): Promise<Readonly<Record<Phase, Count>>>;
  facets(query: Query, field: FacetField, limit?: number): Promise<readonly Facet[]>;
  job(ref: JobRef): Promise<Job | null>;
  /** `queue/id`, or an id that only one queue has. @throws QueueError `JOB_NOT_FOUND`, `JOB_AMBIGUOUS` */
  locate(text: string): Promise<JobRef>;
  events(ref: JobRef, after?: number, limit?: number): Promise<readonly JobEvent[] | null>;
  attempts(ref: JobRef): Promise<readonly Attempt[]>;
  /** Empty if the job does not exist. */
  explain(ref: JobRef): Promise<readonly Finding[]>;
  workers(): Promise<readonly WorkerInfo[]>;
  /** The health of store, queues and workers: problems first, then advice, then what is well. May take seconds. */
  examine(): Promise<readonly Diagnosis[]>;
  preview(query: Query, options?: PreviewOptions): Promise<Preview>;
  /** @throws QueueError `PAYLOAD_INVALID` if a payload is given that is not JSON, `PAYLOAD_TOO_LARGE`, `BAD_OPTION` */
  move(move: OperatorMove, refs: readonly JobRef[], options: ApplyOptions): Promise<readonly MoveResult[]>;
  /** All that match and were enqueued by `upTo`, page by page; stops between pages when the signal aborts. */
  moveMatching(
    move: OperatorMove,
    query: Query,
    options: ApplyOptions & {
      readonly upTo: Instant;
      /** Jobs per second; unlimited if not given. */
      readonly rate?: number;
      readonly signal?: AbortSignal;
      readonly onProgress?: (progress: BulkProgress) => void;
      /** What became of each job, page by page. */
      readonly onResults?: (results: readonly MoveResult[]) => void;
    },
  ): Promise<BulkOutcome>;
  pause(queue: string, options: { readonly actor: string; readonly reason?: string }): Promise<boolean>;
  resume(queue: string, options: { readonly actor: string; readonly reason?: string }): Promise<boolean>;
  /**
   * `retention: { completed: "7d" }` bounds by age, `{ completed: { age: "7d", count: 100_000, bytes: "500mb" } }` by
   * all three, `{ completed: null }` keeps everything; what is not named stays as it is.
   *
   * @throws QueueError `BAD_OPTION`, `BAD_DURATION`
   */
  configure(queue: string, change: SettingsOption, options: { readonly actor: string }): Promise<QueueSettings>;
  /** Newest first. */
  audit(limit?: number): Promise<readonly AuditLine[]>;
  watch(onHint: (hint: Hint) => void): () => void;
}
