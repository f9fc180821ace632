import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { postgresAdapter } from "@jobyard/adapter-postgres";
import { redisAdapter } from "@jobyard/adapter-redis";
import { parseSqliteUrl, sqliteAdapter } from "@jobyard/adapter-sqlite";
import { PHASES } from "@jobyard/core";
import type { Adapter } from "@jobyard/core/adapter";
import { expect, onTestFinished, test } from "vitest";
import type { Line } from "../measure/measure.ts";
import { judge } from "../report.ts";
import { countsOf } from "../store/mix.ts";
import { openPostgres } from "../store/postgres.ts";
import { openRedis } from "../store/redis.ts";
import { openSqlite } from "../store/sqlite.ts";

const JOBS = 3_000;
const sqliteAt = (url: string): Adapter => sqliteAdapter({ ...parseSqliteUrl(url), create: false });
const postgresAt = (url: string): Adapter => postgresAdapter({ url });
const redisAt = (url: string): Adapter => redisAdapter({ url });

test.each([
  ["SQLite", openSqlite, sqliteAt],
  ["Postgres", openPostgres, postgresAt],
  ["Redis", openRedis, redisAt],
])("a store on %s holds what the mix says, and is made once", async (_, open, adapterAt) => {
  const folder = await mkdtemp(join(tmpdir(), "jobyard-scale-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  // A server's account has to reach what is in it.
  await chmod(folder, 0o755);
  const told: string[] = [];
  const make = () => open({ jobs: JOBS, seed: 1, folder, onProgress: (text) => told.push(text) });
  const store = await make();
  const adapter = adapterAt(store.url);
  const phases = await adapter.reader.phases([], JOBS);
  await adapter.close();
  await store.close();
  const { waiting, stuck, complete, ...others } = countsOf(JOBS);
  const active = 6;
  const n = { ...others, waiting: waiting + stuck - active, active, completed: complete, blocked: 0 };
  expect(phases).toEqual(Object.fromEntries(PHASES.map((phase) => [phase, { n: n[phase], exact: true }])));

  const made = told.length;
  const again = await make();
  await again.close();
  expect(again.path).toBe(store.path);
  expect(told).toHaveLength(made);
});

const line = (part: Partial<Line>): Line => ({
  what: "state:dead",
  kind: "indexed",
  page: "first",
  figure: { medianMs: 1, maxMs: 1, cpuMs: 1, blockedMs: 1 },
  items: 50,
  searched: { rows: 51, all: true },
  ...part,
});
const slow = { medianMs: 201, maxMs: 300, cpuMs: 200, blockedMs: 101 };

test.each([
  ["what is quick and whole", line({}), 0],
  ["a search that says where it stopped", line({ kind: "search", searched: { rows: 100_000, all: false } }), 0],
  ["a slow listing that keeps everything else waiting", line({ figure: slow }), 2],
  ["a listing that only looked at some", line({ searched: { rows: 100_000, all: false } }), 1],
  ["a search without an end", line({ kind: "search", searched: { rows: 100_001, all: true } }), 1],
])("%s is judged", (_, measured, faults) => {
  expect(judge(measured).faults).toHaveLength(faults);
});
