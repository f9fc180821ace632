/** A job in the model: what readers see of it, and what only a store knows. */

import type { NewJob } from "../../contract/adapter.ts";
import type { Dedupe, Instant, Job, JobEvent, JobRef, JsonText } from "../../nouns/job.ts";
import type { State } from "../../nouns/lifecycle.ts";

export interface Entry {
  job: Job;
  readonly dedupe: Dedupe | null;
  /** Place in the order of enqueueing. */
  readonly born: number;
  /** Place in the order of claims; null until a claim finds the job due. */
  order: number | null;
  /** It never waited for its time, nor came back: such jobs are claimed in order on every backend. */
  plain: boolean;
  /** Of the lease that is held, or was held last. */
  token: string;
  readonly events: JobEvent[];
  /** What the last requeue changed, while it can be taken back. */
  undo: { readonly op: string; readonly epoch: number; readonly before: Partial<Job> } | null;
}

/** A job as its producer described it, enqueued now. */
export function newEntry(asked: NewJob, now: Instant, runAt: Instant, born: number): Entry {
  const { start, expiresInMs, dedupe, ...fields } = asked;
  const expiresAt = expiresInMs === null ? null : now + expiresInMs;
  const job = { ...fields, ...BLANK, runAt, createdAt: now, expiresAt, dedupeKey: dedupe?.key ?? null };
  return { job, dedupe, born, order: null, plain: runAt <= now, token: "", events: [], undo: null };
}

const BLANK = {
  state: "waiting",
  reason: null,
  result: null,
  progress: null,
  attempt: 0,
  startedAt: null,
  finishedAt: null,
  leaseUntil: null,
  worker: null,
  errors: [],
  rescues: 0,
  heldLimit: null,
  cancelRequested: false,
  epoch: 0,
  seq: 0,
  lastOp: null,
} as const;

/** What a requeue resets, and its undoing brings back. */
const RENEWED = {
  state: "waiting",
  reason: null,
  attempt: 0,
  rescues: 0,
  heldLimit: null,
  finishedAt: null,
  expiresAt: null,
  result: null,
  progress: null,
} as const;

export const requeued = (payload: JsonText, runAt: Instant): Partial<Job> => ({ ...RENEWED, payload, runAt });

/** The values that a requeue is about to replace. */
export const beforeRequeue = (job: Job): Partial<Job> => ({
  ...Object.fromEntries(Object.keys(RENEWED).map((field) => [field, job[field as keyof Job]])),
  payload: job.payload,
});

const OPEN: readonly State[] = ["waiting", "blocked", "active", "stale"];

/** True if that state entitles a job to its key. A `{forMs}` key takes no notice of states. */
export const wouldHold = (dedupe: Dedupe | null, state: State): boolean =>
  dedupe?.while === "waiting" ? state === "waiting" : dedupe?.while === "open" && OPEN.includes(state);

export const byRunAt = (a: Entry, b: Entry): number => a.job.runAt - b.job.runAt || a.born - b.born;
export const byTurn = (a: Entry, b: Entry): number =>
  a.job.priority - b.job.priority || (a.order ?? 0) - (b.order ?? 0);

export const isSame = (a: JobRef, b: JobRef): boolean => a.queue === b.queue && a.id === b.id;
export const refOf = ({ queue, id }: JobRef): JobRef => ({ queue, id });
export const keyOf = ({ queue, id }: JobRef): string => `${queue}/${id}`;
