/**
 * Fills an empty store through the adapter's own verbs, on a clock that runs through three days in a minute: what
 * lies there was enqueued, claimed, settled and cancelled as any job is.
 */

import { systemPorts } from "@jobyard/core";
import {
  type Adapter,
  DEFAULTS,
  type Decision,
  type Instant,
  type LeasedJob,
  type NewJob,
  WORKER_KIND,
  type WorkerInfo,
} from "@jobyard/core/adapter";
import { ACTIVE_SHARE, countsOf, type Fate, failureOf, payloadOf, pickType, STUCK, TYPES } from "./mix.ts";
import { type Random, seededRandom } from "./random.ts";

const BATCH = 1_000;
/** Jobs after which the workers would have swept: counters are added up then. */
const SWEEP_EVERY = 20_000;
const DAY_MS = 86_400_000;
const HISTORY_MS = 3 * DAY_MS;
const WORKERS = 20;
/** Active jobs and registered workers stay what they are while the store is measured, and when it is used again. */
const FOREVER_MS = 3_650 * DAY_MS;

export interface Filling {
  readonly jobs: number;
  readonly seed: number;
  readonly onProgress: (done: number) => void;
}

/** The store's clock while it is filled: begins at {@link startOfHistory} and ends at the present. */
export interface FillingClock {
  now(): Instant;
  advance(ms: number): void | Promise<void>;
}

export const startOfHistory = (): Instant => Date.now() - HISTORY_MS;

export async function fill(adapter: Adapter, clock: FillingClock, { jobs, seed, onProgress }: Filling): Promise<void> {
  const filler = new Filler(adapter, clock, seededRandom(seed));
  const { waiting, ...older } = countsOf(jobs);
  // What waits came last; a batch of its own, so that nothing of it is claimed with the others.
  const batches = [
    ...batchesOf(mixed(older, seededRandom(seed + 1))),
    ...batchesOf(Array<Fate>(waiting).fill("waiting")),
  ];
  const stepMs = Math.floor(HISTORY_MS / batches.length);
  let done = 0;
  for (const batch of batches) {
    await filler.enqueue(batch, done);
    await clock.advance(Math.floor(stepMs / 2));
    await filler.work(batch.filter((fate) => IS_CLAIMED[fate]).length);
    await clock.advance(Math.ceil(stepMs / 2));
    done += batch.length;
    onProgress(done);
    if (done % SWEEP_EVERY === 0) await adapter.sweeper.expire(BATCH);
  }
  await adapter.sweeper.expire(BATCH);
  await filler.holdSome(Math.round((jobs * ACTIVE_SHARE) / 1_000));
  await filler.registerWorkers();
}

const IS_CLAIMED: Readonly<Record<Fate, boolean>> = {
  complete: true,
  dead: true,
  stale: true,
  retrying: true,
  cancelled: false,
  scheduled: false,
  stuck: false,
  waiting: false,
};

function mixed(counts: Readonly<Partial<Record<Fate, number>>>, random: Random): readonly Fate[] {
  const fates = Object.entries(counts).flatMap(([fate, n]) => Array<Fate>(n).fill(fate as Fate));
  for (let last = fates.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [fates[last], fates[other]] = [fates[other] as Fate, fates[last] as Fate];
  }
  return fates;
}

const batchesOf = (fates: readonly Fate[]): readonly (readonly Fate[])[] =>
  Array.from({ length: Math.ceil(fates.length / BATCH) }, (_, index) =>
    fates.slice(index * BATCH, (index + 1) * BATCH),
  );

class Filler {
  readonly #adapter: Adapter;
  readonly #clock: FillingClock;
  readonly #random: Random;
  readonly #fates = new Map<string, Fate>();
  #tokens = 0;

  constructor(adapter: Adapter, clock: FillingClock, random: Random) {
    this.#adapter = adapter;
    this.#clock = clock;
    this.#random = random;
  }

  async enqueue(fates: readonly Fate[], from: number): Promise<void> {
    const jobs = fates.map((fate, index) => this.#newJob(fate, from + index));
    await this.#adapter.writer.enqueue(jobs);
    const cancelled = jobs.filter((_, index) => fates[index] === "cancelled");
    if (cancelled.length > 0)
      await this.#adapter.operator.apply("cancel", cancelled, { actor: "ada", opId: systemPorts.newId() });
    for (const [index, { id }] of jobs.entries()) {
      const fate = fates[index] as Fate;
      if (IS_CLAIMED[fate]) this.#fates.set(id, fate);
    }
  }

  #newJob(fate: Fate, number: number): NewJob {
    const random = this.#random;
    const type = fate === "stuck" ? STUCK : pickType(random);
    const tags = random.below(10) === 0 ? [...type.tags, `import-${random.below(40)}`] : type.tags;
    return {
      queue: type.queue,
      id: random.below(5) === 0 ? `order-${number}` : systemPorts.newId(),
      name: type.name,
      version: 1,
      payload: payloadOf(random, number),
      // What waits has the common priority, so that what is to be claimed now goes first.
      priority: IS_CLAIMED[fate] || random.below(10) > 0 ? DEFAULTS.priority : random.pick([5, 9]),
      maxAttempts: DEFAULTS.maxAttempts,
      backoff: null,
      timeoutMs: null,
      start: { delayMs: fate === "scheduled" ? DAY_MS * (30 + random.below(60)) + random.below(DAY_MS) : 0 },
      expiresInMs: null,
      tags,
      group: null,
      dedupe: random.below(10) === 0 ? { key: `key-${number}`, while: "open", onConflict: "skip" } : null,
      onLeaseLost: fate === "stale" ? "hold" : "retry",
      parent:
        random.below(50) === 0
          ? { queue: "orders", id: `order-${random.below(number + 1)}`, epoch: 0, ref: "mail" }
          : null,
    };
  }

  /** Claims all that is to be claimed and gives each job its fate. */
  async work(count: number): Promise<void> {
    if (count === 0) return;
    const worker = this.#random.below(WORKERS);
    const jobs = await this.#claim(
      count,
      `${sessionOf(worker)}-${Math.floor(this.#clock.now() / (DAY_MS / 4))}`,
      60_000,
    );
    await this.#adapter.leaser.append(
      jobs
        .filter(() => this.#random.below(200) === 0)
        .map(({ lease }) => ({ lease, kind: "progress", data: '{"done":3,"total":10}' })),
    );
    await this.#adapter.leaser.settle(
      jobs.map(({ lease }) => ({
        lease,
        guard: "held",
        decision: this.#decide(this.#fates.get(lease.ref.id) ?? "complete"),
      })),
    );
    for (const { lease } of jobs) this.#fates.delete(lease.ref.id);
  }

  /** As often as it takes: one claim may give fewer than are there. */
  async #claim(count: number, session: string, leaseMs: number): Promise<readonly LeasedJob[]> {
    const jobs: LeasedJob[] = [];
    while (jobs.length < count) {
      const more = await this.#claimOnce(count - jobs.length, session, leaseMs);
      if (more.length === 0) throw new Error(`${count} jobs were to be claimed and ${jobs.length} were there`);
      jobs.push(...more);
    }
    return jobs;
  }

  async #claimOnce(max: number, session: string, leaseMs: number): Promise<readonly LeasedJob[]> {
    const queues = [...new Set(TYPES.map(({ queue }) => queue))];
    const { jobs } = await this.#adapter.leaser.claim({
      session,
      token: `token-${++this.#tokens}`,
      leaseMs,
      max,
      queues: queues.map((queue) => ({
        queue,
        max,
        types: TYPES.filter((type) => type.queue === queue).map(({ name }) => ({ name, maxVersion: 1 })),
      })),
      waitMs: 0,
      held: false,
    });
    return jobs;
  }

  #decide(fate: Fate): Decision {
    const failure = failureOf(this.#random);
    switch (fate) {
      case "dead":
        return { move: "bury", failure };
      case "retrying":
        return { move: "retry", delayMs: DAY_MS * (30 + this.#random.below(30)), failure };
      case "stale":
        return { move: "rescue", to: "stale", charged: true, heldLimit: null, delayMs: 0, failure };
      default:
        return { move: "complete", result: this.#random.below(3) === 0 ? '{"sent":true,"provider":"postmark"}' : null };
    }
  }

  /** Leaves jobs active, under the leases of all workers. */
  async holdSome(count: number): Promise<void> {
    for (let held = 0; held < count; held += 10)
      await this.#claim(Math.min(10, count - held), sessionOf((held / 10) % WORKERS), FOREVER_MS);
  }

  async registerWorkers(): Promise<void> {
    const now = this.#clock.now();
    for (let worker = 0; worker < WORKERS; worker++) {
      const info: WorkerInfo = {
        session: sessionOf(worker),
        name: `worker-${worker}`,
        host: `host-${worker % 4}`,
        pid: 1_000 + worker,
        startedAt: now - DAY_MS,
        seenAt: now,
        leaseMs: 30_000,
        queues: TYPES.map(({ queue, name }) => ({
          queue,
          concurrency: 10,
          running: 5,
          types: [{ name, maxVersion: 1 }],
        })),
      };
      await this.#adapter.records.put(WORKER_KIND, info.session, JSON.stringify(info), { ttlMs: FOREVER_MS });
    }
  }
}

const sessionOf = (worker: number): string => `0199aaaa-${String(worker).padStart(4, "0")}-7000-8000-000000000000`;
