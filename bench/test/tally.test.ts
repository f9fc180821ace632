import { expect, test } from "vitest";
import type { Queue } from "../src/contender.ts";
import { checkAllRan } from "../src/jobs.ts";
import { Tally } from "../src/tally.ts";

const tallyOf = (jobs: number, ran: readonly number[]): Tally => {
  const tally = new Tally(jobs);
  for (const i of ran) tally.ran(i);
  return tally;
};

test("a round counts only if each job ran exactly once", () => {
  expect(() => tallyOf(3, [2, 0, 1]).check(3)).not.toThrow();
  expect(() => tallyOf(3, [2, 0]).check(3)).toThrow("1 of 3 jobs never ran");
  expect(() => tallyOf(3, [0, 1, 2, 1]).check(3)).toThrow("1 of 3 jobs ran more than once");
  // As many as there are, but not each.
  expect(() => tallyOf(3, [0, 1, 1]).check(3)).toThrow("1 of 3 jobs never ran");
  expect(() => tallyOf(3, [3])).toThrow("job 3 was never enqueued");
});

test("what ran often enough to overflow its counter still ran twice", () => {
  expect(() => tallyOf(1, Array<number>(512).fill(0)).check(1)).toThrow("more than once");
});

test("those who wait for a count are told within the handler of that job", () => {
  const tally = new Tally(3);
  const told: number[] = [];
  tally.at(2, () => told.push(tally.count));
  for (const i of [0, 1, 2]) tally.ran(i);
  expect(told).toEqual([2]);
});

test("a time is noted after every hundred jobs", () => {
  expect(
    tallyOf(
      250,
      Array.from({ length: 250 }, (_, i) => i),
    ).marks,
  ).toHaveLength(2);
});

test("the store has to agree, unless it keeps nothing", async () => {
  const queueWith = (completed: number | null) => ({ completed: async () => completed }) as Queue;
  const tally = tallyOf(2, [0, 1]);
  await expect(checkAllRan(queueWith(2), tally, 2)).resolves.toBeUndefined();
  await expect(checkAllRan(queueWith(null), tally, 2)).resolves.toBeUndefined();
  await expect(checkAllRan(queueWith(1), tally, 2)).rejects.toThrow("the store has 1");
});
