/**
 * What happened while a store was tormented, as the processes that saw it wrote it down.
 *
 * A history is a set of files of JSON lines, one file per process, one entry per line, one write per line: a
 * process that is killed leaves at most a cut last line. Only the order within a file means anything. Instants
 * named `now` are the store's; `at` is the writer's own clock and serves for latencies, never for order.
 *
 * A call that may commit without being answered has two entries, joined by `call`: the verb (`enqueue`) before
 * it, the participle (`enqueued`) after it. A verb alone means: outcome unknown. What the store can be asked at
 * the end (claims, ends, charged rescues) stands in the {@link Dump}, whoever wrote or failed to write it down.
 */

import type { MoveResult } from "../../contract/adapter.ts";
import type { Dedupe, Instant, Job, JobEvent, JobRef } from "../../nouns/job.ts";
import type { Move, OperatorMove, State } from "../../nouns/lifecycle.ts";

export type HistoryEntry = Stamp &
  (
    | EnqueueEntry
    | EnqueuedEntry
    | ClaimedEntry
    | StartedEntry
    | EffectEntry
    | SettleEntry
    | SettledEntry
    | HeartbeatEntry
    | AppendedEntry
    | MoveEntry
    | MovedEntry
    | PausedEntry
    | ResumeEntry
    | DepthEntry
    | ReadEntry
    | PointEntry
    | FaultEntry
    | DiedEntry
  );

/** Every kind of entry. */
export const ENTRY_KINDS: readonly HistoryEntry["kind"][] = [
  "enqueue",
  "enqueued",
  "claimed",
  "started",
  "effect",
  "settle",
  "settled",
  "heartbeat",
  "appended",
  "move",
  "moved",
  "paused",
  "resume",
  "depth",
  "read",
  "point",
  "fault",
  "died",
];

export interface Stamp {
  /** Epoch ms by the writer's wall clock. */
  readonly at: Instant;
  /** The writer: a name that no other process of the run has had. */
  readonly process: string;
}

// ── producing ────────────────────────────────────────────────────────────────────────────────────

/**
 * What the job is made to do. `healthy`: nothing but faults from outside can hold it up, so it must never be buried.
 * `pill`: its handler kills the process at every start. `failing`: its handler throws at every start.
 */
export type JobRole = "healthy" | "pill" | "failing";

export interface AskedJob extends JobRef {
  /** Default `healthy`. The same for every enqueue of this id. */
  readonly role?: JobRole;
  /** If the job has a dedupe key. */
  readonly dedupe?: Pick<Dedupe, "key" | "while">;
}

/** Before a call of `writer.enqueue`. */
export interface EnqueueEntry {
  readonly kind: "enqueue";
  /** New for every call within the process. */
  readonly call: number;
  readonly jobs: readonly AskedJob[];
}

export type EnqueueAnswer = "accepted" | "duplicate-id" | "duplicate-key" | "conflict" | "full";

/** After it: an answer per job in the order asked, or the error that left the outcome unknown. */
export type EnqueuedEntry = { readonly kind: "enqueued"; readonly call: number } & (
  | { readonly answers: readonly EnqueueAnswer[] }
  | Failed
);

/** The code of a `QueueError`, or `UNTYPED: ` and the message of anything else. */
export interface Failed {
  readonly error: string;
}

// ── working ──────────────────────────────────────────────────────────────────────────────────────

/** A claim that gave jobs. One that gave none, or was never answered, needs no entry. */
export interface ClaimedEntry {
  readonly kind: "claimed";
  readonly session: string;
  readonly token: string;
  readonly jobs: readonly ClaimedJob[];
}
export interface ClaimedJob extends JobRef {
  readonly epoch: number;
  readonly attempt: number;
  readonly heldLimit: number | null;
}

/** The handler began. */
export interface StartedEntry extends JobRef {
  readonly kind: "started";
  readonly epoch: number;
}

/** The handler did what the job is for; written where the effect happens. */
export interface EffectEntry extends JobRef {
  readonly kind: "effect";
  readonly epoch: number;
}

/** Before a call of `leaser.settle`, by a worker or a rescuer. */
export interface SettleEntry {
  readonly kind: "settle";
  readonly call: number;
  readonly settlements: readonly AskedSettlement[];
}
export interface AskedSettlement extends JobRef {
  readonly epoch: number;
  readonly token: string;
  readonly move: Move;
  readonly guard: "held" | "expired";
  /** Of a rescue. */
  readonly charged?: boolean;
  /** Of a completion. */
  readonly followUps?: readonly AskedJob[];
}

/** After it: an answer per settlement in the order asked. */
export type SettledEntry = { readonly kind: "settled"; readonly call: number } & (
  | { readonly answers: readonly SettleAnswer[] }
  | Failed
);
export type SettleAnswer =
  | { readonly outcome: "ok"; readonly state: State }
  | { readonly outcome: "lost" | "missing" | "live" };

/** After a call of `leaser.extend`. */
export interface HeartbeatEntry {
  readonly kind: "heartbeat";
  readonly session: string;
  readonly leases: readonly (LeaseName & { readonly standing: "held" | "cancel" | "lost" })[];
}
export interface LeaseName extends JobRef {
  readonly epoch: number;
  readonly token: string;
}

/** After a call of `leaser.append`: progress, logs and events of handlers. */
export interface AppendedEntry {
  readonly kind: "appended";
  readonly lines: readonly (LeaseName & { readonly written: boolean })[];
}

// ── operating and looking ────────────────────────────────────────────────────────────────────────

/** Before a call of `operator.apply`. */
export interface MoveEntry {
  readonly kind: "move";
  readonly call: number;
  readonly move: OperatorMove;
  readonly refs: readonly JobRef[];
}

export type MoveAnswer = MoveResult["outcome"];

/** After it: an answer per job in the order asked. */
export type MovedEntry = { readonly kind: "moved"; readonly call: number } & (
  | { readonly answers: readonly MoveAnswer[] }
  | Failed
);

/** `pause` has answered; `now` is the store's clock read after that. One process pauses and resumes a queue. */
export interface PausedEntry {
  readonly kind: "paused";
  readonly queue: string;
  readonly now: Instant;
}

/** `resume` will be called; `now` is the store's clock read before that. */
export interface ResumeEntry {
  readonly kind: "resume";
  readonly queue: string;
  readonly now: Instant;
}

/** One answer of `reader.queues(queue)`. */
export interface DepthEntry {
  readonly kind: "depth";
  readonly queue: string;
  /** As the queue tells it. */
  readonly depth: number;
  /** waiting + scheduled + retrying + blocked + active of its `counts`; `null` if one of them was not exact. */
  readonly open: number | null;
  /** A run does not set it below what is open already: that is no enqueue's fault, and would count as one. */
  readonly maxSize: number | null;
}

/** One answer of `reader.events(ref, after, …)`, or what a stream brought between two resumptions. */
export interface ReadEntry extends JobRef {
  readonly kind: "read";
  readonly after: number;
  readonly events: readonly Pick<JobEvent, "seq" | "kind">[];
}

// ── tormenting ───────────────────────────────────────────────────────────────────────────────────

/** The process has reached a named point at which it will now be killed, stopped or held up. */
export interface PointEntry {
  readonly kind: "point";
  readonly point: string;
}

/**
 * `kill`: SIGKILL. `stop`, `cont`: SIGSTOP for longer than a lease, SIGCONT. `block`: an event loop that did not turn for longer
 * than a lease. `pill`: a process died of a pill. `lock`: somebody else held the write lock. `disk-full`: a write found no room.
 * `outage`: the store's server was killed, and started again. `disconnect`: the server ended a process's connections.
 * `black-hole`: nothing came through between processes and server, in silence.
 */
export const FAULTS = [
  "kill",
  "stop",
  "cont",
  "block",
  "pill",
  "lock",
  "disk-full",
  "outage",
  "disconnect",
  "black-hole",
] as const;
export type FaultName = (typeof FAULTS)[number];

/** A fault, written when it is over (`kill`, `stop` and `cont`: when it has been seen to work). */
export interface FaultEntry {
  readonly kind: "fault";
  readonly fault: FaultName;
  /** The process that it happened to; `null` for the store. */
  readonly target: string | null;
  /**
   * How long it lasted, for faults that end: the store's rescue latency is forgiven the time in which nobody could write
   * (`lock`, `disk-full`, `outage`, and `black-hole` unless it has a target).
   */
  readonly forMs: number | null;
  /** What shows that it happened: a pid and its exit signal, a state read from the system, an error's text. Never empty. */
  readonly proof: string;
}

/** A worker's process is gone, and its session with it. */
export interface DiedEntry {
  readonly kind: "died";
  readonly session: string;
  /** Pid and exit, as the parent saw them. Never empty. */
  readonly proof: string;
}

// ── the end ──────────────────────────────────────────────────────────────────────────────────────

/** Everything the store holds after the run. */
export interface Dump {
  readonly jobs: Iterable<DumpedJob>;
  readonly queues: readonly DumpedQueue[];
  /** What completions inside transactions left in a table of the user's own: see invariant I16. */
  readonly effectRows?: {
    /** Every completed job of these queues leaves one row. */
    readonly queues: readonly string[];
    readonly rows: Iterable<JobRef>;
  };
}

/** The stored record, and all its events from the first. A `Job` with `events` is one. */
export interface DumpedJob
  extends Pick<
    Job,
    "queue" | "id" | "state" | "reason" | "attempt" | "maxAttempts" | "rescues" | "heldLimit" | "epoch" | "seq"
  > {
  readonly events: readonly JobEvent[];
}

export interface DumpedQueue {
  readonly queue: string;
  /** As the queue tells it, when nothing moves any more. */
  readonly depth: number;
}
