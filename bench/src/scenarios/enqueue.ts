/** How fast jobs get into the store: one after the other, many callers at once, in bulk. */

import { Meter } from "../clock.ts";
import { payloadOf, type Queue } from "../contender.ts";
import { BULK, payloadsOf, warmUpOf } from "../jobs.ts";
import type { Scenario } from "../scenario.ts";
import { serverMeasures } from "../server-spent.ts";

interface Shape {
  /** Calls that wait for their answer at the same time. */
  readonly inFlight: number;
  readonly perCall: number;
}

const scenario = (shape: Shape, about: Pick<Scenario, "name" | "title" | "jobs" | "quickJobs">): Scenario => ({
  ...about,
  family: "enqueue",
  metrics: ["jobsPerSecond", "cpuMicros", "serverMicros"],
  sameForAll: shape.perCall > 1,
  alone: true,
  limitMs: 180_000,
  run: async ({ contender, store, jobs, profiled, serverSpent }) => {
    const queue = await contender.open(store);
    const warmUp = warmUpOf(jobs);
    await send(queue, shape, 0, warmUp);
    const before = await serverSpent();
    const meter = new Meter();
    const { ms, cpuMicros } = await profiled(async () => {
      meter.start();
      await send(queue, shape, warmUp, jobs);
      return meter.stop();
    });
    const server = serverMeasures(before, await serverSpent(), jobs - warmUp);
    const stored = await queue.open();
    if (stored !== jobs) throw new Error(`${jobs} jobs were enqueued, but the store has ${stored}`);
    await queue.close();
    const counted = jobs - warmUp;
    return { jobsPerSecond: (counted / ms) * 1_000, cpuMicros: cpuMicros / counted, ...server };
  },
});

/** A plain loop that awaits each. */
export const enqueueOne = scenario(
  { inFlight: 1, perCall: 1 },
  { name: "enqueue-1", title: "enqueue, one at a time", jobs: 20_000, quickJobs: 5_000 },
);

export const enqueueHundred = scenario(
  { inFlight: 100, perCall: 1 },
  { name: "enqueue-100", title: "enqueue, 100 single calls in flight", jobs: 100_000, quickJobs: 30_000 },
);

export const enqueueBulk = scenario(
  { inFlight: 2, perCall: BULK },
  { name: "enqueue-bulk", title: "enqueue, 1,000 per call", jobs: 200_000, quickJobs: 50_000 },
);

async function send(queue: Queue, { inFlight, perCall }: Shape, from: number, to: number): Promise<void> {
  let next = from;
  const lane = async (): Promise<void> => {
    while (next < to) {
      const first = next;
      next = Math.min(to, first + perCall);
      if (perCall === 1) await queue.add(payloadOf(first));
      else await queue.addMany?.(payloadsOf(first, next), "due");
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
}
