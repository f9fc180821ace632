import { expect, test } from "vitest";
import { runsOf } from "./attempt-runs";

const failed = (attempt: number) => ({ attempt, ended: "retry" }) as const;
const numbers = (attempts: Parameters<typeof runsOf>[0]): number[][] =>
  runsOf(attempts).map((run) => run.map(({ attempt }) => attempt));

test("a requeue begins another run", () => {
  expect(numbers([failed(1), failed(2), failed(3), failed(1), failed(2)])).toEqual([
    [1, 2, 3],
    [1, 2],
  ]);
  expect(numbers([failed(1), failed(1)])).toEqual([[1], [1]]);
});

test("an attempt that was given back, and made again, does not", () => {
  expect(numbers([failed(1), { attempt: 2, ended: "release" }, failed(2), failed(3)])).toEqual([[1, 2, 2, 3]]);
});

test("no attempts, no runs", () => expect(runsOf([])).toEqual([]));
