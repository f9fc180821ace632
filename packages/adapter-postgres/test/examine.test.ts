/** What `examine` finds on a server and a schema that somebody broke, and that it finds nothing on what is well. */

import type { Diagnosis } from "@jobyard/core/adapter";
import { newJob } from "@jobyard/core/testing";
import { urlOf } from "@jobyard/servers/vitest";
import type pg from "pg";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { type Connection, connectionOver } from "../src/connection.ts";
import { Dialect } from "../src/dialect.ts";
import { enqueue } from "../src/enqueue.ts";
import { madeByMigrations } from "../src/examine/made.ts";
import { checkBloat, checkDeadRows } from "../src/examine/room.ts";
import {
  checkDurability,
  checkEncoding,
  checkReadOnly,
  checkTransactionIds,
  checkVersion,
} from "../src/examine/server.ts";
import { checkConnections, checkPooler, checkSlots, checkSnapshots } from "../src/examine/sessions.ts";
import type { Store } from "../src/store.ts";
import { newSchema, openClient, openMigrated, openStore, serverUrl } from "./ground.ts";

async function told(store: Store, code: string): Promise<Diagnosis> {
  const found = (await store.examine()).find((one) => one.code === code);
  if (!found) throw new Error(`nothing is told of ${code}`);
  return found;
}

const problems = async (store: Store): Promise<readonly string[]> =>
  (await store.examine()).filter(({ level }) => level === "problem").map(({ code }) => code);

test.each(inject("postgres"))(
  "PostgreSQL $version: every question gets its answer, and nothing is wrong",
  async (server) => {
    const store = await openMigrated({ url: urlOf(server) });
    const all = await store.examine();
    expect(all.filter(({ text }) => text.includes("could not be looked at"))).toEqual([]);
    expect(all.filter(({ level }) => level === "problem")).toEqual([]);
    expect(all.map(({ code }) => code)).toContain("POSTGRES_TABLES");
  },
);

describe("the schema", () => {
  test("that is not there is the one problem", async () => {
    expect(await problems(openStore({ schema: newSchema() }))).toEqual(["POSTGRES_SCHEMA"]);
  });

  test("of a newer version asks for an upgrade", async () => {
    const [store, client, schema] = await broken();
    await client.query(`INSERT INTO ${schema}.migration (version, compatible_from) VALUES (999, 999)`);
    expect(await told(store, "POSTGRES_SCHEMA")).toMatchObject({ level: "problem", evidence: { current: 999 } });
  });

  test("an index that somebody dropped can be made again by what is told", async () => {
    const [store, client, schema] = await broken();
    await client.query(`DROP INDEX ${schema}.later_lane`);
    const found = await told(store, "POSTGRES_TABLES");
    expect(found).toMatchObject({ level: "problem", evidence: { missing: 1 } });
    await client.query((found.fix ?? "").replace("Make it again: ", ""));
    expect(await told(store, "POSTGRES_TABLES")).toMatchObject({ level: "ok" });
  });

  test("a function that is gone needs a backup", async () => {
    const [store, client, schema] = await broken();
    await client.query(`DROP FUNCTION ${schema}.depth_of`);
    expect(await told(store, "POSTGRES_TABLES")).toMatchObject({ level: "problem", text: /depth_of/, fix: /backup/ });
  });

  test("a table that a crash would empty is found, and mended by what is told", async () => {
    const [store, client, schema] = await broken();
    await client.query(`ALTER TABLE ${schema}.ready SET UNLOGGED`);
    const found = await told(store, "POSTGRES_TABLES");
    expect(found).toMatchObject({ level: "problem", evidence: { unlogged: 1 } });
    await client.query(found.fix ?? "");
    expect(await told(store, "POSTGRES_TABLES")).toMatchObject({ level: "ok" });
  });

  test("what somebody added is told, but for an index of the payloads", async () => {
    const [store, client, schema] = await broken();
    await client.query(`CREATE INDEX of_payload ON ${schema}.job USING gin ((payload::jsonb))`);
    expect(await told(store, "POSTGRES_TABLES")).toMatchObject({ level: "ok" });
    expect(await told(store, "POSTGRES_PAYLOAD_INDEX")).toMatchObject({ evidence: { index: "of_payload" } });
    await client.query(`CREATE INDEX mine ON ${schema}.job (grp)`);
    expect(await told(store, "POSTGRES_TABLES")).toMatchObject({ level: "advice", text: /\bmine\b/ });
  });

  test("jobs from the future mean that a clock was set back", async () => {
    const [store, client, schema] = await broken();
    await store.call((call) => enqueue(call, [newJob("a")], "unbounded"));
    expect(await told(store, "POSTGRES_CLOCK")).toMatchObject({ level: "ok" });
    await client.query(`UPDATE ${schema}.job SET created_at = created_at + 7200000`);
    expect(await told(store, "POSTGRES_CLOCK")).toMatchObject({ level: "problem", text: /1\d\d min in the future/ });
  });
});

describe("a role", () => {
  test("that lacks rights is told which, and has them by what is told", async () => {
    const [owners, client, schema] = await broken();
    const role = await newRole(client);
    const own = openStore({ url: urlAs(role), schema });
    await client.query(`GRANT USAGE ON SCHEMA ${schema} TO ${role}; GRANT SELECT ON ${schema}.migration TO ${role}`);
    const found = await told(own, "POSTGRES_RIGHTS");
    expect(found).toMatchObject({ level: "problem", text: /DELETE ON TABLE/ });
    expect(await told(own, "POSTGRES_CLOCK")).toMatchObject({ level: "advice", text: /could not be looked at/ });
    await client.query(found.fix ?? "");
    expect(await told(own, "POSTGRES_RIGHTS")).toMatchObject({ level: "ok", evidence: { role } });
    expect(await told(owners, "POSTGRES_RIGHTS")).toMatchObject({ level: "ok" });
  });

  test("that may not even look into the schema is told so", async () => {
    const [, client, schema] = await broken();
    const own = openStore({ url: urlAs(await newRole(client)), schema });
    expect(await told(own, "POSTGRES_RIGHTS")).toMatchObject({ level: "problem", text: /USAGE ON SCHEMA/ });
    expect(await told(own, "POSTGRES_SCHEMA")).toMatchObject({ level: "advice", text: /permission denied/ });
  });

  test("that may only read is told so", async () => {
    const [, client, schema] = await broken();
    const role = await newRole(client);
    await client.query(`ALTER ROLE ${role} SUPERUSER`);
    await client.query(`ALTER ROLE ${role} SET default_transaction_read_only = on`);
    expect(await problems(openStore({ url: urlAs(role), schema }))).toEqual(["POSTGRES_READ_ONLY"]);
  });
});

test("autovacuum that is off for a table is found, and on again by what is told", async () => {
  const [store, client, schema] = await broken();
  await client.query(`ALTER TABLE ${schema}.lease SET (autovacuum_enabled = off)`);
  const found = await told(store, "POSTGRES_AUTOVACUUM");
  expect(found).toMatchObject({ level: "problem", evidence: { tablesOff: 1 } });
  await client.query(found.fix ?? "");
  expect(await told(store, "POSTGRES_AUTOVACUUM")).toMatchObject({ level: "ok" });
});

test("a transaction that is left open is found, and ended by what is told", async () => {
  const holder = await openClient();
  await holder.query("SET application_name = 'forgotten'");
  await holder.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
  await holder.query("SELECT count(*) FROM pg_class");
  const client = await openClient();
  const db = over(client);
  const found = await checkSnapshots({ db }, 0);
  expect(found).toMatchObject({ level: "advice", text: /forgotten.* idle in transaction/ });
  expect(await checkSnapshots({ db })).toMatchObject({ level: "ok" });
  await holder.query("COMMIT");
  expect((await checkSnapshots({ db }, 0)).text).not.toMatch(/forgotten/);
});

test("a replication slot that nobody reads is found, and dropped by what is told", async () => {
  const client = await openClient();
  const db = over(client);
  await client.query("SELECT pg_create_physical_replication_slot('left_over', true)");
  onTestFinished(async () => {
    const own = await openClient();
    await own.query(
      "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'left_over'",
    );
  });
  expect(await checkSlots({ db })).toMatchObject({ level: "ok", evidence: { slots: 1 } });
  const found = await checkSlots({ db }, 0);
  expect(found).toMatchObject({ level: "advice", text: /left_over \(used by nobody\)/ });
  await client.query((found.fix ?? "").replace("If nobody needs it any more: ", ""));
  expect(await checkSlots({ db }, 0)).toMatchObject({ level: "ok", evidence: { slots: 0 } });
});

test("a pooler is named, and that nothing is heard through it", async () => {
  expect(await checkPooler({ isDirect: true, hearing: "listening" })).toMatchObject({ level: "ok" });
  expect(await checkPooler({ isDirect: false, hearing: "pooled" })).toMatchObject({
    level: "advice",
    text: /PgBouncer/,
  });
});

describe("what a server says of itself", () => {
  const WELL = {
    ...{ version: "18.4", number: 180_004, encoding: "UTF8", standby: false, read_only: false, unfrozen: 1_000 },
    ...{ fsync: true, full_page_writes: true, synchronous_commit: "on", configured_commit: "on" },
  };

  test.each([
    ["problem", { fsync: false }],
    ["problem", { full_page_writes: false }],
    ["problem", { synchronous_commit: "off" }],
    ["advice", { fsync: false, full_page_writes: false }],
    ["ok", { configured_commit: "off" }],
    ["ok", { synchronous_commit: "remote_apply" }],
  ])("durability: %s with %j", async (level, settings) => {
    expect(await checkDurability({ db: saying({ ...WELL, ...settings }) })).toMatchObject({ level });
  });

  test.each([
    [checkVersion, { number: 120_022 }],
    [checkEncoding, { encoding: "SQL_ASCII" }],
    [checkReadOnly, { standby: true }],
    [checkReadOnly, { read_only: true }],
    [checkTransactionIds, { unfrozen: 1_900_000_000 }],
  ])("%o: a problem with %j", async (check, said) => {
    expect(await check({ db: saying({ ...WELL, ...said }) })).toMatchObject({ level: "problem" });
    expect(await check({ db: saying(WELL) })).toMatchObject({ level: "ok" });
  });

  test.each([
    [79, "ok"],
    [80, "advice"],
    [95, "problem"],
  ])("%d of 100 connections in use: %s", async (used, level) => {
    expect(await checkConnections({ db: saying({ used, ours: 1, room: 100 }) })).toMatchObject({ level });
  });

  test("dead rows and empty pages that pile up are told", async () => {
    const ready = { name: "ready", live: 1_000, dead: 500_000, bytes: 40_000_000 };
    const at = (over: Partial<typeof ready>) => ({ db: saying({ ...ready, ...over }), schema: "jobyard" });
    expect(await checkDeadRows(at({}))).toMatchObject({ level: "advice", fix: /VACUUM jobyard\.ready/ });
    expect(await checkDeadRows(at({ live: 600_000 }))).toMatchObject({ level: "ok" });
    expect(await checkBloat(at({}))).toMatchObject({ level: "ok" });
    expect(await checkBloat(at({ dead: 0, bytes: 400_000_000 }))).toMatchObject({ level: "advice", fix: /ready/ });
  });
});

test("what migrations make is read from their text, and what later ones drop is forgotten", () => {
  const texts = [
    "CREATE TABLE jobyard.a (\n id int);\n  CREATE UNIQUE INDEX a_id ON jobyard.a\n (id);",
    "DROP INDEX jobyard.a_id;",
  ];
  expect([...madeByMigrations(texts.slice(0, 1)).values()]).toEqual([
    { kind: "table", name: "a", statement: "" },
    { kind: "index", name: "a_id", statement: "CREATE UNIQUE INDEX a_id ON jobyard.a (id)" },
  ]);
  expect([...madeByMigrations(texts).keys()]).toEqual(["table a"]);
});

/** A store, a superuser's client to break it with, and the schema's name. */
async function broken(): Promise<readonly [Store, pg.Client, string]> {
  const schema = newSchema();
  return [await openMigrated({ schema }), await openClient(), schema];
}

const PASSWORD = "only-for-tests";

/** Gone with the test. */
async function newRole(client: pg.Client): Promise<string> {
  const role = newSchema();
  await client.query(`CREATE ROLE ${role} LOGIN PASSWORD '${PASSWORD}'`);
  onTestFinished(async () => {
    const own = await openClient();
    await own.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });
  return role;
}

function urlAs(role: string): string {
  const url = new URL(serverUrl());
  url.username = role;
  url.password = PASSWORD;
  return url.href;
}

const over = (client: pg.Client): Connection => connectionOver(client, new Dialect("jobyard", "extended"));

/** A server that is asked one thing, and answers with one row. */
const saying = (row: object): Connection => ({
  run: async () => 1,
  get: async <R>() => row as R,
  all: async <R>() => [row as R],
  execute: async () => {},
});
