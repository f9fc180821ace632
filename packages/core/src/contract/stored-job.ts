/** A job as SQL stores keep it: its columns, which have the same names and meanings in all of them. */

import type { Instant, LeaseLossPolicy } from "../nouns/job.ts";
import type { CancelReason, State } from "../nouns/lifecycle.ts";

/** Yes or no, for stores that have such values and for those that do not. */
export type StoredFlag = boolean | 0 | 1;

/** What a settle or a move may change, but for the texts. */
export interface StoredChanging<Flag extends StoredFlag> {
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
  readonly claim_written: Flag;
  readonly cancel_requested: Flag;
  readonly held_limit: number | null;
  readonly worker: string | null;
  readonly last_op: string | null;
}

/** What a settle or a move may change and can be large. All but `payload` are null where there is none. */
export interface StoredTexts {
  readonly payload: string;
  readonly result: string | null;
  readonly progress: string | null;
  readonly errors: string | null;
  readonly undo: string | null;
}

/** What a job is from its enqueue to its end; its name and version are its lane's. */
export interface StoredFixed {
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
export interface StoredJob<Flag extends StoredFlag> extends StoredChanging<Flag>, StoredTexts, StoredFixed {
  readonly name: string;
  readonly version: number;
}

/** A job without the texts that can be large. */
export type StoredSummary<Flag extends StoredFlag> = Omit<StoredJob<Flag>, "payload" | "result" | "undo">;

/** The lease under which an active job runs. */
export interface Holding {
  readonly session: string;
  readonly token: string;
  readonly claimedAt: Instant;
  readonly deadline: Instant;
}
