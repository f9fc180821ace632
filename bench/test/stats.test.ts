import { expect, test } from "vitest";
import { median, pairedRatios, percentile, rotated, spreadOf } from "../src/stats.ts";

test("the median is the value in the middle, or between the two", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([7])).toBe(7);
  expect(() => median([])).toThrow("no values");
});

test("a percentile is a value that was measured", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(percentile(hundred, 0.5)).toBe(50);
  expect(percentile(hundred, 0.99)).toBe(99);
  expect(percentile([5], 0.99)).toBe(5);
  expect(() => percentile([], 0.5)).toThrow("no values");
});

test("a spread has its ends", () => {
  expect(spreadOf([2, 9, 4])).toEqual({ median: 4, min: 2, max: 9 });
});

test("ratios are those of the same round; a round that one of them lacks is left out", () => {
  const ours = new Map([
    [1, 10],
    [2, 30],
    [3, 80],
  ]);
  const theirs = new Map([
    [1, 5],
    [3, 10],
    [4, 1],
  ]);
  expect(pairedRatios(ours, theirs)).toEqual([2, 8]);
});

test("in every round another one is first", () => {
  const orders = [0, 1, 2, 3].map((round) => rotated(["a", "b", "c"], round).join(""));
  expect(orders).toEqual(["abc", "bca", "cab", "abc"]);
  expect(rotated([], 2)).toEqual([]);
});
