/** What retention costs, and that nothing of a job stays behind. Counted in rows, never in time. */

import { join } from "node:path";
import type { Adapter, PurgeRule } from "@jobyard/core/adapter";
import { claimRequest, manualPorts, newJob } from "@jobyard/core/testing";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { sqliteAdapter } from "../src/index.ts";
import { purge } from "../src/purge.ts";
import { takeStep } from "../src/step.ts";
import { folder } from "./bench.ts";
import { CountingConnection } from "./counting-connection.ts";

const COMPLETE = { move: "complete", result: '"fine"' } as const;
const BURY = { move: "bury", failure: { code: "X", message: "broken", stack: null } } as const;

async function finish(adapter: Adapter, count: number, decision: typeof COMPLETE | typeof BURY): Promise<void> {
  const queues = [{ queue: "mail", max: count, types: [{ name: "greet", maxVersion: 1 }] }];
  const { jobs } = await adapter.leaser.claim(claimRequest(`t${made++}`, { max: count, queues }));
  expect(jobs).toHaveLength(count);
  await adapter.leaser.settle(jobs.map(({ lease }) => ({ lease, guard: "held", decision })));
}
let made = 0;

const jobs = (count: number, over: Parameters<typeof newJob>[1] = {}): ReturnType<typeof newJob>[] =>
  Array.from({ length: count }, () => newJob(`j${made++}`, over));

/** What a purge of ten reads, in a file that has these many jobs of other kinds, all of them older. */
async function rowsOfPurge(state: "completed" | "dead", others: number): Promise<number> {
  const file = join(await folder(), "jobs.db");
  const ports = manualPorts();
  const adapter = sqliteAdapter({ file, durability: "crash", ports });
  await adapter.writer.enqueue(jobs(others, { start: { delayMs: 1e9 } }));
  await adapter.writer.enqueue(jobs(others, { name: "mystery" }));
  await adapter.writer.enqueue(jobs(others));
  await finish(adapter, others, state === "completed" ? BURY : COMPLETE);
  for (let round = 0; round < 4; round++) {
    ports.advance(1_000);
    await adapter.writer.enqueue(jobs(10));
    await finish(adapter, 10, state === "completed" ? COMPLETE : BURY);
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
    await adapter.writer.enqueue(jobs(10));
    await finish(adapter, 10, COMPLETE);
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
  await adapter.writer.enqueue(Array.from({ length: 600 }, (_, n) => newJob(`${n}`)));
  const queues = [{ queue: "mail", max: 600, types: [{ name: "greet", maxVersion: 1 }] }];
  const { jobs: taken } = await adapter.leaser.claim(claimRequest("t", { max: 600, queues }));
  const ended: { readonly n: number; readonly at: number }[] = [];
  for (let turn = 0; turn < 600; turn++) {
    // Every job once, far from the order of the enqueue.
    const n = (turn * 271) % 600;
    const lease = taken[n]?.lease;
    if (lease) await adapter.leaser.settle([{ lease, guard: "held", decision: COMPLETE }]);
    ended.push({ n, at: ports.now() });
    if (turn % 5 === 4) ports.advance(1);
  }
  const order = ended.toSorted((a, b) => a.at - b.at || a.n - b.n).map(({ n }) => `${n}`);
  for (let gone = 0; gone < 600; ) {
    const batch = (gone % 13) + 1;
    const rule: PurgeRule = { queue: "mail", state: "completed", keep: { ageMs: null, count: 0, bytes: null } };
    const { removed } = await adapter.sweeper.purge(rule, batch);
    expect(removed).toBe(Math.min(batch, 600 - gone));
    const refs = order.slice(gone, gone + removed + 1).map((id) => ({ queue: "mail", id }));
    const found = (await adapter.reader.get(refs)).map((job) => job !== null);
    expect(found).toEqual(refs.map((_, index) => index === removed));
    gone += removed;
  }
  await adapter.close();
});

test("jobs that come back together have their places, also if one of them was back before", async () => {
  const adapter = sqliteAdapter({ file: join(await folder(), "jobs.db"), durability: "crash", ports: manualPorts() });
  const refs = (await adapter.writer.enqueue(jobs(2))).map(({ ref }) => ref);
  await finish(adapter, 2, COMPLETE);
  const apply = (move: "remove" | "restore", count: number) =>
    adapter.operator.apply(move, refs.slice(0, count), { actor: "test" });
  const purgeAll = () =>
    adapter.sweeper.purge({ queue: "mail", state: "completed", keep: { ageMs: 0, count: null, bytes: null } }, 10);
  await apply("remove", 2);
  expect(await purgeAll()).toMatchObject({ removed: 0 });
  await apply("restore", 1);
  await apply("remove", 1);
  await apply("restore", 2);
  expect(await purgeAll()).toMatchObject({ removed: 2 });
  await adapter.close();
});

describe("of a job that went, no table has a row", () => {
  const NOTHING = { ageMs: 0, count: null, bytes: null };
  const TABLES = ["job", "event", "done", "attention", "ready", "later", "held", "expiry", "lease", "dedupe", "trash"];

  test.each(["completed", "dead", "cancelled"] as const)("%s", async (state) => {
    const file = join(await folder(), "jobs.db");
    const adapter = sqliteAdapter({ file, durability: "crash" });
    const by = { actor: "test" };
    const keyed = { dedupe: { key: "k", while: "open", onConflict: "skip" }, expiresInMs: 1e9 } as const;
    const [receipt] = await adapter.writer.enqueue(jobs(1, keyed));
    const refs = receipt ? [receipt.ref] : [];
    const retry = { move: "retry", delayMs: 0, failure: BURY.failure } as const;
    const [job] = (await adapter.leaser.claim(claimRequest("first"))).jobs;
    if (job) await adapter.leaser.append([{ lease: job.lease, kind: "log", data: '"one"' }]);
    if (job) await adapter.leaser.settle([{ lease: job.lease, guard: "held", decision: retry }]);
    await adapter.operator.apply("edit", refs, { ...by, payload: '{"n":2}' });
    if (state === "cancelled") await adapter.operator.apply("cancel", refs, by);
    else await finish(adapter, 1, state === "completed" ? COMPLETE : BURY);
    await adapter.operator.apply("remove", refs, by);
    await adapter.operator.apply("restore", refs, by);
    expect(await adapter.sweeper.purge({ queue: "mail", state, keep: NOTHING }, 10)).toMatchObject({ removed: 1 });
    await adapter.close();
    const database = new Database(file);
    const left = TABLES.flatMap((table) => database.prepare(`SELECT * FROM jobyard_${table}`).all());
    const counters = database.prepare("SELECT name FROM jobyard_tally WHERE queue <> '' AND value <> 0").all();
    database.close();
    expect(left).toEqual([]);
    expect(counters).toEqual([]);
  });
});
