import { expect, test } from "vitest";
import { type Goal, judged } from "../src/goals.ts";
import { jsonOf } from "../src/report/json.ts";
import { withReport } from "../src/report/readme.ts";
import { type Run, reportOf } from "../src/report/report.ts";
import { table } from "../src/report/table.ts";
import type { Played } from "../src/result.ts";
import { scenarioNamed } from "../src/scenarios.ts";

const round = (number: number, contender: string, jobsPerSecond: number, cpuMicros: number): Played => ({
  round: number,
  scenario: "drain-100",
  contender,
  jobs: 1_000,
  measures: { jobsPerSecond, cpuMicros },
  error: null,
});
const played: readonly Played[] = [
  round(1, "jobyard", 100_000, 8),
  round(1, "other", 10_000, 90),
  round(2, "jobyard", 60_000, 9),
  round(2, "other", 5_000, 110),
  round(3, "jobyard", 90_000, 7),
  { ...round(3, "other", 0, 0), measures: {}, error: "1 of 1000 jobs never ran" },
];
const goal: Goal = {
  text: "faster",
  metric: "jobsPerSecond",
  ours: { scenario: "drain-100", contender: "jobyard" },
  theirs: [{ scenario: "drain-100", contender: "other" }],
  atLeast: 8,
};
const run: Run = {
  facts: { machine: "a fast one" },
  scenarios: [scenarioNamed("drain-100")],
  contenders: [
    { name: "jobyard", note: "ours" },
    { name: "other", note: "theirs" },
  ],
  rounds: 3,
  whole: true,
  played,
  verdicts: judged([goal], played),
};

test("figures, ratios of the same round, and goals stand in Markdown", () => {
  expect(reportOf(run)).toBe(
    [
      "- machine: a fast one",
      "- rounds: 3, interleaved",
      "- `jobyard`: ours",
      "- `other`: theirs",
      "",
      "|                    |         |  jobs |        median (lowest–highest) | beside it        | jobyard ÷ it, paired |",
      "| ------------------ | ------- | ----: | -----------------------------: | ---------------- | -------------------: |",
      "| drain, 100 at once | jobyard | 1,000 | 90,000 (60,000–100,000) jobs/s | 8.0 µs CPU/job   |                      |",
      "|                    | other   | 1,000 |    7,500 (5,000–10,000) jobs/s | 100.0 µs CPU/job |    11.0× (10.0–12.0) |",
      "",
      "| goal   | wanted |            found |         |",
      "| ------ | -----: | ---------------: | ------- |",
      "| faster |    ≥ 8 | 11.0 (10.0–12.0) | reached |",
    ].join("\n"),
  );
});

test("who failed in every round stands in the table all the same", () => {
  const failed = played.filter(({ error, contender }) => contender === "jobyard" || error !== null);
  expect(reportOf({ ...run, played: failed })).toMatch(/\| other +\| 1,000 \| +FAILED \|/);
});

test("goals that were looked at with fewer jobs say so", () => {
  expect(reportOf(run)).not.toContain("fewer jobs");
  expect(reportOf({ ...run, whole: false })).toContain("fewer jobs than the goals are about");
});

test.each([
  ["the median decides", { ...goal, atLeast: 11.5 }, false],
  ["less can be better", { ...goal, metric: "cpuMicros", atLeast: undefined, atMost: 0.1 }, true],
  ["a figure by itself", { ...goal, theirs: [], atLeast: 90_000 }, true],
  ["the best of several is the one to beat", { ...goal, theirs: [...goal.theirs, goal.ours], atLeast: 1.1 }, false],
  ["what was not measured is not reached", { ...goal, metric: "p50Ms" }, false],
] as readonly (readonly [string, Goal, boolean])[])("goals: %s", (_, one, reached) => {
  expect(judged([one], played)).toMatchObject([{ reached }]);
});

test("as JSON every round is there, and the failed one with its reason", () => {
  const json = JSON.parse(jsonOf(run));
  expect(json.format).toBe(1);
  expect(json.played).toEqual(played);
  expect(json.summary).toContainEqual({
    ...{
      scenario: "drain-100",
      contender: "other",
      metric: "jobsPerSecond",
      unit: "jobs/s",
      better: "more",
      digits: 0,
    },
    ...{ median: 7_500, min: 5_000, max: 10_000, ratio: { median: 11, min: 10, max: 12 } },
  });
  expect(json.goals).toMatchObject([{ text: "faster", atLeast: 8, reached: true }]);
});

test("cells are as wide as the widest, and numbers stand to the right", () => {
  const columns = [
    { title: "name", align: "left" },
    { title: "n", align: "right" },
  ] as const;
  expect(table(columns, [["a", "1,000"]])).toBe(
    ["| name |     n |", "| ---- | ----: |", "| a    | 1,000 |"].join("\n"),
  );
});

test("the README keeps what stands around the marks", () => {
  const text = "before\n<!-- bench:sqlite:begin -->\nold\n<!-- bench:sqlite:end -->\nafter";
  const written = withReport(text, "sqlite", "new");
  expect(written).toBe("before\n<!-- bench:sqlite:begin -->\n\nnew\n\n<!-- bench:sqlite:end -->\nafter");
  expect(withReport(written, "sqlite", "new")).toBe(written);
  expect(() => withReport(text, "redis", "new")).toThrow("bench:redis:begin");
});
