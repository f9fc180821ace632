/** What retention costs, that two at once are not too much, and that nothing of a job stays behind. */

import type { Adapter, JobRef, PurgeRule } from "@jobyard/core/adapter";
import { claimRequest, newJob } from "@jobyard/core/testing";
import pg from "pg";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { openBench, type PostgresBench } from "./bench.ts";

const COMPLETE = { move: "complete", result: '"fine"' } as const;
const BURY = { move: "bury", failure: { code: "X", message: "broken", stack: null } } as const;
const KEEP_NONE = { ageMs: 0, count: null, bytes: null };

const [newest] = inject("postgres");
if (newest === undefined) throw new Error("no server was provided");
const openFresh = openBench(newest);

async function open(): Promise<PostgresBench> {
  const bench = await openFresh();
  onTestFinished(() => bench.close());
  return bench;
}

async function clientOf({ url, schema }: PostgresBench): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, options: `-c search_path=${schema}` });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

let made = 0;
const jobs = (count: number, over: Parameters<typeof newJob>[1] = {}): ReturnType<typeof newJob>[] =>
  Array.from({ length: count }, () => newJob(`j${made++}`, over));

const queues = (max: number) => [{ queue: "mail", max, types: [{ name: "greet", maxVersion: 1 }] }];

async function finish(adapter: Adapter, count: number, decision: typeof COMPLETE | typeof BURY): Promise<void> {
  const { jobs: taken } = await adapter.leaser.claim(claimRequest(`t${made++}`, { max: count, queues: queues(count) }));
  expect(taken).toHaveLength(count);
  await adapter.leaser.settle(taken.map(({ lease }) => ({ lease, guard: "held", decision })));
}

async function end(adapter: Adapter, count: number, decision: typeof COMPLETE | typeof BURY): Promise<JobRef[]> {
  const receipts = await adapter.writer.enqueue(jobs(count));
  await finish(adapter, count, decision);
  return receipts.map(({ ref }) => ref);
}

/** Pages that this purge touches, once the server has in memory what it knows about our tables. */
async function pagesOf(client: pg.Client, purge: string): Promise<number> {
  const explain = `EXPLAIN (ANALYZE, BUFFERS, FORMAT json) SELECT * FROM purge_jobs(${purge})`;
  for (let warm = 0; warm < 6; warm++) {
    await client.query("BEGIN");
    await client.query(explain);
    await client.query("ROLLBACK");
  }
  const { rows } = await client.query<{ readonly "QUERY PLAN": readonly [{ readonly Plan: Buffers }] }>(explain);
  const plan = rows[0]?.["QUERY PLAN"][0].Plan;
  return (plan?.["Shared Hit Blocks"] ?? 0) + (plan?.["Shared Read Blocks"] ?? 0);
}
interface Buffers {
  readonly "Shared Hit Blocks": number;
  readonly "Shared Read Blocks": number;
}

/** Pages that a purge of ten touches, in a store that has these many jobs of other kinds, all of them older. */
async function pagesOfPurge(state: "completed" | "dead", others: number): Promise<number> {
  const bench = await open();
  const { adapter } = bench;
  const client = await clientOf(bench);
  await adapter.writer.enqueue(jobs(others, { start: { delayMs: 1e9 } }));
  await adapter.writer.enqueue(jobs(others, { name: "mystery" }));
  await end(adapter, others, state === "completed" ? BURY : COMPLETE);
  for (let round = 0; round < 4; round++) {
    await bench.advance(1_000);
    await end(adapter, 10, state === "completed" ? COMPLETE : BURY);
  }
  await client.query("VACUUM ANALYZE");
  const pages = await pagesOf(client, `'mail', '${state}', NULL, 30, NULL, 100`);
  const { rows } = await client.query(`SELECT count(*)::int AS n FROM job WHERE state = '${state}'`);
  expect(rows).toEqual([{ n: 30 }]);
  return pages;
}

test.each(["completed", "dead"] as const)("a purge of %s jobs costs the same beside many other jobs", async (state) => {
  const few = await pagesOfPurge(state, 50);
  const many = await pagesOfPurge(state, 5_000);
  expect(few).toBeGreaterThan(10);
  // An index that is a level deeper costs a page for each look.
  expect(many).toBeLessThan(2 * few);
});

test("what stays is not read again and again: a purge that finds nothing looks at one job", async () => {
  const bench = await open();
  for (let round = 0; round < 20; round++) {
    await end(bench.adapter, 10, COMPLETE);
    await bench.advance(1);
  }
  const rule: PurgeRule = { queue: "mail", state: "completed", keep: { ageMs: 1_000, count: 200, bytes: null } };
  expect(await bench.adapter.sweeper.purge(rule, 1)).toEqual({ removed: 0, more: false });
  const client = await clientOf(bench);
  await bench.adapter.sweeper.expire(100);
  await client.query("VACUUM ANALYZE");
  expect(await pagesOf(client, "'mail', 'completed', 1000, 200, NULL, 1")).toBeLessThan(30);
});

test("jobs that ended one by one, some in one instant, go in the order of their ends, whatever the batch", async () => {
  const bench = await open();
  const { adapter } = bench;
  await adapter.writer.enqueue(Array.from({ length: 300 }, (_, n) => newJob(`${n}`)));
  const { jobs: taken } = await adapter.leaser.claim(claimRequest("t", { max: 300, queues: queues(300) }));
  const ended: { readonly n: number; readonly turn: number }[] = [];
  for (let turn = 0; turn < 300; turn++) {
    // Every job once, far from the order of the enqueue.
    const n = (turn * 271) % 300;
    const lease = taken[n]?.lease;
    if (lease) await adapter.leaser.settle([{ lease, guard: "held", decision: COMPLETE }]);
    ended.push({ n, turn: Math.floor(turn / 5) });
    if (turn % 5 === 4) await bench.advance(1);
  }
  const order = ended.toSorted((a, b) => a.turn - b.turn || a.n - b.n).map(({ n }) => `${n}`);
  const rule: PurgeRule = { queue: "mail", state: "completed", keep: { ageMs: null, count: 0, bytes: null } };
  for (let gone = 0; gone < 300; ) {
    const batch = (gone % 13) + 1;
    const { removed } = await adapter.sweeper.purge(rule, batch);
    expect(removed).toBe(Math.min(batch, 300 - gone));
    const refs = order.slice(gone, gone + removed + 1).map((id) => ({ queue: "mail", id }));
    const found = (await adapter.reader.get(refs)).map((job) => job !== null);
    expect(found).toEqual(refs.map((_, index) => index === removed));
    gone += removed;
  }
});

test("jobs that come back together have their places, also if one of them was back before", async () => {
  const { adapter } = await open();
  const refs = await end(adapter, 2, COMPLETE);
  const apply = (move: "remove" | "restore", count: number) =>
    adapter.operator.apply(move, refs.slice(0, count), { actor: "test" });
  const purgeAll = () => adapter.sweeper.purge({ queue: "mail", state: "completed", keep: KEEP_NONE }, 10);
  await apply("remove", 2);
  expect(await purgeAll()).toMatchObject({ removed: 0 });
  await apply("restore", 1);
  await apply("remove", 1);
  await apply("restore", 2);
  expect(await purgeAll()).toMatchObject({ removed: 2 });
});

test("a job that is back has two places of one instant, and counts once", async () => {
  const { adapter } = await open();
  const [, second] = await end(adapter, 2, COMPLETE);
  await end(adapter, 1, COMPLETE);
  if (!second) throw new Error("two jobs");
  await adapter.operator.apply("remove", [second], { actor: "test" });
  await adapter.operator.apply("restore", [second], { actor: "test" });
  const rule: PurgeRule = { queue: "mail", state: "completed", keep: KEEP_NONE };
  expect(await adapter.sweeper.purge(rule, 3)).toEqual({ removed: 3, more: false });
});

describe("several at once", () => {
  test.each(["completed", "dead"] as const)("keep what one would have kept: %s", async (state) => {
    const bench = await open();
    const refs: JobRef[] = [];
    for (let round = 0; round < 30; round++) {
      refs.push(...(await end(bench.adapter, 10, state === "completed" ? COMPLETE : BURY)));
      await bench.advance(1);
    }
    const rule: PurgeRule = { queue: "mail", state, keep: { ageMs: null, count: 100, bytes: null } };
    const answers = await Promise.all(
      [7, 40, 40, 13, 90, 90, 500].map((limit) => bench.adapter.sweeper.purge(rule, limit)),
    );
    expect(answers.reduce((sum, { removed }) => sum + removed, 0)).toBe(200);
    const left = (await bench.adapter.reader.get(refs)).map((job) => job !== null);
    expect(left).toEqual(refs.map((_, index) => index >= 200));
  });

  test("a person's removals and restores beside them cost no job its place", async () => {
    const bench = await open();
    const { adapter } = bench;
    const refs = await end(adapter, 60, COMPLETE);
    const rule: PurgeRule = { queue: "mail", state: "completed", keep: { ageMs: null, count: 20, bytes: null } };
    const by = { actor: "test" };
    for (let round = 0; round < 6; round++)
      await Promise.all([
        adapter.sweeper.purge(rule, 5),
        adapter.operator.apply("remove", refs.slice(round * 3, round * 3 + 9), by),
        adapter.sweeper.purge(rule, 3),
        adapter.operator.apply("restore", refs.slice(round * 3, round * 3 + 9), by),
      ]);
    await adapter.operator.apply("restore", refs, by);
    for (let more = true; more; ) more = (await adapter.sweeper.purge({ ...rule, keep: KEEP_NONE }, 7)).more;
    expect((await adapter.reader.get(refs)).filter((job) => job !== null)).toEqual([]);
    const client = await clientOf(bench);
    expect((await client.query("SELECT * FROM done")).rows).toEqual([]);
    const sums = await client.query("SELECT sum(completed)::int AS n, sum(completed_bytes)::int AS bytes FROM tally");
    expect(sums.rows).toEqual([{ n: 0, bytes: 0 }]);
  });
});

describe("of a job that went, no table has a row", () => {
  const TABLES = ["job", "event", "done", "attention", "ready", "later", "held", "expiry", "lease", "dedupe", "trash"];

  test.each(["completed", "dead", "cancelled"] as const)("%s", async (state) => {
    const bench = await open();
    const { adapter } = bench;
    const by = { actor: "test" };
    const keyed = { dedupe: { key: "k", while: "open", onConflict: "skip" }, expiresInMs: 1e9 } as const;
    const refs = (await adapter.writer.enqueue(jobs(1, keyed))).map(({ ref }) => ref);
    const retry = { move: "retry", delayMs: 0, failure: BURY.failure } as const;
    const [job] = (await adapter.leaser.claim(claimRequest("first"))).jobs;
    if (job) await adapter.leaser.append([{ lease: job.lease, kind: "log", data: '"one"' }]);
    if (job) await adapter.leaser.settle([{ lease: job.lease, guard: "held", decision: retry }]);
    await adapter.operator.apply("edit", refs, { ...by, payload: '{"n":2}' });
    if (state === "cancelled") await adapter.operator.apply("cancel", refs, by);
    else await finish(adapter, 1, state === "completed" ? COMPLETE : BURY);
    await adapter.operator.apply("remove", refs, by);
    await adapter.operator.apply("restore", refs, by);
    expect(await adapter.sweeper.purge({ queue: "mail", state, keep: KEEP_NONE }, 10)).toMatchObject({ removed: 1 });
    await bench.advance(30_000 + 3_600_001);
    await adapter.sweeper.expire(100);
    const client = await clientOf(bench);
    for (const table of [...TABLES, "tally", "session"])
      expect((await client.query(`SELECT * FROM ${table}`)).rows, table).toEqual([]);
  });
});
