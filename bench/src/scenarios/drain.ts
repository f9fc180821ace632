/** How fast a full queue is worked off, by one process or by two. */

import { Meter, nowMs, pause } from "../clock.ts";
import { checkAllRan, emptied, fill, warmUpOf } from "../jobs.ts";
import type { Measures } from "../metrics.ts";
import type { Scenario, Stage } from "../scenario.ts";
import { memoryMeasures, serverMeasures } from "../server-spent.ts";
import { MARK_EVERY, Tally } from "../tally.ts";

const SIZE = { sameForAll: false, limitMs: 180_000 } as const;
const MANY = { jobs: 60_000, quickJobs: 20_000 } as const;
/** One after the other, each takes its time. */
const FEWER = { jobs: 30_000, quickJobs: 5_000 } as const;
const METRICS_OF_DRAIN = ["jobsPerSecond", "cpuMicros", "serverMicros", "logBytes"] as const;
const PROCESSES = 2;
const LOOK_AGAIN_MS = 2;

export const drain = (concurrency: number): Scenario => ({
  ...SIZE,
  ...(concurrency === 1 ? FEWER : MANY),
  name: `drain-${concurrency}`,
  family: "drain",
  title: `drain, ${concurrency} at once`,
  metrics: [...METRICS_OF_DRAIN, "memoryBytes"],
  alone: true,
  run: (stage) => drainAlone(stage, concurrency),
});

/** Where a store lies in memory: with a log that is brought to disk each second. */
export const drainLogged: Scenario = {
  ...drain(100),
  name: "drain-logged",
  title: "drain, 100 at once, with a log flushed each second",
  logged: true,
};

/** By two processes, each with 10 at once. */
export const drain2: Scenario = {
  ...SIZE,
  ...MANY,
  name: "drain2",
  family: "drain2",
  title: "drain by two processes, 10 at once each",
  metrics: METRICS_OF_DRAIN,
  alone: false,
  run: drainTogether,
};

async function drainAlone(stage: Stage, concurrency: number): Promise<Measures> {
  const { contender, store, jobs, settle, profiled } = stage;
  const queue = await contender.open(store);
  const empty = await stage.memory();
  await fill(queue, 0, jobs);
  await settle();
  const tally = new Tally(jobs);
  const warmUp = warmUpOf(jobs);
  const meter = new Meter();
  tally.at(warmUp, () => meter.start());
  const all = tally.reached(jobs);
  const before = await stage.serverSpent();
  const working = await profiled(async () => {
    const started = await queue.work(concurrency, ({ i }) => tally.ran(i));
    await all;
    await emptied(queue);
    return started;
  });
  const { ms, cpuMicros } = meter.stop();
  const server = serverMeasures(before, await stage.serverSpent(), jobs);
  await working.stop();
  const memory = memoryMeasures(empty, await stage.memory(), jobs);
  await checkAllRan(queue, tally, jobs);
  await queue.close();
  const counted = jobs - warmUp;
  return { jobsPerSecond: (counted / ms) * 1_000, cpuMicros: cpuMicros / counted, ...server, ...memory };
}

async function drainTogether({ contender, store, jobs, settle, help, serverSpent }: Stage): Promise<Measures> {
  const queue = await contender.open(store);
  await fill(queue, 0, jobs);
  await settle();
  const marks: number[] = [];
  const onMark = (at: number): void => void marks.push(at);
  const helpers = await Promise.all(
    Array.from({ length: PROCESSES }, () => help({ concurrency: 10, tell: "hundreds", onMark })),
  );
  const before = await serverSpent();
  await Promise.all(helpers.map((helper) => helper.work()));
  while (marks.length * MARK_EVERY < jobs - PROCESSES * MARK_EVERY) await pause(LOOK_AGAIN_MS);
  await emptied(queue);
  const endedAt = nowMs();
  const server = serverMeasures(before, await serverSpent(), jobs);

  const reports = await Promise.all(helpers.map((helper) => helper.stop()));
  const tally = new Tally(jobs);
  for (const { ran } of reports) for (const i of ran) tally.ran(i);
  await checkAllRan(queue, tally, jobs);
  await queue.close();

  const warmMarks = Math.max(1, Math.floor(warmUpOf(jobs) / MARK_EVERY));
  const warmAt = marks.toSorted((one, other) => one - other)[warmMarks - 1] ?? Number.NaN;
  return {
    jobsPerSecond: ((jobs - warmMarks * MARK_EVERY) / (endedAt - warmAt)) * 1_000,
    cpuMicros: reports.reduce((sum, report) => sum + report.cpuMicros, 0) / jobs,
    ...server,
  };
}
