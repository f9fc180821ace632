/** What retention costs, and that nothing of a job stays behind. Counted in rows, never in time. */

import { join } from "node:path";
import type { PurgeRule } from "@jobyard/core/adapter";
import {
  BURY,
  COMPLETE,
  completeOneByOne,
  endJobs,
  expectToGoInOrder,
  goThroughEverything,
  manualPorts,
  newJobs,
} from "@jobyard/core/testing";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { sqliteAdapter } from "../src/index.ts";
import { purge } from "../src/purge.ts";
import { takeStep } from "../src/step.ts";
import { folder } from "./bench.ts";
import { CountingConnection } from "./counting-connection.ts";

/** What a purge of ten reads, in a file that has these many jobs of other kinds, all of them older. */
async function rowsOfPurge(state: "completed" | "dead", others: number): Promise<number> {
  const file = join(await folder(), "jobs.db");
  const ports = manualPorts();
  const adapter = sqliteAdapter({ file, durability: "crash", ports });
  await adapter.writer.enqueue(newJobs(others, { start: { delayMs: 1e9 } }));
  await adapter.writer.enqueue(newJobs(others, { name: "mystery" }));
  await endJobs(adapter, others, state === "completed" ? BURY : COMPLETE);
  for (let round = 0; round < 4; round++) {
    ports.advance(1_000);
    await endJobs(adapter, 10, state === "completed" ? COMPLETE : BURY);
  }
  await adapter.close();
  const database = new Database(file);
  const connection = new CountingConnection(database);
  const rule: PurgeRule = { queue: "mail", state, keep: { ageMs: null, count: 30, bytes: null } };
  const [{ removed }] = takeStep(connection, ports.now, (step) => purge(step, rule, 100));
  database.close();
  expect(removed).toBe(10);
  return connection.rows;
}

test.each(["completed", "dead"] as const)("a purge of %s jobs reads the same beside many other jobs", async (state) => {
  expect(await rowsOfPurge(state, 2_000)).toBe(await rowsOfPurge(state, 5));
});

test("what stays is not read again and again: a purge that finds nothing looks at one job", async () => {
  const file = join(await folder(), "jobs.db");
  const ports = manualPorts();
  const adapter = sqliteAdapter({ file, durability: "crash", ports });
  for (let round = 0; round < 20; round++) {
    await endJobs(adapter, 10, COMPLETE);
    ports.advance(1);
  }
  await adapter.close();
  const database = new Database(file);
  const connection = new CountingConnection(database);
  const rule: PurgeRule = { queue: "mail", state: "completed", keep: { ageMs: 1_000, count: 200, bytes: null } };
  const [answer] = takeStep(connection, ports.now, (step) => purge(step, rule, 1));
  database.close();
  expect(answer).toEqual({ removed: 0, more: false });
  expect(connection.rows).toBeLessThan(10);
});

test("jobs that ended one by one, some in one instant, go in the order of their ends, whatever the batch", async () => {
  const file = join(await folder(), "jobs.db");
  const ports = manualPorts();
  const adapter = sqliteAdapter({ file, durability: "crash", ports });
  const tick = (): void => ports.advance(1);
  await expectToGoInOrder(adapter, await completeOneByOne(adapter, 600, tick));
  await adapter.close();
});

describe("of a job that went, no table has a row", () => {
  const TABLES = ["job", "event", "done", "attention", "ready", "later", "held", "expiry", "lease", "dedupe", "trash"];

  test.each(["completed", "dead", "cancelled"] as const)("%s", async (state) => {
    const file = join(await folder(), "jobs.db");
    const adapter = sqliteAdapter({ file, durability: "crash" });
    await goThroughEverything(adapter, state);
    await adapter.close();
    const database = new Database(file);
    const left = TABLES.flatMap((table) => database.prepare(`SELECT * FROM jobyard_${table}`).all());
    const counters = database.prepare("SELECT name FROM jobyard_tally WHERE queue <> '' AND value <> 0").all();
    database.close();
    expect(left).toEqual([]);
    expect(counters).toEqual([]);
  });
});
