/**
 * What the memory adapter keeps, and nothing it does: jobs, queues, sessions, keys, trash, records.
 *
 * A verb runs from its first line to its last without waiting, which is what makes it one atomic step.
 */

import type { Lease, QueueSettings, SessionId } from "../../contract/adapter.ts";
import { DEFAULT_SETTINGS } from "../../contract/settings.ts";
import type { Dedupe, Instant, Job, JobEvent, JobRef, JsonText } from "../../nouns/job.ts";
import type { Ports } from "../../nouns/ports.ts";
import { createHints, type Hints } from "./hints.ts";
import { SortedRows } from "./sorted-rows.ts";

/** One job, with what the store keeps beside it. */
export interface Row {
  /**
   * Replaced at every change and never written into, so that what was read stays as it was read and nothing
   * is copied for a reader. Its `leaseUntil` is always null here: the deadline is the session's.
   */
  job: Job;
  /** Enqueues are numbered through. */
  readonly number: number;
  readonly dedupe: Dedupe | null;
  /** Order number; `null` until the job was first found due. */
  order: number | null;
  /** When the job came into its state. */
  enteredAt: Instant;
  readonly events: JobEvent[];
  /** How to undo the requeue that was the last operation, if it was one and has a name. */
  undo: Undo | null;
}

/** What `revert` puts back. */
export type Before = Pick<
  Job,
  | "state"
  | "reason"
  | "payload"
  | "attempt"
  | "rescues"
  | "heldLimit"
  | "finishedAt"
  | "result"
  | "progress"
  | "expiresAt"
>;
export interface Undo {
  readonly epoch: number;
  readonly before: Before;
}

export interface Queue {
  readonly name: string;
  readonly rows: Map<string, Row>;
  /** Waiting jobs that have an order number, in the order of claims. */
  readonly ready: SortedRows;
  /** Waiting jobs whose time was ahead when last looked at, the earliest first. */
  readonly later: SortedRows;
  /** Waiting jobs with a `heldLimit`, due or not, the longest waiting first. They stand in no other line. */
  readonly held: SortedRows;
  /** Who holds which dedupe key. */
  readonly keys: Map<string, KeyHold>;
  readonly trash: Map<string, Trashed>;
  /** waiting + blocked + active. */
  depth: number;
  paused: { readonly at: Instant; readonly by: string; readonly reason: string | null } | null;
  /** `null` until somebody configured the queue. */
  settings: QueueSettings | null;
}

export interface KeyHold {
  readonly row: Row;
  /** `null`: as long as the job's state says. */
  readonly until: Instant | null;
}

export interface Trashed {
  readonly row: Row;
  readonly at: Instant;
}

/** A worker process that holds jobs. One that holds none has no session here. */
export interface Session {
  readonly id: SessionId;
  deadline: Instant;
  alone: boolean;
  /** One for each active job of the session, in the order of their claims. */
  readonly leases: Map<Row, Lease>;
}

export interface RecordRow {
  readonly doc: JsonText;
  readonly version: number;
  readonly expiresAt: Instant | null;
}

export interface Store {
  readonly ports: Ports;
  readonly queues: Map<string, Queue>;
  /** All jobs of all queues, in the order of their enqueue. */
  readonly rows: SortedRows;
  readonly sessions: Map<SessionId, Session>;
  readonly records: Map<string, Map<string, RecordRow>>;
  readonly hints: Hints;
  /** Aborted when the adapter is closed. */
  readonly closed: AbortController;
  lastNumber: number;
  lastOrder: number;
}

export const createStore = (ports: Ports): Store => ({
  ports,
  queues: new Map(),
  rows: new SortedRows((a, b) => a.number - b.number),
  sessions: new Map(),
  records: new Map(),
  hints: createHints(),
  closed: new AbortController(),
  lastNumber: 0,
  lastOrder: 0,
});

/** Lowest priority number first, then lowest order number; whoever has none comes after all that have. */
export const byTurn = (a: Row, b: Row): number =>
  a.job.priority - b.job.priority || (a.order ?? Number.MAX_SAFE_INTEGER) - (b.order ?? Number.MAX_SAFE_INTEGER);

export const byRunAt = (a: Row, b: Row): number => a.job.runAt - b.job.runAt || a.number - b.number;

export const settingsOf = (queue: Queue): QueueSettings => queue.settings ?? DEFAULT_SETTINGS;

export const newQueue = (name: string): Queue => ({
  name,
  rows: new Map(),
  ready: new SortedRows(byTurn),
  later: new SortedRows(byRunAt),
  held: new SortedRows(byRunAt),
  keys: new Map(),
  trash: new Map(),
  depth: 0,
  paused: null,
  settings: null,
});

/** The queue of that name, made if it is not there yet. */
export function queueOf(store: Store, name: string): Queue {
  const queue = store.queues.get(name) ?? newQueue(name);
  store.queues.set(name, queue);
  return queue;
}

export const findRow = (store: Store, ref: JobRef): Row | undefined => store.queues.get(ref.queue)?.rows.get(ref.id);

export const refOf = ({ job }: Row): JobRef => ({ queue: job.queue, id: job.id });

/** The session that holds an active job. */
export const sessionOf = (store: Store, row: Row): Session | undefined =>
  row.job.worker === null ? undefined : store.sessions.get(row.job.worker);

/** The job as readers see it. */
export const readJob = (store: Store, row: Row): Job =>
  row.job.state === "active" ? { ...row.job, leaseUntil: sessionOf(store, row)?.deadline ?? null } : row.job;
