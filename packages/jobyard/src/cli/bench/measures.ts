/**
 * What `jobyard bench` measures: how fast this machine and this backend take jobs in, hand them out, and wake up.
 *
 * Handlers do nothing and payloads are small, so that the figures are those of the queue. Every measure takes about
 * the same time, whatever the speed.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { defineJob, QueueError, type Worker, type Yard } from "@jobyard/core";
import { percentiles, rate } from "./figures.ts";

export interface Measured {
  readonly measure: string;
  readonly jobs: number;
  /** `null` where only the time of each counts. */
  readonly perSecond: number | null;
  /** Of each job; `null` where they travel together. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

export interface Bench {
  readonly yard: Yard;
  /** The same store through a connection of its own, as another process would have it. */
  readonly another: Yard;
  /** About how long each measure takes. */
  readonly timeMs: number;
  readonly signal: AbortSignal;
}

export interface Measure {
  readonly name: string;
  /** It needs a second connection to the same store. */
  readonly acrossConnections?: true;
  readonly run: (bench: Bench) => Promise<Figures>;
}

const IN_FLIGHT = 100;
const BULK = 1_000;

export const MEASURES: readonly Measure[] = [
  { name: "enqueue, one after the other", run: (bench) => enqueueInFlight(bench, 1) },
  { name: `enqueue, ${IN_FLIGHT} in flight`, run: (bench) => enqueueInFlight(bench, IN_FLIGHT) },
  { name: `enqueue, ${BULK.toLocaleString("en")} at once`, run: enqueueBulk },
  ...[1, 10, 100].map((concurrency) => ({
    name: `drain, concurrency ${concurrency}`,
    run: (bench: Bench) => drain(bench, concurrency),
  })),
  { name: "idle worker wakes, same process", run: (bench) => wake(bench, bench.yard) },
  {
    name: "idle worker wakes, other connection",
    acrossConnections: true,
    run: (bench) => wake(bench, bench.another),
  },
];

const PAYLOAD = { n: 1 };
const anything = { "~standard": { version: 1, vendor: "jobyard", validate: (value: unknown) => ({ value }) } } as const;
const noop = defineJob("noop", { payload: anything });

type Figures = Omit<Measured, "measure">;

async function enqueueInFlight({ yard, timeMs, signal }: Bench, inFlight: number): Promise<Figures> {
  const times: number[] = [];
  const one = async (): Promise<void> => {
    const startedAt = performance.now();
    await yard.enqueue(noop, PAYLOAD, { queue: "enqueue" });
    times.push(performance.now() - startedAt);
  };
  const ms = await repeat(timeMs, signal, () => Promise.all(Array.from({ length: inFlight }, one)));
  return { jobs: times.length, perSecond: rate(times.length, ms), ...percentiles(times) };
}

async function enqueueBulk({ yard, timeMs, signal }: Bench): Promise<Figures> {
  const payloads = Array.from({ length: BULK }, () => PAYLOAD);
  let jobs = 0;
  const ms = await repeat(timeMs, signal, async () => {
    jobs += (await yard.enqueueMany(noop, payloads, { queue: "enqueue" })).length;
  });
  return { jobs, perSecond: rate(jobs, ms), p50Ms: null, p99Ms: null };
}

/** At least once, and until the time is over. @returns ms */
async function repeat(timeMs: number, signal: AbortSignal, work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  do await work();
  while (performance.now() - startedAt < timeMs && !signal.aborted);
  return performance.now() - startedAt;
}

const PILOT = 500;
const MOST = 500_000;

/** A few jobs tell how many are needed to fill the time; their figures stand if it ends before any of the many ran. */
async function drain(bench: Bench, concurrency: number): Promise<Figures> {
  const pilot = await drainJobs(bench, concurrency, PILOT);
  const jobs = Math.min(MOST, Math.max(PILOT, Math.round((pilot.perSecond * bench.timeMs) / 1_000)));
  const measured = bench.signal.aborted ? pilot : await drainJobs(bench, concurrency, jobs);
  return { ...(measured.jobs === 0 ? pilot : measured), p50Ms: null, p99Ms: null };
}

async function drainJobs(
  { yard, signal }: Bench,
  concurrency: number,
  jobs: number,
): Promise<{ readonly jobs: number; readonly perSecond: number }> {
  const queue = `drain-${concurrency}`;
  for (let left = jobs; left > 0 && !signal.aborted; left -= BULK)
    await yard.enqueueMany(
      noop,
      Array.from({ length: Math.min(BULK, left) }, () => PAYLOAD),
      { queue },
    );
  let runs = 0;
  const count = (): void => {
    runs += 1;
  };
  const ms = await atWork({ yard, queue, concurrency, signal, run: count }, async ({ worker, over, ended }) => {
    const startedAt = performance.now();
    if (!over.aborted) await Promise.race([worker.drain(), ended]);
    return performance.now() - startedAt;
  });
  if (runs !== jobs && !signal.aborted) throw new QueueError("INTERNAL", `${runs} runs of ${jobs} jobs`);
  return { jobs: runs, perSecond: rate(runs, ms) };
}

/** Wake-ups that are measured at most: more of them change nothing. */
const WAKES = 200;

/** From the call of `enqueue` until the handler of an idle worker begins. */
async function wake({ yard, timeMs, signal }: Bench, producer: Yard): Promise<Figures> {
  const times: number[] = [];
  let began = Promise.withResolvers<void>();
  const queue = "wake";
  await atWork({ yard, queue, concurrency: 1, signal, run: () => began.resolve() }, async ({ worker, over, ended }) => {
    await worker.start();
    const until = performance.now() + timeMs;
    while (times.length < WAKES && (times.length === 0 || performance.now() < until) && !over.aborted) {
      began = Promise.withResolvers();
      const startedAt = performance.now();
      await producer.enqueue(noop, PAYLOAD, { queue });
      await Promise.race([began.promise, ended]);
      if (over.aborted) return;
      times.push(performance.now() - startedAt);
      await idle(worker, times.length, over);
    }
  });
  return { jobs: times.length, perSecond: null, ...percentiles(times) };
}

/** The job is settled, and the worker waits for the next one. */
async function idle(worker: Worker, completed: number, over: AbortSignal): Promise<void> {
  do await sleep(IDLE_MS);
  while (worker.status.completed < completed && !over.aborted);
}
const IDLE_MS = 3;

interface Shift extends Pick<Bench, "yard" | "signal"> {
  readonly queue: string;
  readonly concurrency: number;
  /** Each job's handler. */
  readonly run: () => void;
}

interface AtWork {
  readonly worker: Worker;
  /** Aborts with the bench, and when the worker reports a fault: it would try again for ever. */
  readonly over: AbortSignal;
  /** Resolves when `over` aborts. */
  readonly ended: Promise<void>;
}

/** @throws what the worker reported */
async function atWork<T>(
  { yard, queue, concurrency, signal, run }: Shift,
  measure: (at: AtWork) => Promise<T>,
): Promise<T> {
  const failed = new AbortController();
  const over = AbortSignal.any([signal, failed.signal]);
  const ended = new Promise<void>((resolve) => over.addEventListener("abort", () => resolve(), { once: true }));
  const worker = yard.worker({
    jobs: [noop.handler(run)],
    queues: { [queue]: { concurrency } },
    hooks: { onError: (error) => failed.abort(error) },
  });
  try {
    const measured = await measure({ worker, over, ended });
    failed.signal.throwIfAborted();
    return measured;
  } finally {
    await worker.stop(over.aborted ? { grace: 0 } : {});
  }
}
