/** Producing and working at the same time in one process: whether the last second is as good as the first. */

import type { Held } from "../backend.ts";
import { Meter, nowMs, pause } from "../clock.ts";
import type { Queue, Working } from "../contender.ts";
import { checkAllRan, emptied, fill, warmUpOf } from "../jobs.ts";
import type { Measures } from "../metrics.ts";
import type { Scenario, Stage } from "../scenario.ts";
import { serverMeasures } from "../server-spent.ts";
import { MARK_EVERY, Tally } from "../tally.ts";

const CONCURRENCY = 100;
/** Each waits for its call to be answered. */
const PRODUCERS = 2;
const PER_CALL = 500;
const MOST_OUTSTANDING = 5_000;
const SECOND_MS = 1_000;
const HOLD_MS = 15_000;

const COMMON = {
  metrics: ["jobsPerSecond", "cpuMicros", "serverMicros", "firstSecond", "lastSecond", "lastByFirst"],
  alone: true,
  limitMs: 180_000,
} as const;

export const sustain: Scenario = {
  ...COMMON,
  name: "sustain",
  family: "sustain",
  title: "producing and working at once",
  jobs: 400_000,
  quickJobs: 80_000,
  sameForAll: false,
  run: (stage) => run(stage, Number.POSITIVE_INFINITY, null),
};

/** As long as an old snapshot is open, no dead row can be removed: a long report, a forgotten transaction. */
export const hold: Scenario = {
  ...COMMON,
  name: "hold",
  family: "hold",
  title: "producing and working for 15 s under an old snapshot",
  /** At most: the time decides. */
  jobs: 4_000_000,
  quickJobs: 100_000,
  sameForAll: true,
  underSnapshot: true,
  run: (stage) => run(stage, HOLD_MS, stage.holdSnapshot),
};

/** The clock waits for all jobs to be done; where the time is up before, it does not wait for what is left. */
async function run(stage: Stage, lastsMs: number, holdSnapshot: (() => Promise<Held>) | null): Promise<Measures> {
  const queue = await stage.contender.open(stage.store);
  const held = await holdSnapshot?.();
  const tally = new Tally(stage.jobs);
  const warmUp = warmUpOf(stage.jobs);
  const meter = new Meter();
  tally.at(warmUp, () => meter.start());
  const before = await stage.serverSpent();
  const { working, sent } = await stage.profiled(() => busy(stage, queue, tally, lastsMs));
  if (sent === stage.jobs) await emptied(queue);
  const { ms, cpuMicros } = meter.stop();
  const endedAt = nowMs();
  const ran = tally.count;
  const server = serverMeasures(before, await stage.serverSpent(), ran);
  await held?.release();
  await emptied(queue);
  await working.stop();
  await checkAllRan(queue, tally, sent);
  await queue.close();
  const firstSecond = ranInSecond(tally, endedAt - ms);
  const lastSecond = ranInSecond(tally, endedAt - SECOND_MS);
  return {
    jobsPerSecond: ((ran - warmUp) / ms) * 1_000,
    cpuMicros: cpuMicros / (ran - warmUp),
    firstSecond,
    lastSecond,
    lastByFirst: lastSecond / firstSecond,
    jobs: sent,
    ...server,
  };
}

interface Busy {
  readonly working: Working;
  /** Jobs, numbered from 0. */
  readonly sent: number;
}

/** Works, and enqueues so many jobs, or as many as there are in that time. */
async function busy({ jobs }: Stage, queue: Queue, tally: Tally, lastsMs: number): Promise<Busy> {
  const working = await queue.work(CONCURRENCY, ({ i }) => tally.ran(i));
  const until = nowMs() + lastsMs;
  let sent = 0;
  const produce = async (): Promise<void> => {
    while (sent < jobs && nowMs() < until) {
      if (sent - tally.count > MOST_OUTSTANDING) {
        await pause(1);
        continue;
      }
      const from = sent;
      sent = Math.min(jobs, from + PER_CALL);
      await fill(queue, from, sent);
    }
  };
  await Promise.all(Array.from({ length: PRODUCERS }, produce));
  return { working, sent };
}

const ranInSecond = ({ marks }: Tally, from: number): number =>
  marks.filter((at) => at > from && at <= from + SECOND_MS).length * MARK_EVERY;
