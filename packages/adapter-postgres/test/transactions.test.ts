/** Work inside a transaction of the caller. */

import pg from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Statement, sql } from "../src/statement.ts";
import type { Store } from "../src/store.ts";
import { addName, namesIn, newSchema, openClient, openMigrated, openStore, serverUrl, sleep, until } from "./ground.ts";

const add = (store: Store, name: string, tx: unknown): Promise<number> =>
  store.call(({ db }) => db.run(addName, { name }), tx);

describe("a pg client of the caller", () => {
  test("decides by its commit and rollback what exists", async () => {
    const store = await openMigrated();
    const client = await openClient();
    await client.query("BEGIN");
    await add(store, "kept", client);
    expect(await namesIn(store)).toEqual([]);
    await client.query("COMMIT");
    await client.query("BEGIN");
    await add(store, "dropped", client);
    await client.query("ROLLBACK");
    expect(await namesIn(store)).toEqual(["kept"]);
  });

  test("keeps its transaction when a call in it fails", async () => {
    const store = await openMigrated();
    const client = await openClient();
    await client.query("BEGIN");
    await add(store, "a", client);
    await expect(add(store, "a", client)).rejects.toMatchObject({ code: "23505" });
    const half = store.write(async ({ db }) => {
      await db.run(addName, { name: "half" });
      throw new Error("on second thoughts");
    }, client);
    await expect(half).rejects.toThrow("on second thoughts");
    await add(store, "b", client);
    await client.query("COMMIT");
    expect(await namesIn(store)).toEqual(["a", "b"]);
  });

  test("may be used by several calls at once, and each is undone by itself", async () => {
    const store = await openMigrated();
    const client = await openClient();
    await client.query("BEGIN");
    const names = ["a", "a", "b", "b", "c"];
    const outcomes = await Promise.allSettled(names.map((name) => add(store, name, client)));
    await client.query("COMMIT");
    expect(outcomes.map(({ status }) => status)).toEqual([
      "fulfilled",
      "rejected",
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
    expect(await namesIn(store)).toEqual(["a", "b", "c"]);
  });

  test("may be used by several steps at once, and what one of them undoes is its own alone", async () => {
    const store = await openMigrated();
    const client = await openClient();
    await client.query("BEGIN");
    const undone = store.write(async ({ db }) => {
      await db.run(addName, { name: "a" });
      await db.get(sleep, { seconds: 0.05 });
      throw new Error("on second thoughts");
    }, client);
    const kept = add(store, "b", client);
    await expect(undone).rejects.toThrow("on second thoughts");
    await kept;
    await client.query("COMMIT");
    expect(await namesIn(store)).toEqual(["b"]);
  });

  test("keeps its own parsers, listeners and settings", async () => {
    const store = await openMigrated();
    const client = await openClient();
    const listeners = client.listenerCount("error");
    await client.query("BEGIN");
    const now = await store.write(async ({ now }) => now, client);
    expect(Math.abs(now - Date.now())).toBeLessThan(60_000);
    for (const statement of [readKinds, readKindsOf]) {
      const [row] = await store.call(({ db }) => db.all(statement, { json: '{"b":1, "a":2}' }), client);
      expect(row).toEqual({ n: 1, json: '{"b":1, "a":2}' });
    }
    expect((await client.query("SELECT 1::bigint AS n")).rows).toEqual([{ n: "1" }]);
    expect(client.listenerCount("error")).toBe(listeners);
    await client.query("COMMIT");
  });

  test("is not waited for longer than a call may take, and stays the caller's", async () => {
    const store = await openMigrated({ callTimeoutMs: 500 });
    const client = await openClient();
    const other = await openClient();
    await other.query("BEGIN");
    await add(store, "a", other);
    await client.query("BEGIN");
    // The same name: it waits for what becomes of the other one.
    await expect(add(store, "a", client)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await other.query("ROLLBACK");
    await client.query("ROLLBACK");
    expect((await client.query("SELECT 1 AS n")).rows).toEqual([{ n: 1 }]);
    expect(await namesIn(store)).toEqual([]);
  });

  test("may lose its connection before a call or during it: that is told as what it is", async () => {
    const store = await openMigrated();
    const other = await openClient();
    const { client, pid } = await openMortal();
    await client.query("BEGIN");
    const during = store.write(async ({ db }) => {
      client.connection.stream.destroy();
      await db.run(addName, { name: "a" });
    }, client);
    await expect(during).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await expect(add(store, "b", client)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await until("the server to notice", async () => {
      const { rows } = await other.query("SELECT FROM pg_stat_activity WHERE pid = $1", [pid]);
      return rows.length === 0;
    });
    expect(await namesIn(store)).toEqual([]);
  });
});

/** A client whose connection is to be lost, which nobody need end. */
async function openMortal(): Promise<{ readonly client: pg.Client; readonly pid: number }> {
  const client = new pg.Client({ connectionString: serverUrl() });
  client.on("error", () => {});
  await client.connect();
  const { rows } = await client.query<{ readonly pid: number }>("SELECT pg_backend_pid() AS pid");
  return { client, pid: rows[0]?.pid ?? 0 };
}

describe("what is refused as tx", () => {
  const refused = { code: "BAD_OPTION", field: "tx" };

  test("anything that runs no statements", async () => {
    const store = await openMigrated();
    for (const tx of [null, 1, "tx", {}, { query: 1 }])
      await expect(add(store, "a", tx)).rejects.toMatchObject(refused);
  });

  test("a client without an open transaction, and a pool", async () => {
    const store = await openMigrated();
    const client = await openClient();
    await expect(add(store, "a", client)).rejects.toMatchObject(refused);
    await expect(add(store, "a", client)).rejects.toThrow("has no open transaction");
    const pool = new pg.Pool({ connectionString: serverUrl() });
    onTestFinished(() => pool.end());
    await expect(add(store, "a", pool)).rejects.toMatchObject(refused);
    expect(await namesIn(store)).toEqual([]);
  });

  test("a transaction that has failed already", async () => {
    const store = await openMigrated();
    const client = await openClient();
    await client.query("BEGIN");
    await client.query("SELECT 1 / 0").catch(() => {});
    await expect(add(store, "a", client)).rejects.toMatchObject(refused);
    await expect(add(store, "a", client)).rejects.toThrow("has failed already");
    await client.query("ROLLBACK");
  });

  test("a transaction in another database, whether it has our tables or not", async () => {
    const schema = newSchema();
    const store = await openMigrated({ schema });
    const url = await otherDatabase();
    const elsewhere = await openClient(url);
    await elsewhere.query("BEGIN");
    await expect(add(store, "a", elsewhere)).rejects.toThrow("another database");
    await elsewhere.query("ROLLBACK");
    await openStore({ url, schema }).migrate();
    await elsewhere.query("BEGIN");
    await expect(add(store, "a", elsewhere)).rejects.toMatchObject(refused);
    await elsewhere.query("ROLLBACK");
  });
});

describe("an executor of another library", () => {
  test("needs no more than query(text, values)", async () => {
    const store = await openMigrated();
    const client = await openClient();
    const executor = {
      query: async (text: string, values: unknown[]) => ({ rows: (await client.query(text, values)).rows }),
    };
    await client.query("BEGIN");
    await store.write(async ({ db, now }) => {
      expect(typeof now).toBe("number");
      await db.run(addName, { name: "it's" });
    }, executor);
    await client.query("COMMIT");
    expect(await namesIn(store)).toEqual(["it's"]);
  });

  test("may wrap the server's errors in its own", async () => {
    const store = await openMigrated();
    const client = await openClient();
    const wraps = [
      (cause: unknown) => new Error("query failed", { cause }),
      (cause: unknown) => Object.assign(new Error("P2010"), { code: "P2010", meta: { code: codeOf(cause) } }),
    ];
    for (const wrap of wraps) {
      const executor = {
        query: (text: string, values: unknown[]) =>
          client.query(text, values).catch((error: unknown) => {
            throw wrap(error);
          }),
      };
      await expect(add(store, "a", executor)).rejects.toThrow("has no open transaction");
    }
  });
});

interface Kinds {
  readonly n: number;
  readonly json: string;
}
const readKinds: Statement<{ readonly json: string }, Kinds> =
  sql`SELECT 1::bigint AS n, '{"b":1, "a":2}'::json AS json`;
const readKindsOf: Statement<{ readonly json: string }, Kinds> = sql`SELECT 1::bigint AS n, @json::json AS json`;

const codeOf = (error: unknown): unknown => (error as { readonly code?: unknown }).code;

async function otherDatabase(): Promise<string> {
  const client = await openClient();
  const name = `${newSchema()}_db`;
  await client.query(`CREATE DATABASE ${name}`);
  onTestFinished(async () => {
    const admin = new pg.Client({ connectionString: serverUrl() });
    await admin.connect();
    await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await admin.end();
  });
  const url = new URL(serverUrl());
  url.pathname = `/${name}`;
  return url.href;
}
