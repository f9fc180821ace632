/**
 * The keyspace contract: what our scripts leave in Redis is what BullMQ's own classes leave when they are asked for the
 * same, key by key, value by value, event by event.
 */

import type { NewJob } from "@jobyard/core/adapter";
import { type JobsOptions, type Queue, UnrecoverableError, type Worker } from "bullmq";
import { describe, expect, test } from "vitest";
import {
  accepts,
  bury,
  claimJobs,
  complete,
  failure,
  newJob,
  openYard,
  QUEUE,
  retry,
  settleAll,
  type Yard,
} from "./bullmq-ground.ts";
import { keyspaceOf } from "./bullmq-keyspace.ts";

const SESSION = "w1";
const MINUTE = 60_000;

/** The same, done twice. */
interface Deed {
  readonly ours: (yard: Yard) => Promise<unknown>;
  readonly theirs: (queue: Queue, worker: Worker) => Promise<unknown>;
}

interface Given {
  readonly id: string;
  readonly data?: unknown;
  readonly delay?: number;
  readonly priority?: number;
  readonly key?: string;
  readonly ttl?: number;
  readonly attempts?: number;
}

const add = (...given: readonly Given[]): Deed => ({
  ours: (yard) => accepts(yard, ...given.map(ourJob)),
  theirs: async (queue) => {
    for (const one of given) await queue.add("greet", one.data ?? { to: "Ada" }, theirOptions(one));
  },
});

const ourJob = ({ id, data = { to: "Ada" }, delay = 0, priority = 0, key, ttl, attempts = 3 }: Given): NewJob =>
  newJob(id, {
    ...{ payload: JSON.stringify(data), start: { delayMs: delay }, priority, maxAttempts: attempts },
    ...(key !== undefined && {
      dedupe: { key, while: ttl === undefined ? "open" : { forMs: ttl }, onConflict: "skip" },
    }),
  });

const theirOptions = ({ id, delay, priority, key, ttl, attempts = 3 }: Given): JobsOptions => ({
  ...{ jobId: id, attempts },
  ...(delay !== undefined && { delay }),
  ...(priority !== undefined && { priority }),
  ...(key !== undefined && { deduplication: { id: key, ...(ttl !== undefined && { ttl }) } }),
});

/** Those that a claim gets; a worker of BullMQ's asks for one after the other. */
const claim = (count: number): Deed => ({
  ours: async (yard) => expect(await claimJobs(yard, count, { session: SESSION })).toHaveLength(count),
  theirs: async (_, worker) => {
    for (let n = 0; n < count; n += 1) expect(await worker.getNextJob(TOKEN, { block: false })).toBeDefined();
  },
});
const TOKEN = "a-token";

/** What is done with all jobs that are active, the one that was taken first before all others. */
const withActive = (ours: (yard: Yard) => Promise<unknown>, theirs: (job: StockJob) => Promise<unknown>): Deed => ({
  ours,
  theirs: async (queue) => {
    for (const job of await queue.getActive()) await theirs(job);
  },
});
type StockJob = Awaited<ReturnType<Queue["getActive"]>>[number];

const leased = new WeakMap<Yard, Awaited<ReturnType<typeof claimJobs>>>();
const take = (count: number): Deed => ({
  ours: async (yard) => leased.set(yard, await claimJobs(yard, count, { session: SESSION })),
  theirs: claim(count).theirs,
});
const jobsOf = (yard: Yard) => leased.get(yard) ?? [];

const boom = (): Error => Object.assign(new Error("boom"), { stack: failure().stack });

const completes = withActive(
  (yard) => settleAll(yard, jobsOf(yard), (job) => complete(JSON.stringify({ did: job.lease.ref.id }))),
  (job) => job.moveToCompleted({ did: job.id }, TOKEN, false),
);
const buries = withActive(
  (yard) => settleAll(yard, jobsOf(yard), bury()),
  (job) => job.moveToFailed(Object.assign(new UnrecoverableError("boom"), { stack: failure().stack }), TOKEN, false),
);
const retries = (delay: number): Deed =>
  withActive(
    (yard) => settleAll(yard, jobsOf(yard), retry(delay)),
    async (job) => {
      job.opts.backoff = { type: "fixed", delay };
      await job.moveToFailed(boom(), TOKEN, false);
    },
  );

const move = (ours: (yard: Yard) => Promise<unknown>, theirs: (queue: Queue) => Promise<unknown>): Deed => ({
  ours,
  theirs,
});
const applied = (
  yard: Yard,
  name: "promote" | "requeue" | "remove" | "reprioritise" | "reschedule",
  id: string,
  more = {},
) => yard.adapter.operator.apply(name, [{ queue: QUEUE, id }], { actor: "ada", ...more });
const stock = async (queue: Queue, id: string): Promise<StockJob> => {
  const job = await queue.getJob(id);
  if (job === undefined) throw new Error(`no job ${id}`);
  return job;
};

const pauses = move(
  (yard) => yard.adapter.operator.pause(QUEUE, { actor: "ada" }),
  (queue) => queue.pause(),
);
const resumes = move(
  (yard) => yard.adapter.operator.resume(QUEUE, { actor: "ada" }),
  (queue) => queue.resume(),
);

const JOBS: readonly Given[] = [
  { id: "plain" },
  { id: "text", data: "\u0000 \ud83d\ude00" },
  { id: "urgent", priority: 3 },
  { id: "urgent-too", priority: 3 },
  { id: "later", delay: MINUTE },
  { id: "much-later", delay: 3 * MINUTE, priority: 2 },
  { id: "keyed", key: "k" },
  { id: "keyed-again", key: "k" },
  { id: "keyed-late", key: "l", delay: 2 * MINUTE },
  { id: "timed", key: "t", ttl: MINUTE },
  { id: "timed-again", key: "t", ttl: MINUTE },
  { id: "plain" },
];

const STORIES: Readonly<Record<string, readonly Deed[]>> = {
  adds: [add(...JOBS)],
  "adds, one call each": JOBS.map((job) => add(job)),
  "adds on a paused queue": [pauses, add(...JOBS)],
  "pauses and resumes": [add(...JOBS), pauses, resumes],
  "pauses an empty queue and resumes it": [pauses, resumes],
  "claims some": [add(...JOBS), claim(2)],
  "claims all": [add(...JOBS), claim(6)],
  "claims what has become due": [
    add({ id: "soon", delay: 40 }, { id: "soon-urgent", delay: 20, priority: 2 }, { id: "later", delay: MINUTE }),
    move(
      () => until(60),
      () => until(60),
    ),
    claim(2),
  ],
  completes: [add(...JOBS), take(6), completes],
  "completes the last": [add({ id: "one" }), take(1), completes],
  "completes some, and takes others": [add(...JOBS), take(2), completes, claim(2)],
  "fails at the last attempt": [add({ id: "one", attempts: 1 }, { id: "two", attempts: 1, key: "k" }), take(2), buries],
  "fails before the last attempt": [add({ id: "one" }, { id: "two", priority: 1 }), take(2), buries],
  "retries at once": [add(...JOBS), take(4), retries(0)],
  "retries later": [add({ id: "one" }), take(1), retries(2 * MINUTE)],
  "retries twice": [add({ id: "one" }), take(1), retries(0), take(1), retries(0)],
  "retries a prioritized one": [add({ id: "one", priority: 5 }, { id: "two", priority: 5 }), take(1), retries(0)],
  "retries on a paused queue": [add({ id: "one" }), take(1), pauses, retries(0)],
  "completes after a retry": [add({ id: "one" }), take(1), retries(0), take(1), completes],
  "tells progress, and logs": [
    add({ id: "one" }),
    take(1),
    withActive(
      (yard) =>
        yard.adapter.leaser.append(
          jobsOf(yard).flatMap(({ lease }) => [
            { lease, kind: "progress", data: '{"done":5}' },
            { lease, kind: "log", data: '"hello"' },
          ]),
        ),
      async (job) => {
        await job.updateProgress({ done: 5 });
        await job.log('"hello"');
      },
    ),
  ],
  "requeues what failed": [
    add({ id: "one", attempts: 1 }, { id: "urgent", attempts: 1, priority: 4 }),
    take(2),
    buries,
    move(
      (yard) => applied(yard, "requeue", "one"),
      async (queue) => (await stock(queue, "one")).retry("failed", { resetAttemptsMade: true }),
    ),
    move(
      (yard) => applied(yard, "requeue", "urgent"),
      async (queue) => (await stock(queue, "urgent")).retry("failed", { resetAttemptsMade: true }),
    ),
  ],
  promotes: [
    add(...JOBS),
    move(
      (yard) => applied(yard, "promote", "later"),
      async (queue) => (await stock(queue, "later")).promote(),
    ),
    move(
      (yard) => applied(yard, "promote", "much-later"),
      async (queue) => (await stock(queue, "much-later")).promote(),
    ),
  ],
  reschedules: [
    add(...JOBS),
    move(
      (yard) => applied(yard, "reschedule", "later", { delayMs: 5 * MINUTE }),
      async (queue) => (await stock(queue, "later")).changeDelay(5 * MINUTE),
    ),
  ],
  "changes priorities": [
    add(...JOBS),
    move(
      (yard) => applied(yard, "reprioritise", "plain", { priority: 7 }),
      async (queue) => (await stock(queue, "plain")).changePriority({ priority: 7 }),
    ),
    move(
      (yard) => applied(yard, "reprioritise", "later", { priority: 7 }),
      async (queue) => (await stock(queue, "later")).changePriority({ priority: 7 }),
    ),
  ],
  removes: [
    add(...JOBS),
    take(1),
    completes,
    ...["plain", "text", "urgent", "later", "keyed"].map((id) =>
      move(
        (yard) => applied(yard, "remove", id),
        async (queue) => (await stock(queue, id)).remove(),
      ),
    ),
  ],
};

/** Fields of jobs in which ours differs on purpose. */
const WITHOUT: Readonly<Record<string, readonly string[]>> = {
  // Ours goes on telling when the last attempt began.
  "requeues what failed": ["processedOn"],
};

const until = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("ours and BullMQ's leave the same when one", () => {
  for (const [title, deeds] of Object.entries(STORIES))
    test(title, async () => {
      const beginning = Date.now();
      const [ours, theirs] = [await openYard(), await openYard()];
      const worker = theirs.worker(null, { name: SESSION });
      await worker.waitUntilReady();
      for (const deed of deeds) {
        await deed.ours(ours);
        await deed.theirs(theirs.queue, worker);
      }
      const without = WITHOUT[title] ?? [];
      expect(await keyspaceOf(ours, beginning, without)).toEqual(await keyspaceOf(theirs, beginning, without));
    });
});
