/** What makes a run good, and what people read of one that is not. */

import { checkHistory } from "@jobyard/core/testing";
import { expect, test } from "vitest";
import { readOptions, repeatCommand } from "../options.ts";
import { type Figure, isAsWanted, isGood, NONE, SOME, type Verdict, type Want } from "../report/figures.ts";
import { printVerdict, verdictJson } from "../report/print.ts";

const figure = (value: number, want: Want): Figure => ({ label: "things", value, want });
const report = checkHistory([], { jobs: [], queues: [] });
const verdict: Verdict = {
  scenario: "storm",
  proves: "nothing",
  backend: "sqlite",
  seed: 4,
  seconds: 1.5,
  figures: [figure(0, NONE), figure(3, SOME)],
  report,
  mustHold: null,
  stoppedBy: null,
  folder: null,
  repeat: "pnpm torture --seed 4",
};

test.each([
  [0, NONE, true],
  [1, NONE, false],
  [0, SOME, false],
  [9, { atMost: 9 }, true],
  [10, { atMost: 9 }, false],
  [-1, null, true],
] as const)("%i for %j: %s", (value, want, good) => {
  expect(isAsWanted(figure(value, want))).toBe(good);
});

test("one figure, a broken promise or a time limit is enough for a bad run", () => {
  expect(isGood(verdict)).toBe(true);
  expect(isGood({ ...verdict, figures: [figure(1, NONE)] })).toBe(false);
  expect(isGood({ ...verdict, stoppedBy: "time limit reached" })).toBe(false);
  expect(isGood({ ...verdict, report: { ...report, ok: false } })).toBe(false);
  expect(isGood({ ...verdict, report: null })).toBe(false);
});

test("of a store that may lose what it answered, some promises must hold and what had to happen must have", () => {
  const broken = {
    ...report,
    ok: false,
    results: report.results.map((result) => ({ ...result, broken: result.id === "I1" ? 2 : 0 })),
  };
  expect(isGood({ ...verdict, report: broken })).toBe(false);
  expect(isGood({ ...verdict, report: broken, mustHold: ["I3"] })).toBe(true);
  expect(isGood({ ...verdict, report: broken, mustHold: ["I1"] })).toBe(false);
  const idle = { ...broken, required: [{ figure: "rescues", atLeast: 1, was: 0 }] };
  expect(isGood({ ...verdict, report: idle, mustHold: ["I3"] })).toBe(false);
});

test("a bad run tells its seed, how to repeat it and where its files are", () => {
  const text = printVerdict({ ...verdict, figures: [figure(2, NONE)], folder: "kept-here" });
  expect(text).toMatch(/NOT {2}things +2 {3}must be 0/);
  expect(text).toContain("seed 4");
  expect(text).toContain("Again: pnpm torture --seed 4");
  expect(text).toContain("kept-here");
  expect(JSON.parse(verdictJson({ ...verdict, figures: [figure(2, NONE)] }))).toMatchObject({
    ok: false,
    figures: [{ ok: false }],
  });
});

test("options: all scenarios by default, faults in them are named", () => {
  const options = readOptions(["--", "--seed", "9", "--kills", "5"]);
  expect(options.scenarios.map(({ name }) => name)).toEqual([
    ...["storm", "ledger", "handover", "share", "lock", "disk-full"],
  ]);
  const onServer = readOptions(["--backend", "postgres"]);
  expect(onServer.scenarios.map(({ name }) => name)).toEqual([
    ...["storm", "ledger", "handover", "share", "lock", "disk-full", "deaf", "cut-off"],
  ]);
  expect(() => readOptions(["--scenario", "deaf"])).toThrow(/"deaf" is not one of storm/);
  expect(options.sizes).toMatchObject({ seed: 9, kills: 5, jobs: 3_000 });
  const [storm] = options.scenarios;
  expect(storm && repeatCommand(options, storm)).toBe(
    "pnpm torture --backend sqlite --scenario storm --seed 9 --kills 5 --keep",
  );
  const relaxed = readOptions(["--backend", "redis", "--fsync", "everysec", "--scenario", "share"]);
  const [share] = relaxed.scenarios;
  expect(relaxed.backend.isLossy).toBe(true);
  expect(share && repeatCommand(relaxed, share)).toBe(
    "pnpm torture --backend redis --fsync everysec --scenario share --seed 1 --keep",
  );
  expect(() => readOptions(["--fsync", "everysec"])).toThrow(/--fsync: "everysec"/);
  expect(() => readOptions(["--jobs", "many"])).toThrow(/--jobs: "many"/);
  expect(() => readOptions(["--scenario", "rain"])).toThrow(/"rain" is not one of storm/);
  expect(() => readOptions(["--backend", "mongo"])).toThrow(/--backend/);
});
