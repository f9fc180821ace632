/** Jobs and the caller's own rows in one transaction of the caller: both, or neither. */

import { defineJob } from "@jobyard/core";
import { claimRequest, newJob } from "@jobyard/core/testing";
import type pg from "pg";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { until } from "./ground.ts";
import { openShop, type Shop } from "./yard.ts";

const addOrder = (shop: Shop, client: pg.ClientBase, id: string): Promise<unknown> =>
  client.query(shop.named("INSERT INTO jobyard.orders (id) VALUES ($1)"), [id]);

/** The job ids that there are, as far as another connection can see. */
const jobIds = async ({ sql }: Shop): Promise<readonly string[]> =>
  (await sql<{ id: string }>("SELECT id FROM jobyard.job ORDER BY id")).map(({ id }) => id);

describe("enqueue", () => {
  for (const end of ["COMMIT", "ROLLBACK"] as const)
    test(`${end.toLowerCase()}: the job shares the fate of the order`, async () => {
      const shop = await openShop();
      const client = await shop.pool.connect();
      await client.query("BEGIN");
      await addOrder(shop, client, "o1");
      const receipts = await shop.adapter.writer.enqueue([newJob("o1")], { tx: client });
      expect(receipts).toMatchObject([{ outcome: "accepted" }]);
      expect(await jobIds(shop)).toEqual([]);
      expect((await shop.adapter.leaser.claim(claimRequest("early"))).jobs).toEqual([]);
      await client.query(end);
      client.release();
      const there = end === "COMMIT" ? ["o1"] : [];
      expect(await shop.orders()).toEqual(there);
      expect(await jobIds(shop)).toEqual(there);
      expect((await shop.adapter.reader.queues("mail"))[0]?.depth ?? 0).toBe(there.length);
      expect((await shop.adapter.leaser.claim(claimRequest("t"))).jobs).toHaveLength(there.length);
    });

  test("a transaction that fails leaves nothing, whatever was answered before", async () => {
    const shop = await openShop();
    const client = await shop.pool.connect();
    await client.query("BEGIN");
    await shop.adapter.writer.enqueue([newJob("a")], { tx: client });
    await shop.adapter.writer.enqueue([newJob("b", { dedupe: { key: "k", while: "open", onConflict: "skip" } })], {
      tx: client,
    });
    await client.query(shop.named("SELECT jobyard.enqueue('mail', 'x', '1')"));
    await addOrder(shop, client, "o1");
    await expect(addOrder(shop, client, "o1")).rejects.toMatchObject({ code: "23505" });
    const late = shop.adapter.writer.enqueue([newJob("c")], { tx: client });
    await expect(late).rejects.toMatchObject({ code: "BAD_OPTION", field: "tx" });
    expect((await client.query("COMMIT")).command).toBe("ROLLBACK");
    client.release();
    expect(await jobIds(shop)).toEqual([]);
    for (const table of ["ready", "tally", "dedupe", "lane"])
      expect(await shop.sql(`SELECT FROM jobyard.${table}`), table).toEqual([]);
    // The key is free, and so is the id.
    const again = newJob("b", { dedupe: { key: "k", while: "open", onConflict: "skip" } });
    expect(await shop.adapter.writer.enqueue([again])).toMatchObject([{ outcome: "accepted" }]);
  });

  test("keeps nobody waiting who enqueues or claims another job", async () => {
    const shop = await openShop();
    await shop.adapter.writer.enqueue([newJob("first")]);
    const client = await shop.pool.connect();
    await client.query("BEGIN");
    const keyed = (id: string) => newJob(id, { dedupe: { key: id, while: "open", onConflict: "skip" } });
    await shop.adapter.writer.enqueue([newJob("a"), keyed("b"), newJob("c", { start: { delayMs: 1_000 } })], {
      tx: client,
    });
    // Each of these would not come back before the commit.
    const others = [newJob("d"), keyed("e"), newJob("f", { start: { delayMs: 1_000 } }), newJob("g", { name: "new" })];
    expect(await shop.adapter.writer.enqueue(others)).toMatchObject(others.map(() => ({ outcome: "accepted" })));
    const { jobs } = await shop.adapter.leaser.claim(claimRequest("t"));
    expect(jobs.map(({ lease }) => lease.ref.id)).toEqual(["first", "d", "e"]);
    await client.query("COMMIT");
    client.release();
    expect(await jobIds(shop)).toEqual(["a", "b", "c", "d", "e", "f", "first", "g"]);
  });

  test("a thousand that commit and roll back at once: the committed exist, and no other", async () => {
    const shop = await openShop();
    const job = defineJob("order.ship", { queue: "ship", payload: z.string() });
    const ends = Array.from({ length: 1_000 }, (_, n) => ({
      id: `o-${n}`,
      commits: (n * 7) % 13 < 6,
      inSql: n % 2 === 0,
    }));
    const next = ends[Symbol.iterator]();
    const producer = async (): Promise<void> => {
      const client = await shop.pool.connect();
      for (const { id, commits, inSql } of next) {
        await client.query("BEGIN");
        await addOrder(shop, client, id);
        if (inSql)
          await client.query(shop.named("SELECT jobyard.enqueue('ship', 'order.ship', to_json($1::text), $2)"), [
            id,
            { jobId: id },
          ]);
        else await shop.yard.enqueue(job, id, { jobId: id, tx: client });
        await client.query(commits ? "COMMIT" : "ROLLBACK");
      }
      client.release();
    };
    await Promise.all(Array.from({ length: 16 }, producer));
    const committed = ends
      .filter(({ commits }) => commits)
      .map(({ id }) => id)
      .sort();
    expect(committed.length).toBeGreaterThan(400);
    expect(await jobIds(shop)).toEqual(committed);
    expect(await shop.orders()).toEqual(committed);
    expect((await shop.adapter.reader.queues("ship"))[0]?.depth).toBe(committed.length);
    const ran: string[] = [];
    await shop.yard.worker({ jobs: [job.handler(({ id, payload }) => void ran.push(`${id}=${payload}`))] }).drain();
    expect(ran.sort()).toEqual(committed.map((id) => `${id}=${id}`).sort());
  });

  test("a bounded queue is exact over transactions that end in either way", async () => {
    const shop = await openShop();
    await shop.yard.board.configure("ship", { maxSize: 25 }, { actor: "test" });
    const job = defineJob("order.ship", { queue: "ship", payload: z.number() });
    const outcomes = await Promise.all(
      Array.from({ length: 80 }, async (_, n) => {
        const client = await shop.pool.connect();
        await client.query("BEGIN");
        const outcome = await shop.yard.enqueue(job, n, { tx: client }).then(
          () => (n % 4 === 0 ? "rolled back" : "accepted"),
          (error: { readonly code: string }) => error.code,
        );
        await client.query(outcome === "rolled back" ? "ROLLBACK" : "COMMIT");
        client.release();
        return outcome;
      }),
    );
    expect(outcomes.filter((outcome) => outcome === "accepted")).toHaveLength(25);
    expect(new Set(outcomes)).toEqual(new Set(["accepted", "rolled back", "QUEUE_FULL"]));
    expect(await jobIds(shop)).toHaveLength(25);
  });
});

describe("a handler that completes its job in its own transaction", () => {
  const pay = defineJob("order.pay", { queue: "pay", payload: z.string(), backoff: [0], maxAttempts: 20 });

  /** Runs `work` in a transaction of the shop's, whatever becomes of it. */
  async function within(shop: Shop, work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
    const client = await shop.pool.connect();
    try {
      await client.query("BEGIN");
      await work(client);
      await client.query("COMMIT");
      client.release();
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  test("writes one row per completed job, though its connection breaks again and again", async () => {
    const shop = await openShop();
    const ids = Array.from({ length: 60 }, (_, n) => `o-${String(n).padStart(2, "0")}`);
    await shop.yard.enqueueMany(pay, ids);
    let crashes = 0;
    const worker = shop.yard.worker({
      jobs: [
        pay.handler((job, { complete }) =>
          within(shop, async (client) => {
            await addOrder(shop, client, job.payload);
            await complete({ paid: job.payload }, { tx: client });
            if (job.attempt > 1 + (Number(job.payload.slice(2)) % 3)) return;
            crashes += 1;
            const { processID } = client as pg.PoolClient & { readonly processID: number };
            await shop.sql("SELECT pg_terminate_backend($1)", processID);
          }),
        ),
      ],
    });
    await worker.drain();
    expect(crashes).toBe(120);
    expect(await shop.orders()).toEqual(ids);
    expect(await shop.sql("SELECT state, count(*)::integer AS n FROM jobyard.job GROUP BY state")).toEqual([
      { state: "completed", n: 60 },
    ]);
    expect(worker.status).toMatchObject({ completed: 60, failed: 120, refused: 0 });
  });

  test("enqueues what follows in it", async () => {
    const shop = await openShop();
    const receipt = defineJob("receipt", { queue: "mail", payload: z.string() });
    await shop.yard.enqueue(pay, "o1");
    const handler = pay.handler((job, { complete }) =>
      within(shop, async (client) => {
        await shop.yard.enqueue(receipt, job.payload, { tx: client, jobId: `receipt-${job.attempt}` });
        await complete(null, { tx: client });
        if (job.attempt === 1) throw new Error("on second thoughts");
      }),
    );
    await shop.yard.worker({ jobs: [handler] }).drain();
    expect(await shop.sql("SELECT id, state FROM jobyard.job WHERE queue = 'mail'")).toEqual([
      { id: "receipt-2", state: "waiting" },
    ]);
  });

  test("cannot complete what is another's by now, and its transaction goes on", async () => {
    const shop = await openShop();
    await shop.yard.enqueue(pay, "o1");
    const { jobs } = await shop.adapter.leaser.claim(claimRequest("t1", { queues: anyPay, leaseMs: 1 }));
    const [{ lease }] = jobs as [(typeof jobs)[0]];
    await until("the lease is over", async () => (await shop.adapter.leaser.expired(1)).length === 1);
    const rescue = { charged: false, to: "waiting", delayMs: 0, heldLimit: null } as const;
    const failure = { code: "LEASE_EXPIRED", message: "gone", stack: null } as const;
    await shop.adapter.leaser.settle([{ lease, guard: "expired", decision: { move: "rescue", ...rescue, failure } }]);
    const client = await shop.pool.connect();
    await client.query("BEGIN");
    await addOrder(shop, client, "o1");
    const late = [{ lease, guard: "held", decision: { move: "complete", result: null } }] as const;
    expect(await shop.adapter.leaser.settle(late, { tx: client })).toEqual([{ ok: false, now: "lost" }]);
    await client.query("COMMIT");
    client.release();
    expect(await shop.orders()).toEqual(["o1"]);
    expect(await shop.sql("SELECT state FROM jobyard.job")).toEqual([{ state: "waiting" }]);
  });

  test("keeps its lease while the transaction stays open, and others of its claim lose nothing", async () => {
    const shop = await openShop();
    await shop.yard.enqueueMany(pay, ["quick", "slow"]);
    const isOpen = Promise.withResolvers<void>();
    const mayEnd = Promise.withResolvers<void>();
    const handler = pay.handler(async (job, { complete }) => {
      if (job.payload === "quick") return isOpen.promise;
      return within(shop, async (client) => {
        await complete(null, { tx: client });
        isOpen.resolve();
        await mayEnd.promise;
      });
    });
    const worker = shop.yard.worker({ jobs: [handler], lease: "600ms", sweep: "200ms" });
    await worker.start();
    await isOpen.promise;
    const deadline = async (): Promise<number> => {
      const [row] = await shop.sql<{ deadline: string }>("SELECT deadline FROM jobyard.session");
      return Number(row?.deadline);
    };
    const atFirst = await deadline();
    await until("three leases have passed", async () => (await deadline()) > atFirst + 1_800);
    mayEnd.resolve();
    const states = () => shop.sql("SELECT DISTINCT state FROM jobyard.job");
    await until("both are completed", async () => JSON.stringify(await states()) === '[{"state":"completed"}]');
    await worker.stop();
    expect(worker.status).toMatchObject({ completed: 2, failed: 0, refused: 0, rescued: 0 });
  });

  const anyPay = [{ queue: "pay", max: 1, types: [{ name: "order.pay", maxVersion: 1 }] }];
});
