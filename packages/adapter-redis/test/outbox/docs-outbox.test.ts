/** What docs/outbox.md tells people to run is run, as it stands there; what it points to is there. */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describeLinks, readPage, scriptFolder, scriptsOf } from "@jobyard/pages";
import Database from "better-sqlite3";
import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { createOutbox, outboxTable, relayAll } from "../../src/outbox/index.ts";
import { greet, postgresUrl } from "./ground.ts";
import { openTarget, targetThat } from "./target.ts";

const packages = join(import.meta.dirname, "../../..");
const page = await readPage("outbox.md");

/** The page's yard is on Redis; this one is in memory, and writes down what it was sent. */
const YARD = `
import { appendFileSync } from "node:fs";
import { createYard } from "@jobyard/core";
import { memoryAdapter } from "@jobyard/core/memory";

const adapter = memoryAdapter();
const enqueue = async (jobs) => {
  for (const job of jobs) appendFileSync("sent.jsonl", JSON.stringify(job) + "\\n");
  return adapter.writer.enqueue(jobs);
};
export const yard = createYard({ adapter: { ...adapter, writer: { enqueue } } });
`;

/** What the page says of the other libraries, in one program: their transactions commit with the job, or without. */
const OTHERS = `
import { fromDrizzle, fromKnex, fromPrisma } from "@jobyard/adapter-postgres";
import { createOutbox } from "@jobyard/adapter-redis/outbox";
import { PrismaPg } from "@prisma/adapter-pg";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import knex from "knex";
import pg from "pg";
import { ship } from "./jobs.mjs";
import { PrismaClient } from ${JSON.stringify(join(packages, "adapter-postgres/test/prisma-client.ts"))};

const url = process.env.DATABASE_URL;
const pool = new pg.Pool({ connectionString: url });
const outbox = createOutbox(pool);
const viaKnex = knex({ client: "pg", connection: url });
const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: url }) });
const libraries = {
  drizzle: (work) => drizzle(pool).transaction((tx) => work(fromDrizzle(tx, sql))),
  knex: (work) => viaKnex.transaction((trx) => work(fromKnex(trx))),
  prisma: (work) => prisma.$transaction((tx) => work(fromPrisma(tx))),
};
for (const [order, transact] of Object.entries(libraries)) {
  await transact((tx) => outbox.enqueueMany(tx, ship, [{ order }, { order: order + "? $1 :x" }], { delay: "1h" }));
  const undone = transact(async (tx) => {
    await outbox.enqueue(tx, ship, { order: "undone" });
    throw new Error("undone");
  });
  await undone.catch((error) => {
    if (error.message !== "undone") throw error;
  });
}
await Promise.all([pool.end(), viaKnex.destroy(), prisma.$disconnect()]);
`;

const scripts = scriptsOf(page).map(([name, code]) => [name, name === "yard.mjs" ? YARD : code] as const);
const IMPORTS = {
  "@jobyard/core": join(packages, "core"),
  "@jobyard/adapter-postgres": join(packages, "adapter-postgres"),
  "@jobyard/adapter-redis": join(packages, "adapter-redis"),
  "@prisma/adapter-pg": join(packages, "adapter-postgres/node_modules/@prisma/adapter-pg"),
  "better-sqlite3": join(packages, "adapter-redis/node_modules/better-sqlite3"),
  "drizzle-orm": join(packages, "adapter-postgres/node_modules/drizzle-orm"),
  knex: join(packages, "adapter-postgres/node_modules/knex"),
  kysely: join(packages, "adapter-postgres/node_modules/kysely"),
  pg: join(packages, "adapter-redis/node_modules/pg"),
  zod: join(packages, "adapter-redis/node_modules/zod"),
};

interface Desk {
  readonly url: string;
  readonly pool: pg.Pool;
  run(script: string): Promise<string>;
  start(script: string): { stop(): Promise<void> };
  sent(): Promise<readonly { readonly payload: string; readonly start: unknown }[]>;
}

let made = 0;

/** A folder with the page's scripts under their names, with what they import, and a database of its own. */
async function desk(): Promise<Desk> {
  const path = await scriptFolder([...scripts, ["others.mjs", OTHERS]], IMPORTS);
  made += 1;
  const database = `outbox_docs_${process.pid}_${made}`;
  const admin = new pg.Client(postgresUrl());
  await admin.connect();
  await admin.query(`CREATE DATABASE ${database}`);
  const url = new URL(postgresUrl());
  url.pathname = `/${database}`;
  const pool = new pg.Pool({ connectionString: url.href });
  pool.on("error", () => {});
  onTestFinished(async () => {
    await pool.end();
    await admin.query(`DROP DATABASE ${database} WITH (FORCE)`);
    await admin.end();
  });
  await pool.query("CREATE TABLE orders (id text PRIMARY KEY)");
  const shop = join(path, "shop.db");
  const db = new Database(shop);
  db.exec("CREATE TABLE orders (id TEXT PRIMARY KEY)");
  db.close();
  const options = { cwd: path, env: { ...process.env, DATABASE_URL: url.href, SHOP_FILE: shop } };
  const launch = (script: string) => promisify(execFile)(process.execPath, ["-C", "@jobyard/source", script], options);
  return {
    ...{ url: url.href, pool },
    run: async (script) => (await launch(script)).stdout,
    start: (script) => {
      const running = launch(script);
      return {
        stop: async () => {
          running.child.kill("SIGTERM");
          await running;
        },
      };
    },
    sent: async () => {
      const file = join(path, "sent.jsonl");
      const text = existsSync(file) ? await readFile(file, "utf8") : "";
      return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
    },
  };
}

test("the scripts write with the order, and the relays send what they wrote", async () => {
  const place = await desk();
  expect(await place.run("migrate.mjs")).toBe("outbox: version 0 to 1\n");
  expect(await place.run("migrate.mjs")).toBe("outbox: version 1 to 1\n");
  expect(await place.run("print-sql.mjs")).toBe(`${outboxTable("postgres")}\n`);
  await place.run("with-pg.mjs");
  await place.run("with-kysely.mjs");
  expect((await place.pool.query("SELECT id FROM orders ORDER BY id")).rows).toEqual([{ id: "kysely" }, { id: "pg" }]);
  const once = await place.run("relay-once.mjs");
  expect(once).toContain("relayed: 2");
  expect(once).toContain("waiting: 0");
  expect((await place.sent()).map(({ payload }) => payload)).toEqual(['{"order":"pg"}', '{"order":"kysely"}']);
  await place.pool.query("DELETE FROM orders");
  await place.run("with-kysely.mjs");
  const relaying = place.start("relay.mjs");
  const outbox = createOutbox(place.pool);
  await expect.poll(async () => (await outbox.status()).waiting, { timeout: 20_000 }).toBe(0);
  await relaying.stop();
  expect(await place.sent()).toHaveLength(3);
  await place.run("with-sqlite.mjs");
});

test("transactions of Drizzle, Knex and Prisma carry jobs too", async () => {
  const place = await desk();
  await place.run("migrate.mjs");
  await place.run("others.mjs");
  await place.run("relay-once.mjs");
  const orders = ["drizzle", "knex", "prisma"].flatMap((order) => [order, `${order}? $1 :x`]);
  const sent = await place.sent();
  expect(sent.map(({ payload }) => payload)).toEqual(orders.map((order) => JSON.stringify({ order })));
  for (const { start } of sent) expect(start).toEqual({ delayMs: expect.closeTo(3_600_000, -5) });
});

test("the script for refused jobs discards conflicts and tries the others again", async () => {
  const place = await desk();
  await place.run("migrate.mjs");
  const outbox = createOutbox(place.pool);
  const client = await place.pool.connect();
  await client.query("BEGIN");
  const taken = await outbox.enqueue(client, greet, { n: 1 }, { jobId: "taken" });
  await outbox.enqueue(client, greet, { n: 2 }, { jobId: "other" });
  await client.query("COMMIT");
  client.release();
  const target = openTarget();
  await target.yard.enqueue(greet, { n: 0 }, { jobId: taken.id });
  await relayAll(outbox, target.adapter);
  expect(await place.run("refused.mjs")).toBe("mail/taken: mail/taken is there already, with another payload\n");
  expect(await outbox.status()).toEqual({ waiting: 0, oldestMs: null, refused: 0 });
});

test("roles with the rights on the page write, and relay, and nothing else", async () => {
  const place = await desk();
  await place.run("migrate.mjs");
  const roles = { shop_app: `app_${process.pid}`, shop_relay: `relay_${process.pid}` };
  const [, grants = ""] = /```sql\n(.*?)```/s.exec(page) ?? [];
  let text = grants;
  for (const [role, own] of Object.entries(roles)) {
    await place.pool.query(`CREATE ROLE ${own} LOGIN PASSWORD 'jobyard'`);
    text = text.replaceAll(role, own);
  }
  const poolAs = (role: string): pg.Pool => {
    const url = new URL(place.url);
    Object.assign(url, { username: role, password: "jobyard" });
    const pool = new pg.Pool({ connectionString: url.href, max: 2 });
    // The database goes with what is still connected to it.
    pool.on("error", () => {});
    return pool;
  };
  const [app, relaying] = [poolAs(roles.shop_app), poolAs(roles.shop_relay)];
  onTestFinished(async () => {
    await Promise.all([app.end(), relaying.end()]);
    for (const role of Object.values(roles)) {
      await place.pool.query(`DROP OWNED BY ${role}`);
      await place.pool.query(`DROP ROLE ${role}`);
    }
  });
  await place.pool.query(text);
  const client = await app.connect();
  await client.query("BEGIN");
  await createOutbox(app).enqueue(client, greet, { n: 1 });
  await client.query("COMMIT");
  client.release();
  const denied = { code: "42501" };
  await expect(createOutbox(app).status()).rejects.toMatchObject(denied);
  const outbox = createOutbox(relaying);
  const refuse = targetThat(async (jobs) =>
    jobs.map(({ queue, id }) => ({ outcome: "conflict", ref: { queue, id }, state: "waiting" })),
  );
  expect(await relayAll(outbox, refuse)).toMatchObject({ refused: 1 });
  const [refused] = await outbox.refused();
  expect(await outbox.retry([refused?.number ?? 0])).toBe(1);
  expect(await relayAll(outbox, openTarget().adapter)).toMatchObject({ relayed: 1 });
  await expect(relaying.query("INSERT INTO jobyard_outbox (queue) VALUES ('x')")).rejects.toMatchObject(denied);
});

describeLinks(page);
