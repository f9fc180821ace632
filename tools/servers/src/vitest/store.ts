/** Stores for tests that run on several backends as they stand: the project says which one, `provide: { backend }`. */

import pg from "pg";
import { inject } from "vitest";
import { newPrefix } from "../redis/prefix.ts";
import { firstUrl } from "./provided.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the tests of this project keep their jobs. */
    readonly backend: "sqlite" | "postgres" | "redis";
  }
}

export interface TestStore {
  /**
   * What Jobyard opens. On Postgres every connection made with it bears the schema's name as its `application_name`; on
   * Redis every key begins with the prefix that it names.
   */
  readonly url: string;
  /** A file goes with its folder; a schema, or the keys of a prefix, now. */
  remove(): Promise<void>;
}

/**
 * The address of a store that no other test has, with nothing in it yet.
 *
 * @param file - where it is if the backend is SQLite
 */
export function newStore(file: string): TestStore {
  switch (inject("backend")) {
    case "sqlite":
      return { url: `sqlite:${file}`, remove: async () => {} };
    case "postgres":
      return newSchema(firstUrl("postgres"));
    case "redis":
      return newPrefix(firstUrl("redis"));
  }
}

let schemas = 0;

function newSchema(address: string): TestStore {
  schemas += 1;
  const schema = `test_${process.pid}_${schemas}`;
  const url = new URL(address);
  url.searchParams.set("application_name", schema);
  const server = url.href;
  url.searchParams.set("schema", schema);
  return { url: url.href, remove: () => dropSchema(server, schema) };
}

async function dropSchema(server: string, schema: string): Promise<void> {
  const client = new pg.Client(server);
  await client.connect();
  await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  await client.end();
}
