/**
 * What every example of the suite starts from: one fresh bench, and short words for the verbs.
 *
 * The defaults are the plainest legal call; an example names only what it is about.
 */

import { expect, test } from "vitest";
import type {
  Adapter,
  ApplyOptions,
  Claim,
  ClaimQueue,
  ClaimRequest,
  Decision,
  Lease,
  LeasedJob,
  MoveResult,
  NewJob,
  QueueInfo,
  QueueSettings,
  Receipt,
  SettingsChange,
  Settled,
  Settlement,
} from "../../contract/adapter.ts";
import type { Filter } from "../../nouns/filter.ts";
import type { Job, JobEvent, JobRef } from "../../nouns/job.ts";
import type { OperatorMove } from "../../nouns/lifecycle.ts";
import type { Retention } from "../../nouns/retention.ts";
import type { Bench, OpenBench } from "../bench.ts";
import { claimRequest, newJob } from "../plain-calls.ts";

/** Registers one example; its body gets a stage of its own, closed when it ends. */
export type Example = (title: string, body: (stage: Stage) => Promise<void>) => void;
/** The examples of one subject. */
export type Chapter = (example: Example) => void;

export const examplesOn =
  (open: OpenBench): Example =>
  (title, body) =>
    test(title, async () => {
      const stage = new Stage(await open());
      try {
        await body(stage);
      } finally {
        await stage.close();
      }
    });

/** Every final goes. */
export const KEEP_NONE: Retention = { ageMs: 0, count: null, bytes: null };

export const QUEUE = "mail";
export const TYPE = "greet";
export const LEASE_MS = 30_000;
export const FAILURE = { code: "HANDLER_ERROR", message: "boom", stack: "Error: boom\n    at handler" } as const;
export const LOST = { code: "LEASE_EXPIRED", message: "worker gone", stack: null } as const;

export const COMPLETE: Decision = { move: "complete", result: '{"sent":true}' };
export const BURY: Decision = { move: "bury", failure: FAILURE };
export const STOP: Decision = { move: "stop", reason: "handler", failure: null };
export const retryIn = (delayMs: number): Decision => ({ move: "retry", delayMs, failure: FAILURE });
export const releaseFor = (delayMs: number): Decision => ({ move: "release", delayMs });
export const rescueTo = (
  to: "waiting" | "stale" | "dead" | "cancelled",
  over: { readonly charged?: boolean; readonly heldLimit?: number | null; readonly delayMs?: number } = {},
): Decision => ({ move: "rescue", to, charged: true, heldLimit: null, delayMs: 0, failure: LOST, ...over });

export const refOf = (id: string, queue: string = QUEUE): JobRef => ({ queue, id });
export const ids = (refs: readonly JobRef[]): readonly string[] => refs.map((ref) => ref.id);
export const idsOf = (jobs: readonly LeasedJob[]): readonly string[] => ids(jobs.map((job) => job.lease.ref));
/** Jobs of one queue. */
export const inQueue = (queue: string): Filter => [{ field: "queue", not: false, any: [{ text: queue, glob: false }] }];
export const inState = (...any: readonly Job["state"][]): Filter => [{ field: "state", not: false, any }];

type ClaimOver = Partial<ClaimRequest>;

export class Stage {
  readonly bench: Bench;
  readonly adapter: Adapter;
  #others: Adapter[] = [];
  #made = 0;

  constructor(bench: Bench) {
    this.bench = bench;
    this.adapter = bench.adapter;
  }

  async close(): Promise<void> {
    for (const other of this.#others) await other.close();
    await this.bench.close();
  }

  /** Another handle on the store, or the only one if there can be no other. */
  async second(): Promise<Adapter> {
    if (!this.bench.another) return this.adapter;
    const other = await this.bench.another();
    this.#others.push(other);
    return other;
  }

  now(): Promise<number> {
    return this.adapter.reader.now();
  }

  /** Ids are `j1`, `j2` … in the order in which they were asked for. */
  newJob(over: Partial<NewJob> = {}): NewJob {
    return newJob(`j${++this.#made}`, over);
  }

  enqueue(...jobs: readonly Partial<NewJob>[]): Promise<readonly Receipt[]> {
    return this.adapter.writer.enqueue(jobs.map((job) => this.newJob(job)));
  }

  /** Enqueues jobs that must all be accepted. */
  async add(...jobs: readonly Partial<NewJob>[]): Promise<readonly JobRef[]> {
    const receipts = await this.enqueue(...jobs);
    expect(receipts.map((receipt) => receipt.outcome)).toEqual(jobs.map(() => "accepted"));
    return receipts.map((receipt) => receipt.ref);
  }

  async addOne(over: Partial<NewJob> = {}): Promise<JobRef> {
    return only(await this.add(over));
  }

  request(over: ClaimOver = {}): ClaimRequest {
    return claimRequest(`t${++this.#made}`, over);
  }

  claim(over: ClaimOver = {}): Promise<Claim> {
    return this.adapter.leaser.claim(this.request(over));
  }

  /** The jobs of a claim. */
  async take(over: ClaimOver = {}): Promise<readonly LeasedJob[]> {
    return (await this.claim(over)).jobs;
  }

  /** A claim of at most one job, which must give one. */
  async takeOne(over: ClaimOver = {}): Promise<LeasedJob> {
    return only(await this.take({ max: 1, ...over }));
  }

  async settle(
    lease: Lease,
    decision: Decision,
    more: Partial<Pick<Settlement, "guard" | "followUps">> = {},
  ): Promise<Settled> {
    return only(await this.adapter.leaser.settle([{ lease, guard: "held", decision, ...more }]));
  }

  /** Lets the session's lease run out and settles its job as a rescuer would. */
  async rescue(lease: Lease, decision: Decision = rescueTo("waiting")): Promise<Settled> {
    await this.bench.advance(LEASE_MS);
    return this.settle(lease, decision, { guard: "expired" });
  }

  async job(ref: JobRef): Promise<Job> {
    const job = only(await this.adapter.reader.get([ref]));
    if (job === null) throw new Error(`no job ${ref.queue}/${ref.id}`);
    return job;
  }

  async events(ref: JobRef): Promise<readonly JobEvent[]> {
    const events = await this.adapter.reader.events(ref, 0, 1_000);
    if (events === null) throw new Error(`no events of ${ref.queue}/${ref.id}`);
    return events;
  }

  /** Kinds of all events of a job, whose numbers must be 1, 2, 3 … up to `seq`. */
  async kinds(ref: JobRef): Promise<readonly string[]> {
    const events = await this.events(ref);
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
    expect((await this.job(ref)).seq).toBe(events.length);
    return events.map((event) => event.kind);
  }

  apply(
    move: OperatorMove,
    refs: JobRef | readonly JobRef[],
    options: Partial<ApplyOptions> = {},
  ): Promise<readonly MoveResult[]> {
    const all = "id" in refs ? [refs] : refs;
    return this.adapter.operator.apply(move, all, { actor: "ada", ...options });
  }

  /** The outcome of a move of one job. */
  async move(move: OperatorMove, ref: JobRef, options: Partial<ApplyOptions> = {}): Promise<MoveResult["outcome"]> {
    return only(await this.apply(move, ref, options)).outcome;
  }

  async info(queue: string = QUEUE): Promise<QueueInfo> {
    return only(await this.adapter.reader.queues(queue));
  }

  configure(change: SettingsChange, queue: string = QUEUE): Promise<QueueSettings> {
    return this.adapter.operator.configure(queue, change, { actor: "ada" });
  }

  pause(queue: string = QUEUE): Promise<boolean> {
    return this.adapter.operator.pause(queue, { actor: "ada" });
  }

  resume(queue: string = QUEUE): Promise<boolean> {
    return this.adapter.operator.resume(queue, { actor: "ada" });
  }
}

/** A queue in a claim: type `greet` of version 1, unless others are named. */
export function serve(queue: string, over: Partial<ClaimQueue> = {}): ClaimQueue {
  return { queue, max: 10, types: [{ name: TYPE, maxVersion: 1 }], ...over };
}

/** The one item of a list that must have one. */
export function only<T>(items: readonly T[]): T {
  expect(items).toHaveLength(1);
  return items[0] as T;
}

/** @param limitMs - of real time; the promise must have settled by then */
export async function within<T>(promise: Promise<T>, what: string, limitMs = 5_000): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`still waiting after ${limitMs} ms: ${what}`)), limitMs);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
