/** Jobs in the caller's transactions: there if and only if it commits, checked like a yard's, and with times of the write. */

import { type EnqueueOptions, isQueueError } from "@jobyard/core";
import type { NewJob } from "@jobyard/core/adapter";
import Database from "better-sqlite3";
import pg from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { createOutbox, relayAll } from "../../src/outbox/index.ts";
import { BACKENDS, type Ground, greet, postgresGround, postgresUrl, sqliteGround } from "./ground.ts";
import { openTarget, targetThat } from "./target.ts";

/** The jobs as a relay hands them over, which keeps them. */
async function handedOver({ outbox }: Ground): Promise<readonly NewJob[]> {
  const jobs: NewJob[] = [];
  const target = targetThat(async (batch) => {
    jobs.push(...batch);
    return batch.map(({ queue, id }) => ({
      outcome: "accepted",
      ref: { queue, id },
      state: "waiting",
      replaced: null,
    }));
  });
  await relayAll(outbox, target);
  return jobs;
}

const write = (ground: Ground, options?: Omit<EnqueueOptions, "tx">): Promise<{ readonly id: string }> =>
  ground.transact((tx) => ground.outbox.enqueue(tx, greet, { n: 1 }, options));

describe.each(BACKENDS)("on $name", ({ open }) => {
  test("a committed job arrives with its order, one that is rolled back does not", async () => {
    const ground = await open();
    const target = openTarget();
    const both = (n: number, fails: boolean): Promise<unknown> =>
      ground.transact(async (tx) => {
        await ground.addOrder(tx, n);
        const ref = await ground.outbox.enqueue(tx, greet, { n });
        if (fails) throw new Error("changed my mind");
        return ref;
      });
    const ref = await both(1, false);
    await expect(both(2, true)).rejects.toThrow("changed my mind");
    expect(await ground.outbox.status()).toEqual({ waiting: 1, oldestMs: expect.any(Number), refused: 0 });
    expect(await relayAll(ground.outbox, target.adapter)).toEqual({
      relayed: 1,
      duplicates: 0,
      refused: 0,
      fullQueues: [],
    });
    expect(await ground.orders()).toEqual([1]);
    const [job, ...others] = await target.claimed("mail");
    expect(others).toEqual([]);
    expect(job).toMatchObject({ name: "greet", payload: '{"n":1}', lease: { ref } });
    expect(ref).toEqual({ queue: "mail", id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/) });
    expect(await ground.outbox.status()).toEqual({ waiting: 0, oldestMs: null, refused: 0 });
  });

  test("everything that can be said of a job arrives as it was said", async () => {
    const ground = await open();
    const options = {
      queue: "urgent – ünïcode",
      jobId: 'a "quoted" \\ {id},',
      priority: 7,
      maxAttempts: 9,
      backoff: [1_000, "4s"],
      timeout: "5s",
      onLeaseLost: "hold",
      tags: ["a", "b"],
      group: "acme",
      dedupe: { key: "k", while: { for: "1h" }, onConflict: "extend" },
      runAt: 4_000_000_000_000,
    } as const;
    await write(ground, options);
    expect(await handedOver(ground)).toEqual([
      {
        queue: options.queue,
        id: options.jobId,
        name: "greet",
        version: 1,
        payload: '{"n":1}',
        priority: 7,
        maxAttempts: 9,
        backoff: [1_000, 4_000],
        timeoutMs: 5_000,
        start: { at: options.runAt },
        expiresInMs: null,
        tags: ["a", "b"],
        group: "acme",
        dedupe: { key: "k", while: { forMs: 3_600_000 }, onConflict: "extend" },
        onLeaseLost: "hold",
        parent: null,
      },
    ]);
  });

  test.each([
    ["with doubled keys, white space and escapes", '{"n":1.0,"n":1e0 , "s":"\\u0000\\ud800é𝄞\\\\"}'],
    ["of a million letters", `"${"x".repeat(1_000_000)}"`],
    ["of a number that no double has", "123456789012345678901234567890"],
  ])("a payload %s keeps every byte", async (_, payload) => {
    const ground = await open();
    const [ref] = await ground.transact((tx) => ground.outbox.enqueueRaw(tx, [{ name: "any", payload }]));
    const [job] = await handedOver(ground);
    expect(job).toMatchObject({ payload, queue: ref?.queue, id: ref?.id, name: "any" });
  });

  test("half a surrogate pair, which has no UTF-8, becomes the sign for it", async () => {
    const ground = await open();
    await ground.transact((tx) => ground.outbox.enqueueRaw(tx, [{ name: "any", payload: '"\ud800"' }]));
    expect(await handedOver(ground)).toMatchObject([{ payload: '"\ufffd"' }]);
  });

  test("jobs of one call, and of calls one after the other, keep their order", async () => {
    const ground = await open();
    const target = openTarget();
    const payloads = Array.from({ length: 2_500 }, (_, n) => ({ n }));
    await ground.transact(async (tx) => {
      await ground.outbox.enqueueMany(tx, greet, payloads.slice(0, 2_400));
      await Promise.all(payloads.slice(2_400).map((payload) => ground.outbox.enqueue(tx, greet, payload)));
    });
    expect(await relayAll(ground.outbox, target.yard)).toMatchObject({ relayed: 2_500 });
    expect((await target.claimed("mail")).map(({ payload }) => payload)).toEqual(
      payloads.map((each) => JSON.stringify(each)),
    );
  });

  test("delay and expiry run from the write, by the database's clock", async () => {
    const ground = await open();
    await write(ground, { delay: "1h", expiresIn: "2h" });
    await write(ground, { expiresIn: "1m" });
    // Both have stood there for half an hour.
    await ground.sql(
      "UPDATE jobyard_outbox SET written_at = written_at - 1800000, due_at = due_at - 1800000, expires_at = expires_at - 1800000",
    );
    expect(await ground.outbox.status()).toMatchObject({ waiting: 2 });
    expect((await ground.outbox.status()).oldestMs).toBeGreaterThanOrEqual(1_800_000);
    const [late, expired] = await handedOver(ground);
    const delayMs = late !== undefined && "delayMs" in late.start ? late.start.delayMs : Number.NaN;
    expect(delayMs).toBeGreaterThan(1_700_000);
    expect(delayMs).toBeLessThanOrEqual(1_800_000);
    expect(late?.expiresInMs).toBeGreaterThan(5_300_000);
    expect(late?.expiresInMs).toBeLessThanOrEqual(5_400_000);
    expect(expired).toMatchObject({ start: { delayMs: 0 }, expiresInMs: 1 });
  });

  test("what a yard would refuse is refused at the write, and the transaction goes on", async () => {
    const ground = await open();
    await ground.transact(async (tx) => {
      const { outbox } = ground;
      await expect(outbox.enqueue(tx, greet, { n: "one" as never })).rejects.toMatchObject({ code: "PAYLOAD_INVALID" });
      await expect(outbox.enqueue(tx, greet, { n: 1 }, { jobId: "123" })).rejects.toMatchObject({ code: "BAD_NAME" });
      await expect(outbox.enqueue(tx, greet, { n: 1 }, { priority: -1 })).rejects.toMatchObject({
        code: "BAD_OPTION",
        field: "priority",
      });
      await expect(outbox.enqueue(tx, greet, { n: 1 }, { tx } as never)).rejects.toMatchObject({
        code: "BAD_OPTION",
        field: "tx",
      });
      await expect(outbox.enqueueMany(tx, greet, [{ n: 1 }, { n: "two" as never }])).rejects.toMatchObject({
        code: "PAYLOAD_INVALID",
        issues: [{ path: "1.n" }],
      });
      await expect(outbox.enqueueRaw(tx, [{ name: "any", payload: "{" }])).rejects.toMatchObject({
        code: "PAYLOAD_INVALID",
      });
      await outbox.enqueue(tx, greet, { n: 5 });
    });
    expect((await handedOver(ground)).map(({ payload }) => payload)).toEqual(['{"n":5}']);
  });

  test("without an open transaction nothing is written", async () => {
    const ground = await open();
    for (const tx of [ground.outside, {}, null])
      await expect(ground.outbox.enqueue(tx, greet, { n: 1 })).rejects.toMatchObject({
        code: "BAD_OPTION",
        field: "tx",
      });
    expect(await ground.outbox.status()).toMatchObject({ waiting: 0 });
  });
});

describe("on postgres", () => {
  test("a transaction that has failed says so, and one whose outbox is gone goes on", async () => {
    const ground = await postgresGround();
    await ground.outbox.migrate();
    const failed = ground.transact(async (tx) => {
      await ground.sql("SELECT 1");
      await (tx as { query(text: string): Promise<unknown> }).query("SELECT nothing").catch(() => {});
      await ground.outbox.enqueue(tx, greet, { n: 1 });
    });
    await expect(failed).rejects.toMatchObject({ code: "BAD_OPTION", field: "tx" });
    await ground.outbox.status();
    await ground.sql("DROP TABLE jobyard_outbox");
    await ground.transact(async (tx) => {
      await expect(ground.outbox.enqueue(tx, greet, { n: 1 })).rejects.toMatchObject({ code: "SCHEMA_MISSING" });
      await ground.addOrder(tx, 7);
    });
    expect(await ground.orders()).toEqual([7]);
  });
});

describe("on postgres, with clients that do strange things", () => {
  test("calls that share a transaction wait for each other: one that fails undoes no other", async () => {
    const ground = await postgresGround();
    await ground.outbox.migrate();
    const missing = createOutbox(ground.pool, { schema: ground.schema, table: "missing" });
    const outcomes = await ground.transact((tx) =>
      Promise.allSettled([
        ground.outbox.enqueue(tx, greet, { n: 1 }),
        missing.enqueue(tx as pg.PoolClient, greet, { n: 2 }),
        ground.outbox.enqueue(tx, greet, { n: 3 }),
      ]),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect((await handedOver(ground)).map(({ payload }) => payload)).toEqual(['{"n":1}', '{"n":3}']);
  });

  test("a connection that could not roll back is not used again", async () => {
    const { pool, schema } = await postgresGround();
    const released: unknown[] = [];
    const stubborn = {
      connect: async () => {
        const client = await pool.connect();
        return {
          query: (text: string, values: unknown[]) =>
            text === "ROLLBACK" ? Promise.reject(new Error("lost")) : client.query(text, values),
          on: client.on.bind(client),
          removeListener: client.removeListener.bind(client),
          release: (broken?: boolean) => {
            released.push(broken);
            client.release(true);
          },
        };
      },
    };
    const outbox = createOutbox(stubborn, { schema });
    await expect(outbox.status()).rejects.toMatchObject({ code: "SCHEMA_MISSING" });
    await outbox.migrate();
    expect(released).toEqual([true, false]);
  });

  test("a client in the place of a pool is refused", async () => {
    const { schema } = await postgresGround();
    const client = new pg.Client(postgresUrl());
    onTestFinished(() => client.end());
    await expect(createOutbox(client as never, { schema }).status()).rejects.toMatchObject({
      code: "BAD_OPTION",
      field: "db",
    });
  });
});

describe("on sqlite", () => {
  test("inside a synchronous transaction: prepared before, written at once, once however often", async () => {
    const ground = await sqliteGround();
    await ground.outbox.migrate();
    const db = new Database(ground.file);
    onTestFinished(() => void db.close());
    const outbox = createOutbox(db);
    const job = await outbox.prepare(greet, { n: 1 }, { jobId: "own" });
    const shop = db.transaction((fails: boolean) => {
      db.prepare("INSERT INTO orders VALUES (1)").run();
      const refs = outbox.write(db, [job]);
      if (fails) throw new Error("changed my mind");
      return refs;
    });
    expect(() => shop(true)).toThrow("changed my mind");
    expect(shop(false)).toEqual([{ queue: "mail", id: "own" }]);
    shop(false);
    const target = openTarget();
    expect(await relayAll(outbox, target.adapter)).toMatchObject({ relayed: 2, duplicates: 1 });
    expect(await target.claimed("mail")).toHaveLength(1);
    expect(() => outbox.write(db, [job])).toThrow(expect.objectContaining({ code: "BAD_OPTION", field: "tx" }));
  });

  test("a relay on the caller's own connection never sees what is not committed", async () => {
    const { file } = await sqliteGround();
    const db = new Database(file);
    onTestFinished(() => void db.close());
    const outbox = createOutbox(db);
    await outbox.migrate();
    const target = openTarget();
    db.exec("BEGIN");
    await outbox.enqueue(db, greet, { n: 1 });
    const running = relayAll(outbox, target.adapter);
    await outbox.enqueue(db, greet, { n: 2 });
    db.exec("ROLLBACK");
    expect(await running).toMatchObject({ relayed: 0 });
    expect(await target.claimed("mail")).toEqual([]);
  });

  test("integers of the caller's connection may be bigint", async () => {
    const { file } = await sqliteGround();
    const db = new Database(file);
    onTestFinished(() => void db.close());
    db.defaultSafeIntegers(true);
    const outbox = createOutbox(db);
    await outbox.migrate();
    db.exec("BEGIN");
    await outbox.enqueue(db, greet, { n: 1 }, { delay: "1h" });
    db.exec("COMMIT");
    expect(await outbox.status()).toEqual({ waiting: 1, oldestMs: expect.any(Number), refused: 0 });
    const target = openTarget();
    expect(await relayAll(outbox, target.adapter)).toMatchObject({ relayed: 1 });
  });
});

test("what is no database is refused", () => {
  for (const db of [null, {}, "postgres://…"]) {
    let thrown: unknown;
    try {
      createOutbox(db as never);
    } catch (error) {
      thrown = error;
    }
    expect(isQueueError(thrown, "BAD_OPTION")).toBe(true);
  }
});
