/**
 * What a page of a list costs does not grow with the store. Counted in rows that SQLite visits, never in time: every
 * condition on a row calls a function of ours here, and every row that is answered counts too.
 */

import { join } from "node:path";
import type { Filter, Page } from "@jobyard/core/adapter";
import {
  claimRequest,
  createdBetween,
  inPhase,
  type ManualPorts,
  manualPorts,
  newJob,
  withText,
} from "@jobyard/core/testing";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Connection } from "../src/connection.ts";
import { sqliteAdapter } from "../src/index.ts";
import { phases } from "../src/read/counts.ts";
import { list } from "../src/read/pages.ts";
import type { Statement } from "../src/statement.ts";
import type { Store } from "../src/store.ts";
import { lastingFolder } from "./bench.ts";

/**
 * Rows of a page and of the look at its other side, whatever the size of the store: each of the few walks of a list is
 * barren for some thousand rows before it finds out where to go on. Less than half of what stands in the way here.
 */
const MOST_VISITED = 24_000;
const JOBS = 100_000;
const HOUR_MS = 3_600_000;

class VisitsConnection extends Connection {
  visited = 0;

  constructor(database: Database.Database) {
    super(database);
    database.function("visited", { deterministic: false }, (value: unknown) => {
      this.visited += 1;
      return value;
    });
  }

  override all<P extends object, R>(statement: Statement<P, R>, parameters: P): R[] {
    const found = super.all(watched(statement), parameters);
    this.visited += found.length;
    return found;
  }

  override get<P extends object, R>(statement: Statement<P, R>, parameters: P): R | undefined {
    return super.get(watched(statement), parameters);
  }
}

/** The first thing that is asked of each row is asked through the function. */
const watched = <P, R>({ text }: Statement<P, R>): Statement<P, R> => ({
  text: text.includes("AND lane IN (")
    ? text.replace("AND lane IN (", "AND visited(lane) IN (")
    : text.includes("@states IS NULL OR")
      ? text.replace("@states IS NULL OR", "visited(state) IS NULL OR @states IS NULL OR")
      : text.replace(/instr\(@states, \+?state\)/, "instr(@states, visited(state))"),
});

describe("of many jobs", () => {
  let database: Database.Database;
  let db: VisitsConnection;
  let store: Store;
  let start: number;

  beforeAll(async () => {
    const folder = await lastingFolder();
    afterAll(folder.remove);
    const file = join(folder.path, "jobs.db");
    const ports = manualPorts();
    start = ports.now();
    await fill(file, ports);
    database = new Database(file);
    db = new VisitsConnection(database);
    const read: Store["read"] = async (work) => work({ db, now: ports.now() });
    store = { ports, read } as unknown as Store;
  });
  afterAll(() => database.close());

  const CASES: readonly (readonly [string, () => Filter])[] = [
    ["all", () => []],
    ["waiting", () => inPhase("waiting")],
    ["scheduled", () => inPhase("scheduled")],
    ["active", () => inPhase("active")],
    ["completed", () => inPhase("completed")],
    ["dead", () => inPhase("dead")],
    ["dead or stale", () => inPhase("dead", "stale")],
    ["all but waiting", () => [{ field: "state", not: true, any: ["waiting"] }]],
    ["one queue", () => [withText("queue", "mail")]],
    ["one queue, completed", () => [withText("queue", "mail"), ...inPhase("completed")]],
    ["one queue, waiting", () => [withText("queue", "mail"), ...inPhase("waiting")]],
    ["a type by a pattern, completed", () => [withText("name", "gre*"), ...inPhase("completed")]],
    ["a rare type", () => [withText("name", "rare")]],
    ["a rare type, waiting", () => [withText("name", "rare"), ...inPhase("waiting")]],
    ["the first hour", () => createdBetween(null, start + HOUR_MS)],
    ["an hour in the middle", () => createdBetween(start + 10 * HOUR_MS, start + 11 * HOUR_MS)],
  ];

  test.each(CASES)("%s: the first, the second, the last page and the one before it", async (_, filter) => {
    // When which jobs were enqueued is found out once for a store that stays open.
    await list(store, { filter: createdBetween(null, start + HOUR_MS), limit: 50, cursor: null });
    const page = async (cursor: string | null): Promise<Page<unknown>> => {
      db.visited = 0;
      const found = await list(store, { filter: filter(), limit: 50, cursor });
      expect(found.items.length).toBeGreaterThan(0);
      expect(found.searched.all).toBe(true);
      expect(db.visited).toBeGreaterThan(0);
      expect(db.visited).toBeLessThan(MOST_VISITED);
      return found;
    };
    const first = await page(null);
    if (first.next === null || first.last === null) return;
    await page(first.next);
    const last = await page(first.last);
    expect(last.next).toBeNull();
    if (last.previous !== null) await page(last.previous);
  });

  test("counts by phase look at no job at all", async () => {
    db.visited = 0;
    const counts = await phases(store, [], 10_000);
    expect(counts).toMatchObject({ waiting: { n: 10_000, exact: false }, dead: { n: 250, exact: true } });
    expect(db.visited).toBeLessThan(100);
  });

  test("a walk that went through everything would be noticed", () => {
    db.visited = 0;
    db.all({ text: "SELECT pk FROM jobyard_job WHERE instr(@states, state) > 0" }, { states: "stale" });
    expect(db.visited).toBe(JOBS);
  });
});

/** Old ones that completed, a few that died, are scheduled or of a rare type; behind them as many that wait. */
async function fill(file: string, ports: ManualPorts): Promise<void> {
  const adapter = sqliteAdapter({ file, durability: "crash", ports });
  const queues = ["mail", "print"].map((queue) => ({ queue, max: 1_000, types: [{ name: "greet", maxVersion: 1 }] }));
  for (let from = 0; from < JOBS; from += 1_000) {
    const jobs = Array.from({ length: 1_000 }, (_, index) => {
      const queue = index % 2 === 0 ? "mail" : "print";
      if (index % 250 === 0) return newJob(`later-${from + index}`, { queue, start: { delayMs: 1_000 * HOUR_MS } });
      return newJob(`job-${from + index}`, { queue, name: index % 250 === 1 ? "rare" : "greet" });
    });
    await adapter.writer.enqueue(jobs);
    if (from < JOBS / 2) {
      const { jobs: claimed } = await adapter.leaser.claim(claimRequest(`token-${from}`, { max: 1_000, queues }));
      const failure = { code: "HANDLER_ERROR", message: "boom", stack: null };
      await adapter.leaser.settle(
        claimed.map(({ lease }, index) => ({
          lease,
          guard: "held",
          decision: index % 200 === 0 ? { move: "bury", failure } : { move: "complete", result: null },
        })),
      );
    }
    ports.advance(HOUR_MS);
  }
  await adapter.leaser.claim(claimRequest("token-last", { max: 100, leaseMs: 1_000 * HOUR_MS, queues }));
  await adapter.close();
}
