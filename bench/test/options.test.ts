import { expect, test } from "vitest";
import { readOptions } from "../src/options.ts";
import { planned } from "../src/plan.ts";
import { UsageError } from "../src/usage-error.ts";

test("without options everything is played in five rounds", () => {
  const options = readOptions([]);
  expect(options).toMatchObject({ rounds: 5, jobs: null, output: "table", checkGoals: false });
  expect(options.backend.name).toBe("sqlite");
  expect(options.contenders[0]?.name).toBe("jobyard");
});

test.each([
  ["--backend toString", "there is no backend toString. There are: sqlite, postgres, redis."],
  ["--scenario drian", "there is no scenario drian. There are: drain, drain-1,"],
  ["--scenario hold", "there is no scenario hold."],
  ["--scenario drain-logged", "there is no scenario drain-logged."],
  ["--only bullmq", "there is no contender bullmq. There are: jobyard,"],
  ["--rounds 0", "--rounds 0: a whole number from 1 to 100 is needed."],
  ["--rounds 1e1", "--rounds 1e1: a whole number"],
  ["--jobs many", "--jobs many: a whole number from 100 to 10000000 is needed."],
  ["--fast", "Unknown option '--fast'"],
  ["drain", "Unexpected argument 'drain'"],
  ["--quick --check-goals", "--check-goals needs a whole run, without --quick."],
  ["--jobs 500 --write-readme", "--write-readme needs a whole run, without --jobs."],
  ["--scenario drain --write-readme", "--write-readme needs every scenario and every contender."],
  ["--profile --scenario drain2", "--profile: other processes do the work"],
  ["--profile --json", "--profile prints tables"],
])("%s is refused in words", (args, message) => {
  const read = () => readOptions(args.split(" "));
  expect(read).toThrow(UsageError);
  expect(read).toThrow(message);
});

test("a family is all its scenarios, and the order of the report stays", () => {
  const { scenarios, contenders } = readOptions(["--scenario", "enqueue-1, drain", "--only", "plainjob,jobyard"]);
  expect(scenarios.map(({ name }) => name)).toEqual(["drain-1", "drain-10", "drain-100", "enqueue-1"]);
  expect(contenders.map(({ name }) => name)).toEqual(["jobyard", "plainjob"]);
});

test("contenders of a scenario follow each other, and another one is first in each round", () => {
  const turns = planned(readOptions(["--scenario", "drain-10,latency-same", "--rounds", "2"]));
  const order = turns.map(({ round, scenario, contender }) => `${round} ${scenario.name} ${contender.name}`);
  expect(order).toEqual([
    "1 drain-10 jobyard",
    "1 drain-10 jobyard-full",
    "1 drain-10 plainjob",
    "1 drain-10 liteque",
    "1 latency-same jobyard",
    "1 latency-same plainjob",
    "1 latency-same liteque",
    "2 drain-10 jobyard-full",
    "2 drain-10 plainjob",
    "2 drain-10 liteque",
    "2 drain-10 jobyard",
    "2 latency-same plainjob",
    "2 latency-same liteque",
    "2 latency-same jobyard",
  ]);
});

test("a snapshot is held where that is a thing to suffer from, and by who takes part", () => {
  const turns = planned(readOptions(["--backend", "postgres", "--scenario", "hold,enqueue-1", "--rounds", "1"]));
  const order = turns.map(({ scenario, contender, jobs }) => `${scenario.name} ${contender.name} ${jobs}`);
  expect(order).toEqual([
    "enqueue-1 jobyard 20000",
    "enqueue-1 graphile-worker 3334",
    "enqueue-1 pg-boss 3334",
    "enqueue-1 pg-boss-silent 3334",
    "enqueue-1 bullmq 1334",
    "enqueue-1 agenda 1000",
    "hold jobyard 4000000",
    "hold graphile-batched 4000000",
    "hold pg-boss 4000000",
  ]);
});

test("a log on a disk is for stores that have none otherwise, and without what a contender takes no part in", () => {
  const turns = planned(readOptions(["--backend", "redis", "--scenario", "drain,backlog-unknown", "--rounds", "1"]));
  const order = turns.map(({ scenario, contender, jobs }) => `${scenario.name} ${contender.name} ${jobs}`);
  expect(order).toEqual([
    "drain-1 jobyard 30000",
    "drain-1 bullmq 10000",
    "drain-1 bee-queue 10000",
    ...["drain-10", "drain-100", "drain-logged"].flatMap((name) => [
      `${name} jobyard 60000`,
      `${name} bullmq 40000`,
      `${name} bullmq-4 40000`,
      `${name} bee-queue 40000`,
    ]),
    "backlog-unknown jobyard 1000000",
  ]);
});

test("slow ones drain fewer jobs, but a backlog is the same for all, and --jobs holds for everyone", () => {
  const jobsOf = (...args: readonly string[]) =>
    planned(readOptions(["--only", "jobyard,plainjob", "--rounds", "1", ...args])).map(({ jobs }) => jobs);
  expect(jobsOf("--scenario", "drain-100")).toEqual([60_000, 20_000]);
  expect(jobsOf("--scenario", "backlog-pending")).toEqual([1_000_000, 1_000_000]);
  expect(jobsOf("--scenario", "drain-100", "--jobs", "300")).toEqual([300, 300]);
});
