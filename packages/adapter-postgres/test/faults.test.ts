/** Servers that refuse, end, restart, are full or do not answer; each provoked on a real one. */

import { type PostgresServer, startPostgres, startProxy, throwaway } from "@jobyard/servers";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Connection } from "../src/connection.ts";
import { faultOf, sqlState } from "../src/faults.ts";
import type { PostgresOptions } from "../src/options.ts";
import { type None, type Statement, sql } from "../src/statement.ts";
import type { Store } from "../src/store.ts";
import { addName, namesIn, newSchema, openClient, openStore, readPid, sleep, until } from "./ground.ts";

const CONNECTIONS = 12;
let server: PostgresServer;

beforeAll(async () => {
  server = await startPostgres({
    auth: "scram-sha-256",
    settings: { ...throwaway, max_connections: CONNECTIONS, superuser_reserved_connections: 3 },
  });
});
afterAll(() => server.stop());

const unavailable = { name: "QueueError", code: "STORE_UNAVAILABLE" };

const pidOf = (store: Store): Promise<number | undefined> => store.ask(async (db) => (await db.get(readPid, {}))?.pid);

const askFor = (options: Partial<PostgresOptions>): Promise<unknown> => pidOf(openStore(options));

const urlWith = (change: (url: URL) => void): string => {
  const url = new URL(server.url);
  change(url);
  return url.href;
};

/** On this file's own server, as its superuser; 3 connections are kept for it. */
const admin = (): Promise<pg.Client> => openClient(server.url);

async function ownStore(options: Partial<PostgresOptions> = {}): Promise<Store> {
  const store = openStore({ url: server.url, schema: newSchema(), ...options });
  await store.migrate();
  return store;
}

describe("a server that lets nobody in", () => {
  test("a wrong password is told, without it", async () => {
    const url = urlWith((u) => {
      u.password = "secr3t-and-wrong";
    });
    await expect(askFor({ url })).rejects.toMatchObject(unavailable);
    const told = await askFor({ url }).catch((error: unknown) => error);
    expect(String(told)).toContain("password authentication failed");
    expect(JSON.stringify([String(told), (told as Error).stack])).not.toContain("secr3t");
  });

  test("no password at all", async () => {
    const url = urlWith((u) => {
      u.password = "";
    });
    await expect(askFor({ url })).rejects.toMatchObject(unavailable);
  });

  test("a missing database is named", async () => {
    const url = urlWith((u) => {
      u.pathname = "/nowhere";
    });
    await expect(askFor({ url })).rejects.toMatchObject(unavailable);
    await expect(askFor({ url })).rejects.toThrow(/"nowhere" does not exist.*Create the database/);
  });

  test("a schema without our tables, and one that went away", async () => {
    await expect(askFor({ url: server.url, schema: newSchema() })).rejects.toMatchObject({ code: "SCHEMA_MISSING" });
    const schema = newSchema();
    const store = await ownStore({ schema });
    await store.call(({ db }) => db.run(addName, { name: "a" }));
    await (await admin()).query(`DROP SCHEMA ${schema} CASCADE`);
    await expect(namesIn(store)).rejects.toMatchObject({ code: "SCHEMA_MISSING" });
  });

  test("a role without rights is told which", async () => {
    const schema = newSchema();
    await ownStore({ schema });
    await (await admin()).query("CREATE ROLE outsider LOGIN PASSWORD 'outside'");
    const url = urlWith((u) => {
      u.username = "outsider";
      u.password = "outside";
    });
    await expect(askFor({ url, schema })).rejects.toMatchObject(unavailable);
    await expect(askFor({ url, schema })).rejects.toThrow(/permission denied for schema/);
    await expect(openStore({ url, schema: newSchema() }).migrate()).rejects.toThrow(
      /may not make the tables.*CREATE SCHEMA/,
    );
  });

  test("nobody listens on the port, or the host has no such name", async () => {
    const began = performance.now();
    await expect(askFor({ url: "postgres://ada:secr3t@127.0.0.1:1/jobs" })).rejects.toThrow(/127.0.0.1:1.*jobs/);
    await expect(askFor({ url: "postgres://ada:secr3t@127.0.0.1:1/jobs" })).rejects.toMatchObject(unavailable);
    await expect(askFor({ url: "postgres://ada:secr3t@no.such.host.invalid/jobs" })).rejects.toMatchObject(unavailable);
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});

describe("a server with no connection left", () => {
  test("is waited for, for a moment", async () => {
    const schema = newSchema();
    const url = await workerUrl();
    await ownStore({ schema });
    await (await admin()).query(
      `GRANT USAGE ON SCHEMA ${schema} TO PUBLIC; GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO PUBLIC`,
    );
    const crowd = await takeAllConnections(url);
    await expect(askFor({ url, schema, callTimeoutMs: 1_000 })).rejects.toMatchObject(unavailable);
    const waiting = askFor({ url, schema });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await Promise.all(crowd.map((client) => client.end()));
    await expect(waiting).resolves.toBeTypeOf("number");
  });
});

describe("a server that takes no writes", () => {
  test("is told, and written to again as soon as it takes them", async () => {
    const store = await ownStore();
    const client = await admin();
    await client.query("ALTER SYSTEM SET default_transaction_read_only = on");
    await client.query("SELECT pg_reload_conf()");
    const add = (): Promise<number> => store.call(({ db }) => db.run(addName, { name: "a" }));
    const outcome = (): Promise<string | null> =>
      add().then(
        () => "written",
        (error) => sqlState(error),
      );
    await until("the server is read-only", async () => (await outcome()) === "25006");
    await expect(add()).rejects.toMatchObject(unavailable);
    await expect(add()).rejects.toThrow(/takes no writes/);
    await client.query("SET default_transaction_read_only = off");
    await client.query("ALTER SYSTEM RESET default_transaction_read_only");
    await client.query("SELECT pg_reload_conf()");
    await until("the server is writable", async () => (await outcome()) !== "25006");
    expect(await namesIn(store)).toContain("a");
  });

  test("is left: after a failover the same name leads to another one", async () => {
    const store = await ownStore({ pool: 1 });
    const before = await pidOf(store);
    expect(await pidOf(store)).toBe(before);
    const refused = store.call(({ db }) => db.run(writeReadOnly, {}));
    await expect(refused).rejects.toMatchObject(unavailable);
    expect(await pidOf(store)).not.toBe(before);
  });
});

describe("a server that cuts statements short", () => {
  test("by statement_timeout and by lock_timeout", async () => {
    const store = await ownStore();
    const client = await admin();
    const other = await admin();
    await client.query(
      "ALTER ROLE CURRENT_USER SET statement_timeout = '200ms'; ALTER ROLE CURRENT_USER SET lock_timeout = '50ms'",
    );
    const schema = newSchema();
    try {
      const bounded = openStore({ url: server.url, schema, callTimeoutMs: 2_000 });
      await other.query(`BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('jobyard:migrate:${schema}', 0))`);
      const migrated = bounded.migrate();
      await new Promise((resolve) => setTimeout(resolve, 600));
      await other.query("COMMIT");
      // It takes as long as it takes.
      await migrated;
      await expect(bounded.ask((db) => db.get(sleep, { seconds: 5 }))).rejects.toMatchObject({ code: "STORE_BUSY" });
      await expect(bounded.ask((db) => db.get(sleep, { seconds: 5 }))).rejects.toThrow(/statement timeout/);
      const locked = await admin();
      await locked.query(`BEGIN; LOCK TABLE ${schema}.record`);
      const add = bounded.call(({ db }) => db.run(addName, { name: "a" }));
      await new Promise((resolve) => setTimeout(resolve, 500));
      // Tried again by itself until the lock was free.
      await locked.query("COMMIT");
      await expect(add).resolves.toBe(1);
      await locked.query(`BEGIN; LOCK TABLE ${schema}.record`);
      await expect(bounded.call(({ db }) => db.run(addName, { name: "b" }))).rejects.toMatchObject({
        code: "STORE_BUSY",
      });
      await locked.query("COMMIT");
    } finally {
      await client.query("ALTER ROLE CURRENT_USER RESET ALL");
    }
    await store.close();
  });

  test("what nobody waits for any longer ends there too", async () => {
    const store = await ownStore({ callTimeoutMs: 300 });
    const marked = store.ask((db) => db.get(sleep, { seconds: 60 }));
    await expect(marked).rejects.toThrow(/no answer within 300 ms|statement timeout/);
    const client = await admin();
    await until("the statement has ended", async () => {
      const { rows } = await client.query(
        "SELECT count(*) AS n FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND state = 'active' AND pid <> pg_backend_pid()",
      );
      return rows[0].n === "0";
    });
  });
});

describe("a connection that is ended by the server", () => {
  test("while it is idle costs nobody anything", async () => {
    const store = await ownStore();
    const pids = await Promise.all([pidOf(store), pidOf(store), pidOf(store)]);
    const client = await admin();
    for (const pid of new Set(pids)) await client.query("SELECT pg_terminate_backend($1)", [pid]);
    await store.call(({ db }) => db.run(addName, { name: "a" }));
    expect(await namesIn(store)).toEqual(["a"]);
  });

  test("in a reading, or in a step before its commit: it is done again", async () => {
    const store = await ownStore();
    let tries = 0;
    const read = store.ask(async (db) => {
      tries += 1;
      if (tries === 1) await terminateSelf(db);
      return db.all(nothing, {});
    });
    await expect(read).resolves.toEqual([]);
    tries = 0;
    await store.write(async ({ db }) => {
      tries += 1;
      await db.run(addName, { name: "a" });
      if (tries === 1) await terminateSelf(db);
    });
    expect(tries).toBe(2);
    expect(await namesIn(store)).toEqual(["a"]);
  });

  test("in a call that writes: it had not been committed, and is done again", async () => {
    const store = await ownStore();
    let tries = 0;
    await store.call(async ({ db }) => {
      tries += 1;
      await db.get(tries === 1 ? terminateWhileWriting : nothing, {});
    });
    expect(tries).toBe(2);
    expect(await namesIn(store)).toEqual([]);
  });

  test("between two statements of a step that goes on: the step is begun anew", async () => {
    const store = await ownStore();
    const client = await admin();
    let tries = 0;
    await store.write(async ({ db }) => {
      tries += 1;
      const pid = (await db.get(readPid, {}))?.pid;
      if (tries === 1) {
        await client.query("SELECT pg_terminate_backend($1)", [pid]);
        await until("the backend is gone", async () => {
          const { rowCount } = await client.query("SELECT FROM pg_stat_activity WHERE pid = $1", [pid]);
          return rowCount === 0;
        });
      }
      await db.run(addName, { name: "a" });
    });
    expect(tries).toBe(2);
  });
});

describe("a server that crashes", () => {
  test("is told at once, and used again when it is back", async () => {
    const store = await ownStore();
    await store.call(({ db }) => db.run(addName, { name: "before" }));
    const running = Promise.allSettled([
      store.ask((db) => db.get(sleep, { seconds: 30 })),
      store.write(({ db }) => db.get(sleep, { seconds: 30 })),
      store.call(({ db }) => db.get(sleep, { seconds: 30 })),
    ]);
    await until("all three run", async () => (await sleepers()) === 3);
    const killed = await server.crash();
    expect(killed.length).toBeGreaterThan(0);
    const outcomes = await running;
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: "rejected", reason: unavailable });
    const began = performance.now();
    await expect(namesIn(store)).rejects.toMatchObject(unavailable);
    expect(performance.now() - began).toBeLessThan(2_000);
    await server.restart();
    expect(await namesIn(store)).toEqual(["before"]);
  });
});

describe("a network that swallows everything", () => {
  test("costs a call its time; healed, everything goes on", async () => {
    const proxy = await startProxy({ to: server.url });
    onTestFinished(() => proxy.stop());
    const store = await ownStore({ url: proxy.url, callTimeoutMs: 700 });
    proxy.blackhole();
    const began = performance.now();
    await expect(namesIn(store)).rejects.toThrow(/no answer within 700 ms/);
    await expect(store.call(({ db }) => db.run(addName, { name: "lost" }))).rejects.toMatchObject(unavailable);
    expect(performance.now() - began).toBeLessThan(4_000);
    proxy.heal();
    await store.call(({ db }) => db.run(addName, { name: "a" }));
    expect(await namesIn(store)).toContain("a");
  });

  test("and forgets the connections of before costs one call, not one for each of them", async () => {
    const proxy = await startProxy({ to: server.url });
    onTestFinished(() => proxy.stop());
    const store = await ownStore({ url: proxy.url, callTimeoutMs: 700, pool: 5 });
    await Promise.all(Array.from({ length: 5 }, () => store.ask((db) => db.get(sleep, { seconds: 0.1 }))));
    const newest = Math.max(...proxy.connections.map(({ id }) => id));
    expect(proxy.connections.length).toBe(5);
    proxy.blackhole({ where: ({ id }) => id <= newest });
    await expect(namesIn(store)).rejects.toThrow(/no answer within 700 ms/);
    for (let call = 0; call < 5; call++) expect(await namesIn(store)).toEqual([]);
  });

  test("a change whose answer was lost is not made again, and nobody is told that it was not made", async () => {
    const proxy = await startProxy({ to: server.url });
    onTestFinished(() => proxy.stop());
    const store = await ownStore({ url: proxy.url });
    let tries = 0;
    const call = store.call(async ({ db }) => {
      tries += 1;
      await db.run(addSlowly, {});
    });
    await until("it runs", async () => (await sleepers()) === 1);
    proxy.cut();
    await expect(call).rejects.toMatchObject(unavailable);
    expect(tries).toBe(1);
    await until("it is committed all the same", async () => (await namesIn(store)).length === 1);
  });

  test("does not keep a store from closing", async () => {
    const proxy = await startProxy({ to: server.url });
    onTestFinished(() => proxy.stop());
    const store = await ownStore({ url: proxy.url });
    await Promise.all([pidOf(store), pidOf(store)]);
    proxy.blackhole();
    const stuck = namesIn(store);
    const began = performance.now();
    await store.close();
    expect(performance.now() - began).toBeLessThan(6_000);
    await expect(stuck).rejects.toMatchObject(unavailable);
  });

  test("a cut connection is no unhandled error, lent or idle", async () => {
    const proxy = await startProxy({ to: server.url });
    onTestFinished(() => proxy.stop());
    const store = await ownStore({ url: proxy.url });
    const lent = store.call(({ db }) => db.get(sleep, { seconds: 30 }));
    await Promise.all([pidOf(store), pidOf(store)]);
    expect(proxy.cut()).toBeGreaterThan(1);
    await expect(lent).rejects.toMatchObject(unavailable);
    expect(await namesIn(store)).toEqual([]);
  });
});

test("a full disk has a code of its own, and so does damaged data", () => {
  const said = (code: string): unknown =>
    faultOf(Object.assign(new Error("no space left on device"), { code, severity: "ERROR" }), "db.example:5432/jobs");
  expect(said("53100")).toMatchObject({ code: "STORE_FULL" });
  expect(said("XX001")).toMatchObject({ code: "STORE_CORRUPT" });
  expect(said("23505")).toMatchObject({ name: "Error", code: "23505" });
});

const writeReadOnly: Statement<None> = sql`
  INSERT INTO jobyard.record (kind, id, doc, version)
  SELECT 'test', set_config('transaction_read_only', 'on', true), '{}', nextval('jobyard.number')
`;
const nothing: Statement<None> = sql`SELECT 1 WHERE false`;
const terminate: Statement<None> = sql`SELECT pg_terminate_backend(pg_backend_pid())`;
const terminateWhileWriting: Statement<None> = sql`
  WITH added AS (INSERT INTO jobyard.record (kind, id, doc, version) VALUES ('test', 'a', '{}', 1) RETURNING id)
  SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(5) FROM added
`;
const addSlowly: Statement<None> = sql`
  INSERT INTO jobyard.record (kind, id, doc, version)
  SELECT 'test', 'a', '{}', 1 FROM pg_sleep(0.5)
`;
const terminateSelf = (db: Connection): Promise<unknown> => db.get(terminate, {});

async function sleepers(): Promise<number> {
  const client = await admin();
  const { rows } = await client.query(
    "SELECT count(*)::integer AS n FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND state = 'active' AND pid <> pg_backend_pid()",
  );
  await client.end();
  return rows[0].n;
}

/** A role that has no connections reserved for it. */
async function workerUrl(): Promise<string> {
  await (await admin()).query("CREATE ROLE worker LOGIN PASSWORD 'work'");
  return urlWith((u) => {
    u.username = "worker";
    u.password = "work";
  });
}

async function takeAllConnections(url: string): Promise<readonly pg.Client[]> {
  const crowd: pg.Client[] = [];
  for (;;) {
    const client = new pg.Client({ connectionString: url });
    client.on("error", () => {});
    try {
      await client.connect();
      crowd.push(client);
    } catch {
      return crowd;
    }
  }
}
