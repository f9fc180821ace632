/** Producing and working at the same time in one process: whether the last second is as good as the first. */

import { Meter, nowMs, pause } from "../clock.ts";
import type { Queue } from "../contender.ts";
import { checkAllRan, emptied, fill, warmUpOf } from "../jobs.ts";
import type { Measures } from "../metrics.ts";
import type { Scenario, Stage } from "../scenario.ts";
import { MARK_EVERY, Tally } from "../tally.ts";

const CONCURRENCY = 100;
const PER_CALL = 500;
const MOST_OUTSTANDING = 5_000;
const SECOND_MS = 1_000;

export const sustain: Scenario = {
  name: "sustain",
  family: "sustain",
  title: "producing and working at once",
  metrics: ["jobsPerSecond", "cpuMicros", "firstSecond", "lastSecond"],
  jobs: 400_000,
  quickJobs: 80_000,
  sameForAll: false,
  alone: true,
  limitMs: 180_000,
  run,
};

async function run({ contender, store, jobs, profiled }: Stage): Promise<Measures> {
  const queue = await contender.open(store);
  const tally = new Tally(jobs);
  const warmUp = warmUpOf(jobs);
  const meter = new Meter();
  tally.at(warmUp, () => meter.start());
  const working = await profiled(async () => {
    const started = await queue.work(CONCURRENCY, ({ i }) => tally.ran(i));
    await produce(queue, tally, jobs);
    return started;
  });
  const { ms, cpuMicros } = meter.stop();
  const endedAt = nowMs();
  await working.stop();
  await checkAllRan(queue, tally, jobs);
  await queue.close();
  const counted = jobs - warmUp;
  const firstAt = endedAt - ms;
  return {
    jobsPerSecond: (counted / ms) * 1_000,
    cpuMicros: cpuMicros / counted,
    firstSecond: ranBetween(tally, firstAt, firstAt + SECOND_MS),
    lastSecond: ranBetween(tally, endedAt - SECOND_MS, endedAt),
  };
}

async function produce(queue: Queue, tally: Tally, jobs: number): Promise<void> {
  for (let sent = 0; sent < jobs; ) {
    if (sent - tally.count > MOST_OUTSTANDING) {
      await pause(1);
      continue;
    }
    const next = Math.min(jobs, sent + PER_CALL);
    await fill(queue, sent, next);
    sent = next;
  }
  await emptied(queue);
}

const ranBetween = ({ marks }: Tally, from: number, to: number): number =>
  marks.filter((at) => at > from && at <= to).length * MARK_EVERY;
