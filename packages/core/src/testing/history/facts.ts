/**
 * What a whole history says of each job, each queue and each session, and what the store held in the end.
 *
 * Grows with the number of jobs, not with the number of entries.
 */

import type { Instant, JobRef } from "../../nouns/job.ts";
import type { State } from "../../nouns/lifecycle.ts";
import type {
  AskedJob,
  AskedSettlement,
  DepthEntry,
  DiedEntry,
  DumpedJob,
  DumpedQueue,
  EnqueueAnswer,
  FaultEntry,
  JobRole,
  ReadEntry,
  Stamp,
} from "./entry.ts";
import type { Story } from "./story.ts";

export interface Facts {
  readonly jobs: Map<string, JobFacts>;
  readonly queues: Map<string, QueueFacts>;
  readonly deaths: (Stamp & DiedEntry)[];
  readonly faults: (Stamp & FaultEntry)[];
  /** Claims of jobs that may be claimed only together with few others. */
  readonly heldClaims: HeldClaim[];
  /** How many rows each job left in the user's own table; `null` if there is none. */
  effectRows: { readonly queues: ReadonlySet<string>; readonly rows: ReadonlyMap<string, number> } | null;
  /** Everything that is only counted. */
  readonly counters: Map<string, number>;
  entries: number;
}

export interface JobFacts {
  readonly ref: JobRef;
  role: JobRole;
  /** Of the enqueue that was accepted; of one that was never answered nobody knows whether its key counted. */
  dedupe: AskedJob["dedupe"];
  /** How often which answer was given to an enqueue of this id. */
  readonly answers: Partial<Record<EnqueueAnswer | "unknown", number>>;
  /** Moves of operators that were made, or may have been. */
  readonly moved: { remove: number; requeue: number };
  readonly claims: ClaimSeen[];
  /** Epochs in which the handler began, and in which it did its work. */
  readonly starts: number[];
  readonly effects: number[];
  readonly accepted: AcceptedEnd[];
  /** Epochs of the handler's events that were accepted. */
  readonly notes: number[];
  readonly reads: (Stamp & ReadEntry)[];
  stored: Stored | null;
  /** How often the dump has the job. */
  copies: number;
}

export interface ClaimSeen {
  readonly process: string;
  readonly epoch: number;
  readonly token: string;
}

/** A settlement that was answered with ok. */
export interface AcceptedEnd extends Pick<AskedSettlement, "epoch" | "token" | "move"> {
  readonly state: State;
}

/** A claim that gave jobs which shared a crash. */
export interface HeldClaim {
  /** The first of them. */
  readonly ref: JobRef;
  readonly process: string;
  readonly jobs: number;
  readonly smallestLimit: number;
  readonly queues: number;
  /** Jobs of the same claim that share no crash. */
  readonly strangers: number;
}

/** The record, and its events as a story. */
export interface Stored {
  readonly job: Omit<DumpedJob, "events">;
  readonly story: Story;
  /** Kinds of all events, in the order of `seq`, of a job whose events somebody read. */
  readonly kinds: readonly string[];
}

export interface QueueFacts {
  readonly queue: string;
  samples: number;
  /** Samples that need a closer look: the counter differs, or it is over the bound. */
  readonly odd: DepthEntry[];
  /** Times in which a pause had been answered and no resume been asked for, by the store's clock. */
  readonly pauses: { readonly from: Instant; to: Instant | null }[];
  /** Jobs that may have come in past the bound: follow-ups, and what operators brought back. */
  bypasses: number;
  /** As it told its depth in the end. */
  dumped: DumpedQueue | null;
  /** Open jobs in the dump. */
  open: number;
}

/** No name has a colon. */
export const keyOf = ({ queue, id }: JobRef): string => `${queue}:${id}`;

export const emptyFacts = (): Facts => ({
  jobs: new Map(),
  queues: new Map(),
  deaths: [],
  faults: [],
  heldClaims: [],
  effectRows: null,
  counters: new Map(),
  entries: 0,
});

export const count = ({ counters }: Facts, name: string, by = 1): void => {
  counters.set(name, (counters.get(name) ?? 0) + by);
};

/** The facts of that job, empty if nothing was known of it. */
export function jobFacts(facts: Facts, { queue, id }: JobRef): JobFacts {
  const key = keyOf({ queue, id });
  const known = facts.jobs.get(key);
  if (known) return known;
  const fresh: JobFacts = {
    ref: { queue, id },
    role: "healthy",
    dedupe: undefined,
    answers: {},
    moved: { remove: 0, requeue: 0 },
    claims: [],
    starts: [],
    effects: [],
    accepted: [],
    notes: [],
    reads: [],
    stored: null,
    copies: 0,
  };
  facts.jobs.set(key, fresh);
  return fresh;
}

export function queueFacts(facts: Facts, queue: string): QueueFacts {
  const known = facts.queues.get(queue);
  if (known) return known;
  const fresh: QueueFacts = { queue, samples: 0, odd: [], pauses: [], bypasses: 0, dumped: null, open: 0 };
  facts.queues.set(queue, fresh);
  return fresh;
}

/** True if the job's events can be trusted: they have no fault, and the id was never given to a second job. */
export const isSound = (job: JobFacts): job is JobFacts & { readonly stored: Stored } =>
  job.stored !== null && job.stored.story.fault === null && job.moved.remove === 0;
