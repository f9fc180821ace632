/** How long an idle worker takes to begin a job that has just been enqueued, in the same process or in another. */

import { nowMs, pause } from "../clock.ts";
import { payloadOf, type Queue } from "../contender.ts";
import { checkAllRan, emptied } from "../jobs.ts";
import type { Measures } from "../metrics.ts";
import type { Scenario, Stage } from "../scenario.ts";
import { percentile } from "../stats.ts";
import { Tally } from "../tally.ts";

const SIZE = { jobs: 500, quickJobs: 100, sameForAll: true, limitMs: 60_000 } as const;
/** Before the first job, so that the worker is idle; the pauses between two jobs are uneven, so that none can adapt. */
const SETTLE_MS = 500;
const PAUSES_MS = [2, 9, 5, 3, 8, 6, 4, 7];

/** @param handlers - at once; a queue that polls for each of them looks that many times as often */
const sameProcess = (handlers: number, about: Pick<Scenario, "name" | "title">): Scenario => ({
  ...SIZE,
  ...about,
  family: "latency",
  metrics: ["p50Ms", "p99Ms"],
  alone: true,
  run: (stage) => inSameProcess(stage, handlers),
});

export const latencySame: Scenario = sameProcess(1, { name: "latency-same", title: "idle latency, same process" });
export const latencyTen: Scenario = sameProcess(10, {
  name: "latency-ten",
  title: "idle latency, same process, ten handlers at once",
});

export const latencyAcross: Scenario = {
  ...SIZE,
  name: "latency-across",
  family: "latency",
  title: "idle latency, to another process",
  metrics: ["p50Ms", "p99Ms"],
  alone: false,
  run: acrossProcesses,
};

async function inSameProcess({ contender, store, jobs, profiled }: Stage, handlers: number): Promise<Measures> {
  const queue = await contender.open(store);
  const tally = new Tally(jobs);
  const began = new Began();
  const working = await queue.work(handlers, ({ i }) => {
    began.tell(nowMs());
    tally.ran(i);
  });
  const latencies = await profiled(() => sampled(queue, jobs, began));
  await working.stop();
  await checkAllRan(queue, tally, jobs);
  await queue.close();
  return summary(latencies);
}

async function acrossProcesses({ contender, store, jobs, help }: Stage): Promise<Measures> {
  const queue = await contender.open(store);
  const began = new Began();
  const helper = await help({ concurrency: 1, tell: "each", onMark: (at) => began.tell(at) });
  await helper.work();
  const latencies = await sampled(queue, jobs, began);
  await emptied(queue);
  const { ran } = await helper.stop();
  const tally = new Tally(jobs);
  for (const i of ran) tally.ran(i);
  await checkAllRan(queue, tally, jobs);
  await queue.close();
  return summary(latencies);
}

/** When the one job that is on its way began to run. */
class Began {
  #told: (at: number) => void = () => {};

  tell(at: number): void {
    this.#told(at);
  }

  next(): Promise<number> {
    return new Promise((resolve) => {
      this.#told = resolve;
    });
  }
}

/** One job at a time, from the call of `add` to the begin of the handler. */
async function sampled(queue: Queue, jobs: number, began: Began): Promise<readonly number[]> {
  await pause(SETTLE_MS);
  const latencies: number[] = [];
  for (let i = 0; i < jobs; i++) {
    await anyMoment();
    const begin = began.next();
    const calledAt = nowMs();
    const [at] = await Promise.all([begin, queue.add(payloadOf(i))]);
    latencies.push(at - calledAt);
    await pause(PAUSES_MS[i % PAUSES_MS.length] ?? 0);
  }
  return latencies;
}

/** Several times as long as the shortest pause between two polls. */
const ANY_MOMENT_MS = 5;

/**
 * Real work comes at any moment. Straight after a timer, which comes on a tick of the event loop's clock, it would
 * always come at the same moment for the timers of whoever polls.
 */
async function anyMoment(): Promise<void> {
  const at = nowMs() + ANY_MOMENT_MS * Math.random();
  while (nowMs() < at) await new Promise(setImmediate);
}

/** Without the first tenth, which is the warm-up. */
function summary(latencies: readonly number[]): Measures {
  const counted = latencies.slice(Math.floor(latencies.length / 10));
  return { p50Ms: percentile(counted, 0.5), p99Ms: percentile(counted, 0.99) };
}
