/** What tests of outboxes stand on: real databases, and the caller's own table beside the outbox in them. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineJob, type JobDefinition } from "@jobyard/core";
import { firstUrl } from "@jobyard/servers/vitest";
import Database from "better-sqlite3";
import pg from "pg";
import { onTestFinished } from "vitest";
import { z } from "zod";
import {
  createOutbox,
  type Outbox,
  type PostgresOutboxOptions,
  type SqliteOutboxOptions,
} from "../../src/outbox/index.ts";

export const greet: JobDefinition<z.ZodObject<{ n: z.ZodNumber }>> = defineJob("greet", {
  queue: "mail",
  payload: z.object({ n: z.number() }),
});

/** A database with the tables of an outbox and a table `orders` of the caller's. */
export interface Ground {
  readonly outbox: Outbox<unknown>;
  /** Another on the same tables, as another process would have it. */
  again(options?: Pick<SqliteOutboxOptions, "claim">): Outbox<unknown>;
  /** Commits if `work` succeeds, else rolls back. */
  transact<T>(work: (tx: unknown) => Promise<T>): Promise<T>;
  /** Outside of a transaction. */
  readonly outside: unknown;
  addOrder(tx: unknown, n: number): Promise<void>;
  orders(): Promise<readonly number[]>;
  /** Runs SQL that is written for `jobyard_outbox`. */
  sql(text: string): Promise<readonly unknown[]>;
}

export interface Backend {
  readonly name: "postgres" | "sqlite";
  /** Closed and removed with the test. */
  open(): Promise<Ground>;
  /** Without the outbox's tables. */
  openBare(): Promise<Ground>;
}

let made = 0;

/** Of the newest server that is there. */
export const postgresUrl = (): string => firstUrl("postgres");

export async function postgresGround(
  options: Omit<PostgresOutboxOptions, "schema"> = {},
): Promise<Ground & { readonly pool: pg.Pool; readonly schema: string }> {
  made += 1;
  const schema = `outbox_${process.pid}_${made}`;
  const pool = new pg.Pool({ connectionString: postgresUrl(), max: 20, options: `-c search_path=${schema}` });
  // A test that kills a connection has it in mind.
  pool.on("error", () => {});
  const pools = [pool];
  await pool.query(`CREATE SCHEMA ${schema}`);
  await pool.query("CREATE TABLE orders (n integer)");
  onTestFinished(async () => {
    await pool.query(`DROP SCHEMA ${schema} CASCADE`);
    await Promise.all(pools.map((each) => each.end()));
  });
  const outboxOn = (own: pg.Pool): Outbox<unknown> => createOutbox(own, { ...options, schema });
  return {
    ...{ pool, schema, outside: pool, outbox: outboxOn(pool) },
    again: () => {
      const own = new pg.Pool({ connectionString: postgresUrl(), max: 4 });
      pools.push(own);
      return outboxOn(own);
    },
    transact: async (work) => {
      const client = await pool.connect();
      try {
        await client.query("BEGIN");
        const result = await work(client);
        await client.query("COMMIT");
        return result;
      } catch (error) {
        await client.query("ROLLBACK");
        throw error;
      } finally {
        client.release();
      }
    },
    addOrder: async (tx, n) => {
      await (tx as pg.PoolClient).query("INSERT INTO orders VALUES ($1)", [n]);
    },
    orders: async () => (await pool.query<{ n: number }>("SELECT n FROM orders ORDER BY n")).rows.map(({ n }) => n),
    sql: async (text) => (await pool.query(text)).rows,
  };
}

export async function sqliteGround(options: SqliteOutboxOptions = {}): Promise<Ground & { readonly file: string }> {
  const folder = await mkdtemp(join(tmpdir(), "jobyard-outbox-"));
  const file = join(folder, "shop.db");
  const connections: Database.Database[] = [];
  const connect = (): Database.Database => {
    const db = new Database(file);
    connections.push(db);
    return db;
  };
  const db = connect();
  db.pragma("journal_mode = WAL");
  db.exec("CREATE TABLE orders (n INTEGER)");
  const caller = connect();
  onTestFinished(async () => {
    for (const each of connections) each.close();
    await rm(folder, { recursive: true });
  });
  // One connection has one transaction at a time.
  let last: Promise<unknown> = Promise.resolve();
  return {
    ...{ file, outside: caller, outbox: createOutbox(db, options) },
    again: (own = {}) => createOutbox(connect(), { ...options, ...own }),
    transact: (work) => {
      const running = last.then(async () => {
        caller.exec("BEGIN IMMEDIATE");
        try {
          const result = await work(caller);
          caller.exec("COMMIT");
          return result;
        } catch (error) {
          caller.exec("ROLLBACK");
          throw error;
        }
      });
      last = running.catch(() => {});
      return running;
    },
    addOrder: async (tx, n) => {
      (tx as Database.Database).prepare("INSERT INTO orders VALUES (?)").run(n);
    },
    orders: async () =>
      db
        .prepare<[], { n: number }>("SELECT n FROM orders ORDER BY n")
        .all()
        .map(({ n }) => n),
    sql: async (text) => {
      const statement = caller.prepare(text);
      return statement.reader ? statement.all() : [statement.run()];
    },
  };
}

const migrated = async <G extends Ground>(ground: G): Promise<G> => {
  await ground.outbox.migrate();
  return ground;
};

export const BACKENDS: readonly Backend[] = [
  { name: "postgres", openBare: postgresGround, open: async () => migrated(await postgresGround()) },
  { name: "sqlite", openBare: sqliteGround, open: async () => migrated(await sqliteGround()) },
];

/** Resolves when `look` answers true; fails after a while. */
export async function until(what: string, look: () => boolean | Promise<boolean>, limitMs = 20_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await look())) {
    if (performance.now() > end) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
