import { expect, test } from "vitest";
import { Line } from "../../src/engine/worker/line.ts";

function line(concurrency: number, runs: readonly number[]): Line {
  const made = new Line({ queue: "mail", concurrency, onRestart: "run" });
  made.small = false;
  for (const ms of runs) made.ran(ms);
  return made;
}

const quick = (runs: number): readonly number[] => Array.from({ length: runs }, () => 1);

test("a single slot claims ahead once eight runs were quick, as many as it gets done in 50 ms", () => {
  expect(line(1, quick(7)).wanted()).toBe(1);
  expect(line(1, quick(8)).wanted()).toBe(1 + 50);
});

test("many slots wait until as many runs were measured as there are slots", () => {
  expect(line(20, quick(19)).wanted()).toBe(20);
  expect(line(20, quick(20)).wanted()).toBeGreaterThan(20);
});

test("nothing is claimed ahead of slow handlers, nor in a small queue", () => {
  expect(line(1, [...quick(20), 60]).wanted()).toBe(1);
  const small = line(1, quick(20));
  small.small = true;
  expect(small.wanted()).toBe(1);
});
