/** What tests of the connection stand on: a server, a schema that goes with the test, and stores on it. */

import { firstUrl } from "@jobyard/servers/vitest";
import pg from "pg";
import { onTestFinished } from "vitest";
import { checkedOptions, type PostgresOptions } from "../src/options.ts";
import { type None, type Statement, sql } from "../src/statement.ts";
import { Store } from "../src/store.ts";

/** The address of the newest server that is there. */
export const serverUrl = (): string => firstUrl("postgres");

let schemas = 0;

/** A name that no other test has. */
export function newSchema(): string {
  schemas += 1;
  return `conn_${process.pid}_${schemas}`;
}

/** A client of the test's own, closed with it. */
export async function openClient(url: string = serverUrl()): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  // A test that kills servers kills this too.
  client.on("error", () => {});
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

/** A store as it was configured, closed with the test; its schema may be missing. */
export function openStore(options: Partial<PostgresOptions> = {}): Store {
  const store = new Store(checkedOptions({ url: serverUrl(), ...options }));
  onTestFinished(() => store.close());
  return store;
}

/** A store on a new schema with our tables, removed with the test. */
export async function openMigrated(options: Partial<PostgresOptions> = {}): Promise<Store> {
  const schema = options.schema ?? newSchema();
  // What is registered last comes first: a store that still looks for work would stand in the way of the drop.
  onTestFinished(() => dropSchema(schema));
  // The tables are made by one that has the usual time for it.
  const { callTimeoutMs: _, ...patient } = options;
  const maker = new Store(checkedOptions({ url: serverUrl(), ...patient, schema }));
  await maker.migrate();
  await maker.close();
  return openStore({ ...options, schema });
}

export interface OwnDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** Where no transaction of another test, however old, keeps dead rows from being taken away. */
export async function newDatabase(): Promise<OwnDatabase> {
  const name = newSchema();
  const client = new pg.Client({ connectionString: serverUrl() });
  await client.connect();
  await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
  const url = new URL(serverUrl());
  url.pathname = `/${name}`;
  const drop = async (): Promise<void> => {
    await client.query(`DROP DATABASE ${pg.escapeIdentifier(name)} WITH (FORCE)`);
    await client.end();
  };
  return { url: url.href, drop };
}

export async function dropSchema(schema: string, url: string = serverUrl()): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`DROP SCHEMA IF EXISTS ${pg.escapeIdentifier(schema)} CASCADE`);
  await client.end();
}

/** A name in a table of ours, to see what was committed. */
export const addName: Statement<{ readonly name: string }> = sql`
  INSERT INTO jobyard.record (kind, id, doc, version) VALUES ('test', @name::text, '{}', 1)
`;
export const readNames: Statement<None, { readonly id: string }> = sql`
  SELECT id FROM jobyard.record WHERE kind = 'test' ORDER BY id
`;
export const readPid: Statement<None, { readonly pid: number }> = sql`SELECT pg_backend_pid() AS pid`;
export const sleep: Statement<{ readonly seconds: number }, { readonly done: string }> = sql`
  SELECT pg_sleep(@seconds::float8)::text AS done
`;

export const namesIn = async (store: Store): Promise<readonly string[]> =>
  (await store.ask((db) => db.all(readNames, {}))).map(({ id }) => id);

/** Resolves when `look` answers true; fails after a while. */
export async function until(what: string, look: () => boolean | Promise<boolean>, limitMs = 20_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await look())) {
    if (performance.now() > end) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
