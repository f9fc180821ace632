/** What a soak concludes from what it saw. */

import { describe, expect, test } from "vitest";
import { type Evidence, judge } from "../src/judge.ts";
import { EMPTY, isSame, type Ledger, together, withNumber } from "../src/ledger.ts";
import { planOf } from "../src/plan.ts";
import type { Sample } from "../src/sample.ts";

const MiB = 1_048_576;
const ledgerOf = (...numbers: readonly number[]): Ledger => numbers.reduce(withNumber, EMPTY);

describe("a ledger", () => {
  const some = ledgerOf(0, 1, 2, 3, 4, 5);

  test("knows the same numbers again, in any order and in parts", () => {
    expect(isSame(some, ledgerOf(5, 3, 1, 0, 2, 4))).toBe(true);
    expect(isSame(some, together(ledgerOf(4, 0), ledgerOf(1, 2, 3, 5)))).toBe(true);
  });

  test.each([
    ["one is missing", [0, 1, 2, 3, 4]],
    ["one came twice", [0, 1, 2, 3, 4, 5, 5]],
    ["one came instead of another", [0, 1, 2, 3, 4, 6]],
    ["two came instead of two of the same sum", [0, 1, 2, 3, 3, 6]],
  ])("is another if %s", (_, numbers) => {
    expect(isSame(some, ledgerOf(...numbers))).toBe(false);
  });
});

/** Twelve samples of steady work: three to a quarter. */
const steady: readonly Sample[] = Array.from({ length: 12 }, (_, index) => ({
  ms: 1_000 * index,
  done: 100 * index + 1,
  file: 80 * MiB,
  log: 16 * MiB,
  free: 0,
  processes: [{ name: "worker 1", rss: 200 * MiB, heap: 50 * MiB }],
}));
const numbers = ledgerOf(1, 2, 3);
const fine: Evidence = {
  samples: steady,
  enqueued: numbers,
  ran: numbers,
  left: { open: 0, dead: 0, completed: 2 },
  keep: 2,
};
const grown = (change: (sample: Sample) => Sample, quarter: number): readonly Sample[] =>
  steady.map((sample, index) => (Math.floor(index / 3) === quarter ? change(sample) : sample));
const rssOf = (rss: number) => (sample: Sample) => ({
  ...sample,
  processes: [{ name: "worker 1", rss, heap: 1 }],
});
const broken = (change: Partial<Evidence>): readonly string[] =>
  judge({ ...fine, ...change }).findings.flatMap(({ kept, promise }) => (kept ? [] : [promise]));

describe("a verdict", () => {
  test("steady work keeps every promise, and its quarters say how it went", () => {
    expect(broken({})).toEqual([]);
    expect(judge(fine).quarters).toHaveLength(4);
    expect(judge(fine).quarters[1]).toMatchObject({
      jobsPerSecond: 100,
      rss: { "worker 1": 200 * MiB },
      log: 16 * MiB,
    });
  });

  test.each<[string, Partial<Evidence>, string]>([
    ["a job that did not run", { ran: ledgerOf(1, 2) }, "every job that was enqueued ran once"],
    ["a job that ran twice", { ran: ledgerOf(1, 2, 3, 3) }, "every job that was enqueued ran once"],
    ["an open job", { left: { open: 1, dead: 0, completed: 2 } }, "nothing is open or dead"],
    ["a dead job", { left: { open: 0, dead: 1, completed: 2 } }, "nothing is open or dead"],
    ["one too many kept", { left: { open: 0, dead: 0, completed: 3 } }, "retention keeps what it should"],
    ["memory that grew", { samples: grown(rssOf(221 * MiB), 3) }, "memory of worker 1 is flat"],
    ["a large log", { samples: grown((one) => ({ ...one, log: 65 * MiB }), 1) }, "the log is bounded"],
    ["a file that grew", { samples: grown((one) => ({ ...one, file: 93 * MiB }), 3) }, "the file is bounded"],
  ])("%s is told", (_, change, promise) => {
    expect(broken(change)).toEqual([promise]);
  });

  test("the first quarter is for warming up, and a tenth more is no leak", () => {
    expect(broken({ samples: grown(rssOf(90 * MiB), 0) })).toEqual([]);
    expect(broken({ samples: grown(rssOf(219 * MiB), 3) })).toEqual([]);
  });
});

describe("a plan", () => {
  test("is two million jobs unless something else is asked for", () => {
    expect(planOf([])).toMatchObject({ jobs: 2_000_000, minutes: null, workers: 1 });
    expect(planOf(["--minutes", "60", "--backend", "sqlite"])).toMatchObject({ jobs: null, minutes: 60 });
  });

  test.each([
    [["--backend", "redis"], /--backend/],
    [["--jobs", "0"], /--jobs/],
    [["--jobs", "1.5"], /--jobs/],
    [["--jobs", "1", "--minutes", "1"], /not both/],
    [["--durability", "maybe"], /power or crash/],
    [["--speed", "11"], /--speed/],
  ])("%j is refused", (args, words) => {
    expect(() => planOf(args)).toThrow(words);
  });
});
