/** A job and the caller's own rows in one transaction of Kysely, Drizzle, Knex and Prisma, as they are installed. */

import { defineJob } from "@jobyard/core";
import { newJob } from "@jobyard/core/testing";
import { PrismaPg } from "@prisma/adapter-pg";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import knex from "knex";
import { CamelCasePlugin, Kysely, PostgresDialect, sql as rawSql } from "kysely";
import pg from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { sqlState } from "../src/faults.ts";
import { type Executor, fromDrizzle, fromKnex, fromKysely, fromPrisma } from "../src/index.ts";
import { serverUrl } from "./ground.ts";
import { PrismaClient } from "./prisma-client.ts";
import { openShop, type Shop } from "./yard.ts";

/** The transaction as `tx`, and a way to insert an order with the library's own means. */
interface Own {
  readonly tx: Executor;
  /** Another look at the same transaction. */
  readonly again: Executor;
  readonly addOrder: (id: string) => Promise<unknown>;
}
/** Runs `work` in a transaction that commits, or, if it throws, does not. */
type Transact = <T>(work: (own: Own) => Promise<T>) => Promise<T>;
/** The library on the shop's database; `tx` without a transaction. */
interface Library {
  readonly transact: Transact;
  readonly outside: () => Executor;
}

const insert = ({ named }: Shop): string => named("INSERT INTO jobyard.orders (id) VALUES");

const libraries: Readonly<Record<string, (shop: Shop) => Library>> = {
  kysely: (shop) => {
    const pool = new pg.Pool({ connectionString: shop.url });
    // A plugin that renames columns: ours have to stay as they are.
    const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }), plugins: [new CamelCasePlugin()] });
    onTestFinished(() => db.destroy());
    return {
      outside: () => fromKysely(db as unknown as Parameters<typeof fromKysely>[0]),
      transact: (work) =>
        db.transaction().execute((trx) =>
          work({
            tx: fromKysely(trx),
            again: fromKysely(trx),
            addOrder: (id) => rawSql`${rawSql.raw(insert(shop))} (${id})`.execute(trx),
          }),
        ),
    };
  },

  drizzle: (shop) => {
    const pool = new pg.Pool({ connectionString: shop.url });
    onTestFinished(() => pool.end());
    const db = drizzle(pool);
    return {
      outside: () => fromDrizzle(db, sql),
      transact: (work) =>
        db.transaction((tx) =>
          work({
            tx: fromDrizzle(tx, sql),
            again: fromDrizzle(tx, sql),
            addOrder: (id) => tx.execute(sql`${sql.raw(insert(shop))} (${id})`),
          }),
        ),
    };
  },

  knex: (shop) => {
    const db = knex({ client: "pg", connection: shop.url });
    onTestFinished(() => db.destroy());
    return {
      outside: () => fromKnex(db),
      transact: (work) =>
        db.transaction((trx) =>
          work({
            tx: fromKnex(trx),
            again: fromKnex(trx),
            addOrder: async (id) => trx.raw(`${insert(shop)} (?)`, [id]),
          }),
        ),
    };
  },

  prisma: (shop) => {
    const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: shop.url }) });
    onTestFinished(() => prisma.$disconnect());
    return {
      outside: () => fromPrisma(prisma),
      transact: (work) =>
        prisma.$transaction((tx) =>
          work({
            tx: fromPrisma(tx),
            again: fromPrisma(tx),
            addOrder: async (id) => tx.$executeRawUnsafe(`${insert(shop)} ($1)`, id),
          }),
        ),
    };
  },
};

const ship = defineJob("order.ship", { queue: "ship", payload: z.unknown(), backoff: [0] });
const jobs = ({ sql: run }: Shop): Promise<readonly unknown[]> =>
  run("SELECT id, state, payload, result FROM jobyard.job ORDER BY id");

describe.each(Object.entries(libraries))("%s", (_, open) => {
  test.each(["extended", "simple"] as const)(
    "a job is there if and only if the transaction commits: %s",
    async (protocol) => {
      const shop = await openShop(serverUrl(), { protocol });
      const { transact } = open(shop);
      const payload = { quote: `'$1' ? "\\`, nul: "\u0000", list: [1, null], word: "💌" };
      const enqueue = (id: string, end: () => void): Promise<unknown> =>
        transact(async ({ tx, addOrder }) => {
          await addOrder(id);
          const options = { jobId: id, tags: ["a?b", "$2"], dedupe: { key: id }, tx };
          expect(await shop.yard.enqueue(ship, payload, options)).toMatchObject({ id, duplicate: false });
          expect(await shop.yard.enqueue(ship, payload, options)).toMatchObject({ id, duplicate: true });
          expect(await jobs(shop)).toEqual([]);
          end();
        });
      const undone = enqueue("o1", () => {
        throw new Error("on second thoughts");
      });
      await expect(undone).rejects.toThrow("on second thoughts");
      expect([await shop.orders(), await jobs(shop)]).toEqual([[], []]);
      await enqueue("o2", () => {});
      expect(await shop.orders()).toEqual(["o2"]);
      expect(await jobs(shop)).toEqual([
        { id: "o2", state: "waiting", payload: JSON.stringify(payload), result: null },
      ]);
    },
  );

  test("a handler completes its job and what follows in its own transaction", async () => {
    const shop = await openShop();
    const { transact } = open(shop);
    await shop.yard.enqueueMany(ship, ["o1", "o2"]);
    await shop.yard.enqueue(ship, "o3", { dedupe: { key: "k" } });
    const receipt = defineJob("receipt", { queue: "mail", payload: z.unknown() });
    const handler = ship.handler((job, { complete }) =>
      transact(async ({ tx, addOrder }) => {
        await addOrder(String(job.payload));
        await shop.yard.enqueueMany(receipt, [1, 2, 3], { tx });
        await complete({ shipped: job.payload }, { tx });
        if (job.attempt === 1) throw new Error("on second thoughts");
      }),
    );
    const worker = shop.yard.worker({ jobs: [handler] });
    await worker.drain();
    expect(await shop.orders()).toEqual(["o1", "o2", "o3"]);
    expect(worker.status).toMatchObject({ completed: 3, failed: 3, refused: 0 });
    const rows = await shop.sql<{ queue: string; state: string; n: number }>(
      "SELECT queue, state, count(*)::integer AS n FROM jobyard.job GROUP BY 1, 2 ORDER BY 1",
    );
    expect(rows).toEqual([
      { queue: "mail", state: "waiting", n: 9 },
      { queue: "ship", state: "completed", n: 3 },
    ]);
  });

  test("what fails is undone by itself, also of calls at once, and the transaction goes on", async () => {
    const shop = await openShop();
    const { transact } = open(shop);
    await transact(async ({ tx, again, addOrder }) => {
      await addOrder("o1");
      const outcomes = await Promise.allSettled([
        shop.yard.enqueue(ship, 1, { jobId: "j1", tx }),
        shop.adapter.writer.enqueue([newJob("broken", { priority: 3_000_000_000 })], { tx: again }),
        shop.yard.enqueue(ship, 2, { jobId: "j2", tx }),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
      expect(sqlState((outcomes[1] as PromiseRejectedResult).reason)).toBe("22003");
      await addOrder("o2");
    });
    expect(await shop.orders()).toEqual(["o1", "o2"]);
    expect(await jobs(shop)).toMatchObject([{ id: "j1" }, { id: "j2" }]);
  });

  test("a statement is sent as it stands, and answered as it is", async () => {
    const shop = await openShop();
    await shop.sql("INSERT INTO jobyard.orders (id) VALUES ('o1'), ('o2'), ('o3')");
    await open(shop).transact(async ({ tx }) => {
      const text = `SELECT $2::text AS no_value, $1::text AS "A value", $1::text AS again, '{"?": 1}'::jsonb ? '?' AS asks`;
      const { rows } = await tx.query(text, ["it's $1?", null]);
      expect(rows).toEqual([{ no_value: null, "A value": "it's $1?", again: "it's $1?", asks: true }]);
      const { rowCount } = await tx.query(shop.named("UPDATE jobyard.orders SET paid = true WHERE id <> $1"), ["o2"]);
      expect(rowCount).toBe(2);
      const deleted = await tx.query(shop.named("DELETE FROM jobyard.orders WHERE paid RETURNING id"), []);
      expect(deleted.rows).toEqual([{ id: "o1" }, { id: "o3" }]);
    });
    expect(await shop.orders()).toEqual(["o2"]);
  });

  test("is refused outside of a transaction", async () => {
    const shop = await openShop();
    const tx = open(shop).outside();
    await expect(shop.yard.enqueue(ship, 1, { tx })).rejects.toMatchObject({ code: "BAD_OPTION", field: "tx" });
    expect(await jobs(shop)).toEqual([]);
  });
});
