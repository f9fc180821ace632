/** Whether claims cost the same however much lies in the store: the same jobs, with more and more around them. */

import { Meter } from "../clock.ts";
import type { Kind } from "../contender.ts";
import { checkCompleted, fill, warmUpOf } from "../jobs.ts";
import type { Measures } from "../metrics.ts";
import type { Scenario, Stage } from "../scenario.ts";
import { Tally } from "../tally.ts";

const CONCURRENCY = 100;
/** Due jobs of the worker's own type where the rest is of another kind. */
const DUE = 20_000;
/** How many are run; the others stay. */
const RUN = 18_000;

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

/** The rate is that of jobs begun: with a million pending there is no end to wait for. */
async function run(stage: Stage, kind: Kind, due: number, others: number): Promise<Measures> {
  const queue = await stage.contender.open(stage.store);
  await fill(queue, due, due + others, kind);
  await fill(queue, 0, due);
  await stage.settle();
  const jobs = Math.min(RUN, due);
  const tally = new Tally(due);
  const warmUp = warmUpOf(jobs);
  const meter = new Meter();
  tally.at(warmUp, () => meter.start());
  const begun = new Promise<ReturnType<Meter["stop"]>>((resolve) => tally.at(jobs, () => resolve(meter.stop())));
  const { working, spent } = await stage.profiled(async () => {
    const started = await queue.work(CONCURRENCY, ({ i }) => tally.ran(i));
    return { working: started, spent: await begun };
  });
  await working.stop();
  tally.checkNoneTwice();
  await checkCompleted(queue, tally.count);
  await queue.close();
  const counted = jobs - warmUp;
  return { jobsPerSecond: (counted / spent.ms) * 1_000, cpuMicros: spent.cpuMicros / counted };
}
