import type { Profiler } from "node:inspector";
import { expect, test } from "vitest";
import { functionName, selfTimes, summedBy } from "../src/profile/hot-spots.ts";

const node = (id: number, functionName: string, url: string, ...children: number[]): Profiler.ProfileNode => ({
  id,
  callFrame: { functionName, url, lineNumber: 9, columnNumber: 0, scriptId: "1" },
  children,
});

test("time is booked on what ran, and native code by who called it", () => {
  const profile: Profiler.Profile = {
    nodes: [
      node(1, "(root)", "", 2, 4),
      node(2, "settle", "file:///a/b/src/settle.ts", 3),
      node(3, "iterate", ""),
      node(4, "(garbage collector)", ""),
    ],
    startTime: 0,
    endTime: 100,
    samples: [2, 3, 3, 4, 4],
    timeDeltas: [5, 10, 20, 30, 7],
  };
  expect(summedBy(selfTimes(profile), functionName)).toEqual([
    ["native ← settle ← (root)", 50],
    ["settle  b/src/settle.ts:10", 10],
    ["(garbage collector)", 7],
  ]);
});
