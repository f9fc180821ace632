/** What a sweep clears away besides jobs, and that it waits for nobody. */

import { claimRequest, newJob } from "@jobyard/core/testing";
import pg from "pg";
import { expect, inject, onTestFinished, test } from "vitest";
import { openBench, type PostgresBench } from "./bench.ts";

const [newest] = inject("postgres");
if (newest === undefined) throw new Error("no server was provided");
const openFresh = openBench(newest);
const HOUR_MS = 3_600_000;

async function open(): Promise<PostgresBench & { readonly client: pg.Client }> {
  const bench = await openFresh();
  const client = new pg.Client({ connectionString: bench.url, options: `-c search_path=${bench.schema}` });
  await client.connect();
  onTestFinished(async () => {
    await client.end();
    await bench.close();
  });
  return { ...bench, client };
}

const COMPLETE = { move: "complete", result: null } as const;
const numberOf = async (client: pg.Client, table: string): Promise<number> =>
  Number((await client.query<{ readonly n: string }>(`SELECT count(*) AS n FROM ${table}`)).rows[0]?.n);

test("what steps have counted is added up to one row for each queue, and none for zero", async () => {
  const { adapter, client } = await open();
  for (let n = 0; n < 20; n++) {
    await adapter.writer.enqueue([newJob(`a${n}`), newJob(`b${n}`, { queue: "print" })]);
    const { jobs } = await adapter.leaser.claim(claimRequest(`t${n}`));
    await adapter.leaser.settle(jobs.map(({ lease }) => ({ lease, guard: "held", decision: COMPLETE })));
  }
  expect(await numberOf(client, "tally")).toBe(60);
  await adapter.sweeper.expire(100);
  expect((await client.query("SELECT queue, depth, completed FROM tally ORDER BY queue")).rows).toEqual([
    { queue: "mail", depth: "0", completed: "20" },
    { queue: "print", depth: "20", completed: "0" },
  ]);
  const [place] = (await client.query("SELECT ctid FROM tally WHERE queue = 'mail'")).rows;
  await adapter.sweeper.expire(100);
  expect((await client.query("SELECT ctid FROM tally WHERE queue = 'mail'")).rows).toEqual([place]);
  await adapter.sweeper.purge({ queue: "mail", state: "completed", keep: { ageMs: 0, count: null, bytes: null } }, 100);
  await adapter.sweeper.expire(100);
  expect((await client.query("SELECT queue FROM tally")).rows).toEqual([{ queue: "print" }]);
});

test("a queue's counters are right for everybody while they are added up", async () => {
  const { adapter, another } = await open();
  const other = await another?.();
  if (other === undefined) throw new Error("a second handle");
  onTestFinished(() => other.close());
  const seen = new Set<number>();
  for (let round = 0; round < 20; round++) {
    await adapter.writer.enqueue([newJob(`a${round}`)]);
    const answers = await Promise.all([
      adapter.reader.queues("mail"),
      other.sweeper.expire(10),
      other.reader.queues("mail"),
    ]);
    for (const info of [answers[0][0], answers[2][0]]) seen.add((info?.depth ?? -1) - round);
  }
  expect([...seen]).toEqual([1]);
});

test("a session goes an hour after its end if it holds nothing, and not before", async () => {
  const { adapter, client, advance } = await open();
  await adapter.writer.enqueue([newJob("a"), newJob("b")]);
  const [one] = (await adapter.leaser.claim(claimRequest("t1", { session: "idle", max: 1 }))).jobs;
  if (one) await adapter.leaser.settle([{ lease: one.lease, guard: "held", decision: COMPLETE }]);
  await adapter.leaser.claim(claimRequest("t2", { session: "lost" }));
  await advance(30_000 + HOUR_MS);
  await adapter.sweeper.expire(100);
  expect(await numberOf(client, "session")).toBe(2);
  await advance(1);
  await adapter.sweeper.expire(100);
  expect((await client.query("SELECT id FROM session")).rows).toEqual([{ id: "lost" }]);
  expect(await adapter.leaser.expired(10)).toMatchObject([{ session: "lost" }]);
});

test("trash, records and timed keys go in portions, and the answer says if there may be more", async () => {
  const { adapter, client, advance } = await open();
  const by = { actor: "test" };
  const dedupe = (key: string) => ({ key, while: { forMs: 1_000 }, onConflict: "skip" }) as const;
  const receipts = await adapter.writer.enqueue(
    Array.from({ length: 5 }, (_, n) => newJob(`${n}`, { dedupe: dedupe(`k${n}`) })),
  );
  await adapter.operator.apply(
    "remove",
    receipts.map(({ ref }) => ref),
    by,
  );
  for (let n = 0; n < 5; n++) await adapter.records.put("worker", `${n}`, "{}", { ttlMs: 1_000 });
  await advance(24 * HOUR_MS);
  expect(await adapter.sweeper.expire(3)).toEqual({ expired: 0, more: true });
  expect(await numberOf(client, "dedupe")).toBe(2);
  expect(await adapter.sweeper.expire(3)).toEqual({ expired: 0, more: false });
  expect([await numberOf(client, "dedupe"), await numberOf(client, "trash")]).toEqual([0, 5]);
  expect(await adapter.records.list("worker", null, 10)).toEqual([]);
  await advance(1);
  expect(await adapter.sweeper.expire(10)).toEqual({ expired: 0, more: false });
  expect([await numberOf(client, "trash"), await numberOf(client, "event")]).toEqual([0, 0]);
});

test("an overdue job that somebody has locked is left to the next sweep, and nobody waits", async () => {
  const { adapter, client, advance } = await open();
  await adapter.writer.enqueue([newJob("a", { expiresInMs: 10 }), newJob("b", { expiresInMs: 10 })]);
  await advance(10);
  await client.query("BEGIN");
  await client.query("SELECT FROM ready ORDER BY ord LIMIT 1 FOR UPDATE");
  expect(await adapter.sweeper.expire(10)).toMatchObject({ expired: 1 });
  await client.query("COMMIT");
  expect(await adapter.sweeper.expire(10)).toEqual({ expired: 1, more: false });
});

test("where the jobs of a type were is forgotten a day after the last of them went, and not before", async () => {
  const { adapter, client, advance } = await open();
  const by = { actor: "test" };
  const later = { start: { delayMs: 1e10 } } as const;
  const first = await adapter.writer.enqueue(Array.from({ length: 1_024 }, (_, n) => newJob(`a${n}`, later)));
  await adapter.writer.enqueue([newJob("b", later)]);
  const blocks = await numberOf(client, "lane_block");
  expect(blocks).toBeGreaterThan(1);
  await advance(30 * HOUR_MS);
  await adapter.sweeper.expire(100);
  expect(await numberOf(client, "lane_block")).toBe(blocks);
  await adapter.operator.apply(
    "remove",
    first.map(({ ref }) => ref),
    by,
  );
  await adapter.sweeper.expire(100);
  expect(await numberOf(client, "lane_block")).toBe(blocks);
  await advance(25 * HOUR_MS);
  while ((await adapter.sweeper.expire(500)).more);
  await adapter.sweeper.expire(500);
  expect(await numberOf(client, "lane_block")).toBe(1);
});
