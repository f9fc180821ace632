/** The way of the tables from one version to the next, and who may work on which. */

import pg from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { migrate, schemaStatus } from "../src/migrate.ts";
import { MIGRATIONS } from "../src/migrations/index.ts";
import type { Migration } from "../src/migrations/migration.ts";
import { sql } from "../src/statement.ts";
import type { Store } from "../src/store.ts";
import { addName, dropSchema, namesIn, newSchema, openClient, openStore, serverUrl } from "./ground.ts";
import { transactionsOn } from "./transactions-on.ts";

const NOW = MIGRATIONS.length;
const added: Migration = {
  scripts: [sql`ALTER TABLE jobyard.record ADD COLUMN colour text`],
  compatibleFrom: NOW,
};
const renamed: Migration = {
  scripts: [sql`ALTER TABLE jobyard.record RENAME COLUMN id TO name`],
  compatibleFrom: NOW + 1,
};

function ownSchema(): string {
  const schema = newSchema();
  onTestFinished(() => dropSchema(schema));
  return schema;
}

const versionsIn = async (schema: string): Promise<unknown> => {
  const client = await openClient();
  const { rows } = await client.query(`SELECT version, compatible_from FROM ${schema}.migration ORDER BY version`);
  return rows;
};

describe("a migration", () => {
  test("is never run by itself", async () => {
    const store = openStore({ schema: ownSchema() });
    await expect(namesIn(store)).rejects.toMatchObject({ code: "SCHEMA_MISSING" });
    await expect(namesIn(store)).rejects.toThrow("jobyard migrate");
    expect(await store.schemaStatus()).toEqual({ state: "missing", current: 0, wanted: NOW });
  });

  test("makes the schema and all tables, and the second time nothing", async () => {
    const schema = ownSchema();
    const store = openStore({ schema });
    expect(await store.migrate()).toEqual({ from: 0, to: NOW });
    expect(await store.migrate()).toEqual({ from: NOW, to: NOW });
    expect(await store.schemaStatus()).toEqual({ state: "ready", current: NOW, wanted: NOW });
    expect(await namesIn(store)).toEqual([]);
  });

  test("run by many at once is run once", async () => {
    const schema = ownSchema();
    const stores = Array.from({ length: 5 }, () => openStore({ schema }));
    const answers = await Promise.all(stores.map((store) => store.migrate()));
    expect(answers.every(({ to }) => to === NOW)).toBe(true);
    expect(answers.filter(({ from }) => from === 0)).toHaveLength(1);
    expect(await versionsIn(schema)).toHaveLength(NOW);
  });

  test("that fails leaves the version before it", async () => {
    const schema = ownSchema();
    const broken: Migration = {
      scripts: [sql`CREATE TABLE jobyard.half (n integer)`, sql`SELECT 1 / 0`],
      compatibleFrom: 1,
    };
    const inTransaction = transactionsOn(await openClient(), schema);
    await expect(migrate(inTransaction, schema, [...MIGRATIONS, broken])).rejects.toThrow("division by zero");
    expect(await inTransaction((db) => schemaStatus(db, schema))).toMatchObject({ state: "ready", current: NOW });
    const client = await openClient();
    expect((await client.query("SELECT to_regclass($1) AS half", [`${schema}.half`])).rows).toEqual([{ half: null }]);
  });
});

describe("a schema of another version", () => {
  test("that is old is refused with the command, and waits for nobody", async () => {
    const schema = ownSchema();
    const store = openStore({ schema });
    await store.migrate();
    const client = await openClient();
    await client.query(`UPDATE ${schema}.migration SET version = version - 1`);
    await expect(namesIn(openStore({ schema }))).rejects.toMatchObject({ code: "SCHEMA_TOO_OLD" });
    await expect(namesIn(openStore({ schema }))).rejects.toThrow("jobyard migrate");
  });

  test("that is newer and says so is worked on by this one, also while it is running", async () => {
    const schema = ownSchema();
    const [running, inTransaction] = await runningOn(schema);
    expect(await migrate(inTransaction, schema, [...MIGRATIONS, added])).toEqual({ from: NOW, to: NOW + 1 });
    await running.call(({ db }) => db.run(addName, { name: "b" }));
    const later = openStore({ schema });
    await later.call(({ db }) => db.run(addName, { name: "c" }));
    expect(await namesIn(later)).toEqual(["a", "b", "c"]);
    expect(await later.schemaStatus()).toEqual({ state: "ready", current: NOW + 1, wanted: NOW });
    expect(await later.migrate()).toEqual({ from: NOW + 1, to: NOW + 1 });
  });

  test("that is newer and changed what this one knows is refused, also while it is running", async () => {
    const schema = ownSchema();
    const [running, inTransaction] = await runningOn(schema);
    await migrate(inTransaction, schema, [...MIGRATIONS, added, renamed]);
    await expect(namesIn(running)).rejects.toMatchObject({ code: "SCHEMA_TOO_NEW" });
    const later = openStore({ schema });
    await expect(namesIn(later)).rejects.toMatchObject({ code: "SCHEMA_TOO_NEW" });
    await expect(later.migrate()).rejects.toMatchObject({ code: "SCHEMA_TOO_NEW" });
  });

  async function runningOn(schema: string): Promise<readonly [Store, ReturnType<typeof transactionsOn>]> {
    const running = openStore({ schema });
    await running.migrate();
    await running.call(({ db }) => db.run(addName, { name: "a" }));
    return [running, transactionsOn(await openClient(), schema)];
  }
});

describe("a role that may not make schemas", () => {
  test("is told what to ask for, and needs no more than that", async () => {
    const schema = ownSchema();
    const role = `role_${schema}`;
    const client = await openClient();
    await client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'pass'`);
    onTestFinished(() => dropRole(role));
    const url = new URL(serverUrl());
    url.username = role;
    url.password = "pass";
    const store = openStore({ schema, url: url.href });
    await expect(store.migrate()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await expect(store.migrate()).rejects.toThrow(`CREATE SCHEMA ${schema} AUTHORIZATION ${role}`);
    await client.query(`CREATE SCHEMA ${schema}`);
    await client.query(`GRANT USAGE ON SCHEMA ${schema} TO ${role}`);
    await expect(store.migrate()).rejects.toThrow(`GRANT CREATE ON SCHEMA ${schema} TO ${role}`);
    await client.query(`GRANT CREATE ON SCHEMA ${schema} TO ${role}`);
    expect(await store.migrate()).toEqual({ from: 0, to: NOW });
    expect(await namesIn(store)).toEqual([]);
  });
});

async function dropRole(role: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl() });
  await client.connect();
  await client.query(`DROP OWNED BY ${role} CASCADE`);
  await client.query(`DROP ROLE ${role}`);
  await client.end();
}
