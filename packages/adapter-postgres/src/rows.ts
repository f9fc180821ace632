/** Rows of the `job` table, and the nouns that are made from them. */

import {
  type AttemptError,
  type CancelReason,
  type Instant,
  type Job,
  type JobSummary,
  type LeaseLossPolicy,
  type State,
  toBackoff,
} from "@jobyard/core/adapter";

/** What a settle or a move may change, but for the texts. */
export interface Changing {
  readonly state: Exclude<State, "active">;
  readonly reason: CancelReason | null;
  readonly priority: number;
  /** Place in the order; null while the job's time was not found due. */
  readonly ord: number | null;
  readonly run_at: Instant;
  readonly started_at: Instant | null;
  readonly finished_at: Instant | null;
  readonly expires_at: Instant | null;
  /** Attempts that ended or were given a new round; the running one is not among them. */
  readonly attempt: number;
  readonly rescues: number;
  readonly epoch: number;
  readonly seq: number;
  /** The claim of the running attempt stands among the events; else it is counted when read. */
  readonly claim_written: boolean;
  readonly cancel_requested: boolean;
  readonly held_limit: number | null;
  readonly worker: string | null;
  readonly last_op: string | null;
}

/** What a settle or a move may change and can be large. All but `payload` are null where there is none. */
export interface Texts {
  readonly payload: string;
  readonly result: string | null;
  readonly progress: string | null;
  readonly errors: string | null;
  readonly undo: string | null;
}

/** What a job is from its enqueue to its end. */
export interface Fixed {
  readonly pk: number;
  readonly queue: string;
  readonly id: string;
  readonly lane: number;
  readonly created_at: Instant;
  readonly max_attempts: number;
  readonly timeout_ms: number | null;
  readonly on_lease_lost: LeaseLossPolicy;
  readonly dedupe_key: string | null;
  readonly dedupe_while: "waiting" | "open" | "for" | null;
  readonly dedupe_for_ms: number | null;
  readonly grp: string | null;
  readonly tags: string | null;
  readonly backoff: string | null;
  readonly parent: string | null;
}

/** A job as it is stored, with the name and version of its lane. */
export interface JobRow extends Changing, Texts, Fixed {
  readonly name: string;
  readonly version: number;
}

/** A job without the texts that can be large. */
export type SummaryRow = Omit<JobRow, "payload" | "result" | "undo">;

/** The lease under which an active job runs. */
export interface Holding {
  readonly session: string;
  readonly token: string;
  readonly claimedAt: Instant;
  readonly deadline: Instant;
}

/** A list that is stored as JSON, and as null if it is empty. */
export const listText = (items: readonly unknown[]): string | null =>
  items.length === 0 ? null : JSON.stringify(items);

/** Any other JSON that may be null. */
export const jsonText = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

export const parsed = <T>(text: string | null): T | null => (text === null ? null : (JSON.parse(text) as T));

export const errorsIn = (text: string | null): readonly AttemptError[] => parsed<readonly AttemptError[]>(text) ?? [];

/** @param holding - the job's lease if it is active, else null */
export function toJob(row: JobRow, holding: Holding | null): Job {
  return {
    ...summary(row, holding),
    backoff: toBackoff(row.backoff),
    errors: errorsIn(row.errors),
    payload: row.payload,
    result: row.result,
  };
}

export function toSummary(row: SummaryRow, holding: Holding | null): JobSummary {
  return { ...summary(row, holding), lastError: errorsIn(row.errors).at(-1) ?? null };
}

function summary(row: SummaryRow, holding: Holding | null): Omit<JobSummary, "lastError"> {
  return {
    queue: row.queue,
    id: row.id,
    name: row.name,
    version: row.version,
    state: holding ? "active" : row.state,
    reason: row.reason,
    progress: row.progress,
    priority: row.priority,
    attempt: holding ? row.attempt + 1 : row.attempt,
    maxAttempts: row.max_attempts,
    timeoutMs: row.timeout_ms,
    runAt: row.run_at,
    createdAt: row.created_at,
    startedAt: holding ? holding.claimedAt : row.started_at,
    finishedAt: row.finished_at,
    expiresAt: row.expires_at,
    leaseUntil: holding ? holding.deadline : null,
    worker: holding ? holding.session : row.worker,
    tags: parsed(row.tags) ?? [],
    group: row.grp,
    dedupeKey: row.dedupe_key,
    onLeaseLost: row.on_lease_lost,
    parent: parsed(row.parent),
    rescues: row.rescues,
    heldLimit: row.held_limit,
    cancelRequested: row.cancel_requested,
    epoch: row.epoch,
    seq: holding && !row.claim_written ? row.seq + 1 : row.seq,
    lastOp: row.last_op,
  };
}
