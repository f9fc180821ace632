/** The same seed makes the same plan: a run that failed can be asked for again. */

import { expect, test } from "vitest";
import { PRODUCER_POINTS, planFaults, TRANSACTION_POINTS, WORKER_POINTS } from "../plan/faults.ts";
import { PILL_WAYS, PLAIN, planJobs } from "../plan/jobs.ts";
import { seeded } from "../plan/random.ts";

const faults = {
  ...{ seed: 7, kills: 100, blocks: 50, zombies: 30, locks: 3, outages: 20, disconnects: 15, producerKills: 10 },
  transactions: true,
};
const jobs = { ...PLAIN, seed: 7, jobs: 3_000, pills: 15, ledgerShare: 0.2, stumbleShare: 0.1 };

test("a seed makes the same numbers again, and another seed makes others", () => {
  const numbers = (seed: number): readonly number[] => Array.from({ length: 5 }, seeded(seed).next);
  expect(numbers(1)).toEqual(numbers(1));
  expect(numbers(1)).not.toEqual(numbers(2));
});

test("numbers are spread over the whole range, and a shuffle loses nothing", () => {
  const random = seeded(3);
  const drawn = Array.from({ length: 6_000 }, () => random.int(1, 6));
  for (let face = 1; face <= 6; face++) {
    const count = drawn.filter((one) => one === face).length;
    expect(count).toBeGreaterThan(850);
    expect(count).toBeLessThan(1_150);
  }
  const items = Array.from({ length: 50 }, (_, index) => index);
  const shuffled = random.shuffle(items);
  expect(shuffled).not.toEqual(items);
  expect(shuffled.toSorted((a, b) => a - b)).toEqual(items);
});

test("a storm's faults are those that were asked for, the same for the same seed", () => {
  const plan = planFaults(faults);
  expect(plan).toEqual(planFaults(faults));
  expect(plan).not.toEqual(planFaults({ ...faults, seed: 8 }));
  const count = (name: string): number => plan.filter(({ fault }) => fault === name).length;
  expect(count("kill") + count("point")).toBe(100);
  expect([count("block"), count("stop"), count("lock"), count("produce")]).toEqual([50, 30, 3, 10]);
  expect([count("outage"), count("disconnect")]).toEqual([20, 15]);
  expect(plan.filter((fault) => fault.fault === "stop" && fault.atWork)).toHaveLength(15);
});

test("every named point is in it, for producers while they still produce", () => {
  const plan = planFaults(faults);
  const points = new Set(plan.flatMap((fault) => ("point" in fault && fault.point !== null ? [fault.point] : [])));
  expect([...points].sort()).toEqual([...WORKER_POINTS, ...TRANSACTION_POINTS, ...PRODUCER_POINTS].sort());
  expect(plan.findLastIndex(({ fault }) => fault === "produce")).toBeLessThan(plan.length * 0.75);
});

test("a store without transactions is not killed between their ends", () => {
  const points = planFaults({ ...faults, transactions: false }).flatMap((fault) =>
    fault.fault === "point" ? [fault.point] : [],
  );
  expect(new Set(points)).toEqual(new Set(WORKER_POINTS));
});

test("few kills go to as many points as there are kills", () => {
  const plan = planFaults({ ...faults, kills: 3 });
  expect(plan.filter(({ fault }) => fault === "kill" || fault === "point")).toHaveLength(3);
});

test("jobs are the same for the same seed; pills lie apart from each other and kill in every way", () => {
  const plan = planJobs(jobs);
  expect(plan).toEqual(planJobs(jobs));
  expect(plan).toHaveLength(3_000);
  expect(new Set(plan.map(({ id }) => id)).size).toBe(3_000);
  const at = plan.flatMap(({ type }, index) => (type === "pill" ? [index] : []));
  expect(at).toHaveLength(15);
  expect(Math.min(...at.slice(1).map((index, n) => index - (at[n] ?? 0)))).toBeGreaterThan(150);
  const ways = plan.flatMap((job) => (job.type === "pill" ? [job.payload.way] : []));
  expect(new Set(ways)).toEqual(new Set(PILL_WAYS));
});
