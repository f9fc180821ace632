/** Whether claims cost the same however much lies in the store: the same jobs, with more and more around them. */

import { Meter, type Spent } from "../clock.ts";
import type { Kind, Queue } from "../contender.ts";
import { checkCompleted, fill, warmUpOf } from "../jobs.ts";
import type { Measures } from "../metrics.ts";
import type { Scenario, Stage } from "../scenario.ts";
import { median } from "../stats.ts";
import { Tally } from "../tally.ts";

const CONCURRENCY = 100;
/** Due jobs of the worker's own type where the rest is of another kind. */
const DUE = 20_000;
/** How many are run at a time; the others stay. */
const RUN = 18_000;
const SLICES = 5;

const backlog = (name: string, title: string, kind: Kind, jobs: number, quickJobs: number): Scenario => ({
  name: `backlog-${name}`,
  family: "backlog",
  title: `claims, ${title}`,
  metrics: ["jobsPerSecond", "cpuMicros"],
  jobs,
  quickJobs,
  sameForAll: true,
  alone: true,
  limitMs: 300_000,
  run: (stage) => (kind === "due" ? run(stage, kind, stage.jobs, 0) : run(stage, kind, DUE, stage.jobs)),
});

const MILLION = 1_000_000;
const QUICK = 100_000;

export const BACKLOGS: readonly Scenario[] = [
  backlog("small", "that many pending", "due", DUE, DUE),
  backlog("pending", "that many pending", "due", MILLION, QUICK),
  backlog("scheduled", "that many scheduled beside 20,000", "later", MILLION, QUICK),
  backlog("unknown", "that many of an unknown type ahead", "foreign", MILLION, QUICK),
];

/**
 * The rate is that of jobs begun: with a million pending there is no end to wait for. A slice takes a fifth of a second
 * only, in which one flush to disk counts much: so several are taken, filled up in between, and the median counts.
 */
async function run(stage: Stage, kind: Kind, due: number, others: number): Promise<Measures> {
  const queue = await stage.contender.open(stage.store);
  const most = due + SLICES * RUN;
  await fill(queue, most, most + others, kind);
  await fill(queue, 0, due);
  const jobs = Math.min(RUN, due);
  const tally = new Tally(most);
  const slices: Spent[] = [];
  let filled = due;
  for (let slice = 0; slice < SLICES; slice++) {
    const missing = Math.max(0, due - (filled - tally.count));
    if (due <= DUE && missing > 0) {
      await fill(queue, filled, filled + missing);
      filled += missing;
    }
    await stage.settle();
    slices.push(await timed(stage, queue, tally, jobs));
  }
  tally.checkNoneTwice();
  await checkCompleted(queue, tally.count);
  await queue.close();
  const counted = jobs - warmUpOf(jobs);
  return {
    jobsPerSecond: (counted / median(slices.map(({ ms }) => ms))) * 1_000,
    cpuMicros: median(slices.map(({ cpuMicros }) => cpuMicros)) / counted,
  };
}

/** From a worker's start until it has begun so many more jobs, without the warm-up. */
async function timed(stage: Stage, queue: Queue, tally: Tally, jobs: number): Promise<Spent> {
  const before = tally.count;
  const meter = new Meter();
  tally.at(before + warmUpOf(jobs), () => meter.start());
  const begun = new Promise<Spent>((resolve) => tally.at(before + jobs, () => resolve(meter.stop())));
  const { working, spent } = await stage.profiled(async () => {
    const started = await queue.work(CONCURRENCY, ({ i }) => tally.ran(i));
    return { working: started, spent: await begun };
  });
  await working.stop();
  return spent;
}
