/** Stores for tests that run on several backends as they stand: the project says which one, `provide: { backend }`. */

import pg from "pg";
import { inject } from "vitest";
import { urlOf } from "./provided.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the tests of this project keep their jobs. */
    readonly backend: "sqlite" | "postgres";
  }
}

export interface TestStore {
  /** What Jobyard opens. On Postgres every connection made with it bears the schema's name as its `application_name`. */
  readonly url: string;
  /** A file goes with its folder, a schema now. */
  remove(): Promise<void>;
}

let schemas = 0;

/**
 * The address of a store that no other test has, without tables yet.
 *
 * @param file - where it is if the backend is SQLite
 */
export function newStore(file: string): TestStore {
  if (inject("backend") === "sqlite") return { url: `sqlite:${file}`, remove: async () => {} };
  const [newest] = inject("postgres");
  if (newest === undefined) throw new Error("no server was provided");
  schemas += 1;
  const schema = `test_${process.pid}_${schemas}`;
  const url = new URL(urlOf(newest));
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
