/** The whole path with few jobs: processes, files, counts, report. What is measured is not looked at. */

import { execFile } from "node:child_process";
import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { playRound } from "../src/round.ts";

const MAIN = join(import.meta.dirname, "../src/main.ts");

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "bench-test-"));
  await chmod(folder, 0o755); // for root's Postgres, which runs as somebody else
});
afterEach(() => rm(folder, { recursive: true }));

const bench = (...args: readonly string[]) =>
  promisify(execFile)(process.execPath, ["-C", "@jobyard/source", MAIN, "--dir", folder, ...args]);

const played = async (...args: readonly string[]) =>
  JSON.parse((await bench("--rounds", "1", "--json", ...args)).stdout);

test("jobyard and plainjob play a round, and leave nothing behind", async () => {
  const result = await played(
    "--jobs",
    "200",
    "--only",
    "jobyard,plainjob",
    "--scenario",
    "drain-100,drain2,enqueue-100",
  );
  expect(result.played).toHaveLength(6);
  for (const one of result.played) expect(one, one.error).toMatchObject({ jobs: 200, error: null });
  expect(result.played[0].measures).toEqual({ jobsPerSecond: expect.any(Number), cpuMicros: expect.any(Number) });
  expect(result.facts).toMatchObject({ Node: process.versions.node, plainjob: "0.0.14", SQLite: expect.any(String) });
  expect(await readdir(folder)).toEqual([]);
});

test("on Postgres the server's share is taken, and a round under an old snapshot ends by itself", async () => {
  const result = await played(
    ...["--backend", "postgres", "--jobs", "200", "--only", "jobyard,pg-boss", "--scenario", "drain-10,hold"],
  );
  expect(result.played).toHaveLength(4);
  for (const one of result.played) expect(one, one.error).toMatchObject({ jobs: 200, error: null });
  expect(result.played[0].measures.logBytes).toBeGreaterThan(100);
  expect(result.played[2].measures).toMatchObject({ lastByFirst: expect.any(Number), jobs: 200 });
  expect(result.facts).toMatchObject({ PostgreSQL: expect.stringMatching(/^18/), "pg-boss": "12.38.0" });
  expect(await readdir(folder)).toEqual([]);
});

test("on Redis each round has a server of its own, with a log where it is asked for, and its memory is told", async () => {
  const result = await played("--backend", "redis", "--jobs", "200", "--scenario", "drain-100,drain-logged");
  expect(result.played).toHaveLength(8);
  for (const one of result.played) {
    expect(one, one.error).toMatchObject({ jobs: 200, error: null });
    expect(one.measures).toMatchObject({ serverMicros: expect.any(Number), memoryBytes: expect.any(Number) });
    if (one.scenario === "drain-logged") expect(one.measures.logBytes).toBeGreaterThan(100);
    else expect(one.measures).not.toHaveProperty("logBytes");
  }
  expect(result.facts).toMatchObject({ bullmq: "6.7.0", "bee-queue": "2.0.0", ioredis: "6.0.0" });
  expect(await readdir(folder)).toEqual([]);
});

test("latency is taken across processes, and a backlog is left as it is", async () => {
  const result = await played("--jobs", "100", "--only", "jobyard", "--scenario", "latency-across,backlog-small");
  expect(result.played).toMatchObject([
    { measures: { p50Ms: expect.any(Number) }, error: null },
    { measures: { jobsPerSecond: expect.any(Number) }, error: null },
  ]);
});

test("a round that goes wrong says how, and is not a figure", async () => {
  const spec = { backend: "sqlite", contender: "jobyard", scenario: "drain-1", jobs: 100, profile: null };
  const { signal } = new AbortController();
  const store = join(folder, "missing", "jobs.db");
  await expect(playRound({ ...spec, store }, 30_000, signal)).rejects.toThrow("missing does not exist");
  const stuck = playRound({ ...spec, jobs: 10_000_000, store: join(folder, "jobs.db") }, 1_500, signal);
  await expect(stuck).rejects.toThrow("no result within 1.5 s");
});

test("wrong options end with exit code 2 and one line", async () => {
  await expect(bench("--backend", "mongo")).rejects.toMatchObject({
    code: 2,
    stdout: "",
    stderr: "error: there is no backend mongo. There are: sqlite, postgres, redis.\n",
  });
  await expect(bench("--check-goals", "--only", "plainjob")).rejects.toMatchObject({ code: 2, stdout: "" });
});
