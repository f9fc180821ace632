/** What retention costs, that two at once are not too much, and that nothing of a job stays behind. */

import type { JobRef, PurgeRule } from "@jobyard/core/adapter";
import {
  BURY,
  COMPLETE,
  completeOneByOne,
  endJobs,
  expectToGoInOrder,
  goThroughEverything,
  KEEP_NONE,
  newJobs,
} from "@jobyard/core/testing";
import pg from "pg";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { openBench, type PostgresBench } from "./bench.ts";

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
  await adapter.writer.enqueue(newJobs(others, { start: { delayMs: 1e9 } }));
  await adapter.writer.enqueue(newJobs(others, { name: "mystery" }));
  await endJobs(adapter, others, state === "completed" ? BURY : COMPLETE);
  for (let round = 0; round < 4; round++) {
    await bench.advance(1_000);
    await endJobs(adapter, 10, state === "completed" ? COMPLETE : BURY);
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
    await endJobs(bench.adapter, 10, COMPLETE);
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
  const refs = await completeOneByOne(bench.adapter, 300, () => bench.advance(1));
  await expectToGoInOrder(bench.adapter, refs);
});

test("a job that is back has two places of one instant, and counts once", async () => {
  const { adapter } = await open();
  const [, second] = await endJobs(adapter, 2, COMPLETE);
  await endJobs(adapter, 1, COMPLETE);
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
      refs.push(...(await endJobs(bench.adapter, 10, state === "completed" ? COMPLETE : BURY)));
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
    const refs = await endJobs(adapter, 60, COMPLETE);
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
    await goThroughEverything(adapter, state);
    await bench.advance(30_000 + 3_600_001);
    await adapter.sweeper.expire(100);
    const client = await clientOf(bench);
    for (const table of [...TABLES, "tally", "session"])
      expect((await client.query(`SELECT * FROM ${table}`)).rows, table).toEqual([]);
  });
});
