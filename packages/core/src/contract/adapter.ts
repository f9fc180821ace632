/**
 * What a backend must do, and nothing it may decide.
 *
 * Core decides (when to retry, when a job is dead); an adapter commits one decision atomically.
 * Every verb takes many. Durations go in and instants come out, so every deadline is judged by the
 * backend's own clock and no two machines' clocks are ever compared. The verbs are split by who needs
 * them, so that a producer cannot claim and a dashboard cannot settle.
 *
 * Arguments arrive checked (names, sizes, ranges): core does that once, before any adapter.
 */

import type { Diagnosis } from "../nouns/diagnosis.ts";
import type { Filter } from "../nouns/filter.ts";
import type {
  AttemptError,
  Backoff,
  Dedupe,
  Instant,
  Job,
  JobEvent,
  JobRef,
  JobSummary,
  JsonText,
  LeaseLossPolicy,
  Parent,
} from "../nouns/job.ts";
import type { CancelReason, OperatorMove, Phase, State } from "../nouns/lifecycle.ts";
import type { RetainedState, Retention } from "../nouns/retention.ts";

export interface Adapter {
  /** `memory`, `sqlite`, `postgres` or `redis`; or a third party's. */
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly schema: Schema;
  readonly writer: JobWriter;
  readonly leaser: JobLeaser;
  readonly reader: JobReader;
  readonly operator: JobOperator;
  readonly sweeper: JobSweeper;
  readonly records: Records;
  /**
   * What a person should know about this store: how durable it is, whether its tables are as they should be, what is
   * about to run out. For a question now and then: it may take seconds, and it changes nothing that a caller can see.
   * Answers also where the schema is not ready. What cannot be looked at is told, and never thrown.
   */
  examine(): Promise<readonly Diagnosis[]>;
  /** Frees what the adapter opened. Every later call fails with `STORE_CLOSED`. Twice is fine. */
  close(): Promise<void>;
}

/** What differs between backends where a caller can see it. */
export interface Capabilities {
  /** `tx` works: enqueue and complete inside the caller's own transaction. */
  readonly transactions: boolean;
  /** What an answered call survives: nothing, a crash of the process, or loss of power. */
  readonly durability: "none" | "crash" | "power";
  /** `stock`: programs that are not ours change the same queues, and some promises cover our processes only. */
  readonly coworkers: "none" | "stock";
}

/** Versions of the stored form. A backend without one is always `ready`. */
export interface Schema {
  status(): Promise<SchemaStatus>;
  /** Brings the stored form to `wanted`, step by step, safe against another process doing the same. */
  migrate(): Promise<{ readonly from: number; readonly to: number }>;
}
export interface SchemaStatus {
  readonly state: "ready" | "missing" | "old" | "new";
  readonly current: number;
  readonly wanted: number;
}

// ── producing ────────────────────────────────────────────────────────────────────────────────────

export interface NewJob extends JobRef {
  readonly name: string;
  readonly version: number;
  readonly payload: JsonText;
  readonly priority: number;
  readonly maxAttempts: number;
  readonly backoff: Backoff | null;
  readonly timeoutMs: number | null;
  /** From the server's now; or an instant. The past means now. */
  readonly start: { readonly delayMs: number } | { readonly at: Instant };
  readonly expiresInMs: number | null;
  readonly tags: readonly string[];
  readonly group: string | null;
  readonly dedupe: Dedupe | null;
  readonly onLeaseLost: LeaseLossPolicy;
  readonly parent: Parent | null;
}

/**
 * What became of one job of an `enqueue`, in the order given. Only `accepted` wrote anything, but for
 * `replace` (the twin was cancelled first) and `extend` (the twin's time moved).
 */
export type Receipt =
  | { readonly outcome: "accepted"; readonly ref: JobRef; readonly state: State; readonly replaced: JobRef | null }
  /** `by: "id"`: the same job was accepted before. `by: "key"`: `ref` is the twin that holds the dedupe key. */
  | { readonly outcome: "duplicate"; readonly ref: JobRef; readonly state: State; readonly by: "id" | "key" }
  /** The id is taken by a job with another payload. */
  | { readonly outcome: "conflict"; readonly ref: JobRef; readonly state: State }
  | { readonly outcome: "full"; readonly ref: JobRef; readonly depth: number; readonly maxSize: number };

export interface JobWriter {
  /**
   * One step for all, each judged after those before it. With `tx` the step belongs to the caller's own
   * transaction (its type is the backend's: a better-sqlite3 `Database`, a pg client).
   */
  enqueue(jobs: readonly NewJob[], options?: { readonly tx?: unknown }): Promise<readonly Receipt[]>;
}

// ── working ──────────────────────────────────────────────────────────────────────────────────────

/** One worker process from start to stop. All its leases share one deadline. */
export type SessionId = string;

export interface ClaimRequest {
  readonly session: SessionId;
  /** Chosen by the caller, new for every call: the token of every lease of this claim. */
  readonly token: string;
  readonly leaseMs: number;
  /** Over all queues together, 1 or more. */
  readonly max: number;
  /** In serving order: what the first leaves free goes to the next. */
  readonly queues: readonly ClaimQueue[];
  /** How long to wait for work if there is none; 0 answers at once. May answer empty before that. */
  readonly waitMs: number;
  /** Ends the waiting, never a claim that was made. */
  readonly signal?: AbortSignal;
  /**
   * Take an exclusive batch: jobs with a `heldLimit`, of one queue, no more than the smallest limit among
   * them, and only if this session holds nothing. If there is none the claim is an ordinary one.
   */
  readonly held: boolean;
}
export interface ClaimQueue {
  readonly queue: string;
  readonly max: number;
  /** Job types that the caller can run. Others are left alone. */
  readonly types: readonly { readonly name: string; readonly maxVersion: number }[];
}

/** The right to settle one attempt of one job. */
export interface Lease {
  readonly ref: JobRef;
  readonly epoch: number;
  readonly token: string;
  readonly session: SessionId;
}

export interface LeasedJob {
  readonly lease: Lease;
  readonly name: string;
  readonly version: number;
  readonly payload: JsonText;
  /** Last progress of an earlier attempt. */
  readonly progress: JsonText | null;
  readonly priority: number;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly backoff: Backoff | null;
  readonly timeoutMs: number | null;
  readonly createdAt: Instant;
  readonly expiresAt: Instant | null;
  readonly tags: readonly string[];
  readonly group: string | null;
  readonly parent: Parent | null;
  readonly heldLimit: number | null;
}

export interface Claim {
  readonly jobs: readonly LeasedJob[];
  /** The server's clock. */
  readonly now: Instant;
  /** When the next job of these queues becomes due, if none is due now; `null` if none is known. */
  readonly nextDueAt: Instant | null;
  /** Queues in which jobs with a `heldLimit` are due, and since when the oldest of them. */
  readonly held: readonly { readonly queue: string; readonly since: Instant }[];
}

/** A failure as core hands it over; the store adds its own `at` and the attempt. */
export type Failure = Pick<AttemptError, "code" | "message" | "stack">;

/** What core decided about one attempt. */
export type Decision =
  | { readonly move: "complete"; readonly result: JsonText | null }
  | { readonly move: "retry"; readonly delayMs: number; readonly failure: Failure }
  | { readonly move: "bury"; readonly failure: Failure }
  | { readonly move: "stop"; readonly reason: "user" | "handler" | "expired"; readonly failure: Failure | null }
  /** The attempt is given back. */
  | { readonly move: "release"; readonly delayMs: number }
  | {
      readonly move: "rescue";
      readonly to: "waiting" | "stale" | "dead" | "cancelled";
      /** False: the attempt is given back. */
      readonly charged: boolean;
      readonly heldLimit: number | null;
      readonly delayMs: number;
      readonly failure: Failure;
    };

/**
 * `held`: the lease is the job's own. `expired`: besides, the deadline of its session is over by the server's clock.
 * In the same step the store also sees to these, whatever was decided:
 * a pending cancel turns every decision but `complete` into cancelled (`user`);
 * a move to `waiting` that meets the holder of its dedupe key becomes `yield` (cancelled, `duplicate`, error kept);
 * every end that is not final raises `epoch`; `complete`, `retry`, `bury` and `stop` clear `heldLimit`.
 */
export interface Settlement {
  readonly lease: Lease;
  readonly guard: "held" | "expired";
  readonly decision: Decision;
  /** With `complete` only. A duplicate or a held key never fails the completion; `maxSize` does not apply. */
  readonly followUps?: readonly NewJob[];
}

export type Settled =
  /** Nothing was written. `live`: the guard was `expired` and the lease is not over. */
  | { readonly ok: false; readonly now: "lost" | "missing" | "live" }
  | {
      readonly ok: true;
      readonly state: State;
      readonly reason: CancelReason | null;
      readonly followUps: readonly Receipt[];
    };

/** What a rescuer needs to know to decide about one job. */
export interface DecisionFacts {
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly backoff: Backoff | null;
  readonly cancelRequested: boolean;
  readonly onLeaseLost: LeaseLossPolicy;
  readonly heldLimit: number | null;
}

export interface ExpiredSession {
  readonly session: SessionId;
  /**
   * The session held exactly one job when it was lost, and had held nothing else since it claimed that one:
   * the job is the suspect. A claim sets this if the session held nothing and got one job; a later claim clears it.
   */
  readonly alone: boolean;
  /** All jobs that the session has not settled; a session is never split over two pages. */
  readonly jobs: readonly { readonly lease: Lease; readonly facts: DecisionFacts }[];
}

/** A line of a running attempt: `progress`, `log`, or a kind of the handler's own. */
export interface FencedEntry {
  readonly lease: Lease;
  readonly kind: string;
  readonly data: JsonText;
}

export interface JobLeaser {
  /** Moves due jobs, expires overdue ones and leases up to `max`, in one step. */
  claim(request: ClaimRequest): Promise<Claim>;
  /** Each is one atomic step or part of one; one refusal touches no other. `tx` as for `enqueue`. */
  settle(settlements: readonly Settlement[], options?: { readonly tx?: unknown }): Promise<readonly Settled[]>;
  /** Moves the session's deadline to `leaseMs` from now, and says of each lease how it stands. */
  extend(session: SessionId, leases: readonly Lease[], leaseMs: number): Promise<Extended>;
  /** True per entry if it was written; false, and no change, if the lease is no longer the job's. */
  append(entries: readonly FencedEntry[]): Promise<readonly boolean[]>;
  /** Sessions whose deadline is over and which still hold jobs. About `limit` jobs, whole sessions. */
  expired(limit: number): Promise<readonly ExpiredSession[]>;
  /** The session's process is known to be gone: its deadline is over as of now. */
  retire(session: SessionId): Promise<void>;
}

export interface Extended {
  readonly leases: readonly ("held" | "cancel" | "lost")[];
  /** Of the queues that the leases are in. */
  readonly pausedQueues: readonly string[];
  readonly now: Instant;
}

// ── reading ──────────────────────────────────────────────────────────────────────────────────────

/** `exact: false` means "n or more". */
export interface Count {
  readonly n: number;
  readonly exact: boolean;
}

export interface ListRequest {
  readonly filter: Filter;
  /** 1 to 200. */
  readonly limit: number;
  /** `next` or `previous` of another page of the same filter; opaque. */
  readonly cursor: string | null;
}

/**
 * Newest first: by when the job came into its state if the filter asks for `dead`, `cancelled` or `stale`
 * alone, else by when it was enqueued. Stable while rows arrive: no row twice, none skipped.
 */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
  readonly previous: string | null;
  /** The page that ends with the oldest match; `null` if this is it. */
  readonly last: string | null;
  /** How many rows were looked at; `all: false` if the search stopped at its bound and older rows were not seen. */
  readonly searched: { readonly rows: number; readonly all: boolean };
}

export interface QueueSettings {
  /** Most open jobs (waiting, blocked, active) that an enqueue may leave; `null` for no bound. */
  readonly maxSize: number | null;
  /** How much is kept of the jobs that are over. */
  readonly retention: Readonly<Record<RetainedState, Retention>>;
}

/** What is not named stays as it is: settings, and states of `retention`. */
export interface SettingsChange {
  readonly maxSize?: number | null;
  readonly retention?: Readonly<Partial<Record<RetainedState, Retention>>>;
}

export interface QueueInfo {
  readonly queue: string;
  readonly paused: { readonly at: Instant; readonly by: string; readonly reason: string | null } | null;
  readonly counts: Readonly<Record<Phase, Count>>;
  /** Open jobs, counted exactly; stale ones are not among them. */
  readonly depth: number;
  /** Enqueue time of the waiting job that is due and has waited longest. */
  readonly oldestDueAt: Instant | null;
  readonly settings: QueueSettings;
}

/** What a store knows about why a job does not run. */
export interface ExplainFacts {
  readonly now: Instant;
  readonly job: Job;
  readonly queue: QueueInfo;
  /** Due jobs of the queue that will be claimed before this one. */
  readonly ahead: Count;
  /** The job that holds this job's dedupe key, if that is another. */
  readonly keyHolder: JobRef | null;
}

export interface Facet {
  readonly value: string;
  readonly count: Count;
}
export const FACET_FIELDS = ["queue", "name", "state", "tag", "worker"] as const;
export type FacetField = (typeof FACET_FIELDS)[number];

/** Says "look again": never what changed in full. `queues: null` means any. */
export interface Hint {
  readonly queues: readonly string[] | null;
}

export interface JobReader {
  now(): Promise<Instant>;
  /** In the order given; `null` for a job that does not exist. */
  get(refs: readonly JobRef[]): Promise<readonly (Job | null)[]>;
  /** Every queue that has a job of this id. */
  locate(id: string): Promise<readonly JobRef[]>;
  list(request: ListRequest): Promise<Page<JobSummary>>;
  /** Counts to `cap` and stops there. */
  count(filter: Filter, cap: number): Promise<Count>;
  /** How many of the jobs that match are in each phase, each counted to `cap`. */
  phases(filter: Filter, cap: number): Promise<Readonly<Record<Phase, Count>>>;
  /** The most frequent values of a field among the jobs that match, at most `limit`; bounded like a search. */
  facets(filter: Filter, field: FacetField, limit: number): Promise<readonly Facet[]>;
  /** Events with `seq > after`, oldest first; `null` if the job does not exist. */
  events(ref: JobRef, after: number, limit: number): Promise<readonly JobEvent[] | null>;
  /** All queues that have jobs or settings, by name; or the one asked for, with zeroes if it is not known. */
  queues(only?: string): Promise<readonly QueueInfo[]>;
  /**
   * Every job that matches and was enqueued by `upTo`, page by page, in a fixed order that moves do not disturb:
   * a job that matches from start to end is seen exactly once.
   */
  scan(filter: Filter, upTo: Instant, cursor: string | null, limit: number): Promise<Page<JobRef>>;
  explainFacts(ref: JobRef): Promise<ExplainFacts | null>;
  /** Calls back soon after anything may have changed, from any process. */
  watch(onHint: (hint: Hint) => void): () => void;
}

// ── operating ────────────────────────────────────────────────────────────────────────────────────

export interface ApplyOptions {
  /** Who: a user, `cli`, `retention` … For the audit line and the event. */
  readonly actor: string;
  readonly reason?: string;
  /** Groups what one operation did; kept on each job as `lastOp`. */
  readonly opId?: string;
  /** `requeue` and `edit`: the new payload. */
  readonly payload?: JsonText;
  /** `requeue`, `reschedule`: ms from now. */
  readonly delayMs?: number;
  /** `reprioritise`. */
  readonly priority?: number;
  /** Apply only if the job's epoch is still this. */
  readonly expectEpoch?: number;
}

/**
 * `done`: the move was made. `requested`: the job is running and its worker was asked to stop.
 * `refused`: the job's state does not allow it (`state` tells which). `busy`: running, so it cannot be removed.
 * `held`: another job holds its dedupe key. `changed`: something happened to it since (epoch or last operation).
 */
export interface MoveResult {
  readonly ref: JobRef;
  readonly outcome: "done" | "requested" | "refused" | "busy" | "held" | "changed" | "missing";
  /** After the call; `null` if the job does not exist then. */
  readonly state: State | null;
}

export interface JobOperator {
  /** Each job by itself, in one step with its event; the audit line stands in the same step. */
  apply(move: OperatorMove, refs: readonly JobRef[], options: ApplyOptions): Promise<readonly MoveResult[]>;
  /** After the answer no new claim of this queue commits. False if it was paused before. */
  pause(queue: string, options: { readonly actor: string; readonly reason?: string }): Promise<boolean>;
  /** False if it was not paused. */
  resume(queue: string, options: { readonly actor: string; readonly reason?: string }): Promise<boolean>;
  configure(queue: string, change: SettingsChange, options: { readonly actor: string }): Promise<QueueSettings>;
}

export interface JobSweeper {
  /** The queues that are swept: as {@link JobReader.queues}, but for those that only other programs know. Sweeps look often. */
  queues(): Promise<readonly QueueInfo[]>;
  /**
   * Overdue jobs become cancelled (`expired`); the trash of more than 24 h ago, expired records and expired
   * dedupe keys go. At most about `limit` rows; true if more is left.
   */
  expire(limit: number): Promise<{ readonly expired: number; readonly more: boolean }>;
  /**
   * Removes final jobs of one queue and state, with their events, for good: the one that finished first before all
   * others (of the same instant: the earlier enqueued), until every bound of `keep` holds, `limit` at most. True if
   * more would have to go. The work of a call does not grow with what stays.
   */
  purge(rule: PurgeRule, limit: number): Promise<{ readonly removed: number; readonly more: boolean }>;
}
export interface PurgeRule {
  readonly queue: string;
  readonly state: RetainedState;
  readonly keep: Retention;
}

// ── small bookkeeping ────────────────────────────────────────────────────────────────────────────

/** One small document. `version` goes up by one at each put. */
export interface StoredRecord {
  readonly id: string;
  readonly doc: JsonText;
  readonly version: number;
}

/** Worker registry, audit, sessions of the dashboard, schedules: compare-and-set, with expiry. */
export interface Records {
  /**
   * The new version; `null`, and no change, if `ifVersion` is given and is not the current one (0: there is none).
   * An expired record is no record.
   */
  put(
    kind: string,
    id: string,
    doc: JsonText,
    options?: { readonly ifVersion?: number; readonly ttlMs?: number },
  ): Promise<number | null>;
  get(kind: string, id: string): Promise<StoredRecord | null>;
  /** In the order of ids, downwards if asked for; `after` is the last id seen. */
  list(kind: string, after: string | null, limit: number, direction?: "up" | "down"): Promise<readonly StoredRecord[]>;
  /** False if there was none. */
  remove(kind: string, id: string): Promise<boolean>;
}
