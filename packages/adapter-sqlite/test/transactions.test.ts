/** Jobs and the caller's own rows in one transaction: both, or neither. */

import { join } from "node:path";
import type { Adapter } from "@jobyard/core/adapter";
import { claimRequest, newJob } from "@jobyard/core/testing";
import Database from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import { sqliteAdapter } from "../src/index.ts";
import { folder } from "./bench.ts";

interface Shop {
  readonly adapter: Adapter;
  readonly database: Database.Database;
  readonly orders: () => readonly unknown[];
}

async function openShop(): Promise<Shop> {
  const path = await folder();
  const adapter = sqliteAdapter({ file: join(path, "shop.db") });
  // The same file by another name.
  const database = new Database(join(path, ".", "..", path.split("/").at(-1) ?? "", "shop.db"));
  database.exec("CREATE TABLE orders (id TEXT PRIMARY KEY, paid INTEGER NOT NULL DEFAULT 0)");
  onTestFinished(async () => {
    database.close();
    await adapter.close();
  });
  return { adapter, database, orders: () => database.prepare("SELECT id, paid FROM orders").all() };
}

describe("enqueue", () => {
  for (const end of ["COMMIT", "ROLLBACK"] as const)
    test(`${end.toLowerCase()}: the job shares the fate of the order`, async () => {
      const { adapter, database, orders } = await openShop();
      database.exec("BEGIN");
      database.exec("INSERT INTO orders (id) VALUES ('o1')");
      expect(await adapter.writer.enqueue([newJob("o1")], { tx: database })).toMatchObject([{ outcome: "accepted" }]);
      expect(await adapter.reader.get([{ queue: "mail", id: "o1" }])).toEqual([null]);
      database.exec(end);
      const there = end === "COMMIT" ? 1 : 0;
      expect(orders()).toHaveLength(there);
      expect(await adapter.reader.count([], 10)).toEqual({ n: there, exact: true });
      expect((await adapter.reader.queues("mail"))[0]?.depth).toBe(there);
      expect((await adapter.leaser.claim(claimRequest("t"))).jobs).toHaveLength(there);
    });

  test("a part that fails is undone, and the caller's transaction goes on", async () => {
    const { adapter, database, orders } = await openShop();
    database.exec("BEGIN");
    database.exec("INSERT INTO orders (id) VALUES ('o1')");
    const broken = newJob("b", { priority: -1 });
    await expect(adapter.writer.enqueue([newJob("a"), broken], { tx: database })).rejects.toThrow(/constraint/i);
    expect(database.inTransaction).toBe(true);
    database.exec("COMMIT");
    expect(orders()).toHaveLength(1);
    expect(await adapter.reader.count([], 10)).toEqual({ n: 0, exact: true });
  });

  test("a connection that answers with BigInt does as well", async () => {
    const { adapter, database } = await openShop();
    database.defaultSafeIntegers();
    database.exec("BEGIN");
    await adapter.writer.enqueue([newJob("a"), newJob("a")], { tx: database });
    database.exec("COMMIT");
    expect(await adapter.reader.get([{ queue: "mail", id: "a" }])).toMatchObject([{ state: "waiting" }]);
  });
});

describe("settle", () => {
  for (const end of ["COMMIT", "ROLLBACK"] as const)
    test(`${end.toLowerCase()}: the completion shares the fate of the payment`, async () => {
      const { adapter, database, orders } = await openShop();
      database.exec("INSERT INTO orders (id) VALUES ('o1')");
      await adapter.writer.enqueue([newJob("o1")]);
      const { jobs } = await adapter.leaser.claim(claimRequest("t"));
      const settlements = jobs.map(({ lease }) => ({
        lease,
        guard: "held" as const,
        decision: { move: "complete" as const, result: null },
        followUps: [newJob("receipt")],
      }));
      database.exec("BEGIN IMMEDIATE");
      database.exec("UPDATE orders SET paid = 1");
      expect(await adapter.leaser.settle(settlements, { tx: database })).toMatchObject([{ ok: true }]);
      database.exec(end);
      const done = end === "COMMIT";
      expect(orders()).toEqual([{ id: "o1", paid: done ? 1 : 0 }]);
      const [job, receipt] = await adapter.reader.get([
        { queue: "mail", id: "o1" },
        { queue: "mail", id: "receipt" },
      ]);
      expect(job?.state).toBe(done ? "completed" : "active");
      expect(receipt === null).toBe(!done);
      expect(await adapter.leaser.settle(settlements)).toEqual([
        done ? { ok: false, now: "lost" } : expect.objectContaining({ ok: true }),
      ]);
    });
});

describe("a tx that cannot be used is refused before anything is written", () => {
  test("one that is no connection", async () => {
    const { adapter } = await openShop();
    await expect(adapter.writer.enqueue([newJob("a")], { tx: {} })).rejects.toMatchObject({
      code: "BAD_OPTION",
      field: "tx",
    });
  });

  test("one without an open transaction", async () => {
    const { adapter, database } = await openShop();
    await expect(adapter.writer.enqueue([newJob("a")], { tx: database })).rejects.toThrow(/no open transaction/);
    expect(await adapter.reader.count([], 1)).toEqual({ n: 0, exact: true });
  });

  test.each([":memory:", "other.db"])("one of another database: %s", async (name) => {
    const { adapter } = await openShop();
    const other = new Database(name === ":memory:" ? name : join(await folder(), name));
    other.exec("BEGIN");
    await expect(adapter.writer.enqueue([newJob("a")], { tx: other })).rejects.toThrow(/is a connection to/);
    other.close();
  });
});
