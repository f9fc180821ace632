/** A yard on a schema of the test's own, and the caller's side of it: a pool of pg clients with a table of orders. */

import { createYard, type Yard } from "@jobyard/core";
import type { Adapter } from "@jobyard/core/adapter";
import pg from "pg";
import { onTestFinished } from "vitest";
import { type PostgresOptions, postgresAdapter } from "../src/index.ts";
import { dropSchema, newSchema, serverUrl } from "./ground.ts";

export interface Shop {
  readonly url: string;
  readonly schema: string;
  readonly adapter: Adapter;
  readonly yard: Yard;
  readonly pool: pg.Pool;
  /** Runs SQL that is written for a schema named `jobyard`, as psql would. */
  sql<Row extends pg.QueryResultRow>(text: string, ...values: readonly unknown[]): Promise<Row[]>;
  /** The same text on another connection. */
  named(text: string): string;
  orders(): Promise<readonly string[]>;
}

/** Closed and removed with the test. */
export async function openShop(
  url: string = serverUrl(),
  options: Pick<PostgresOptions, "protocol"> = {},
): Promise<Shop> {
  const schema = newSchema();
  const adapter = postgresAdapter({ url, schema, ...options });
  const yard = createYard({ adapter });
  await adapter.schema.migrate();
  const pool = new pg.Pool({ connectionString: url, max: 20 });
  // A test that kills a connection has it in mind.
  pool.on("connect", (client) => client.on("error", () => {}));
  pool.on("error", () => {});
  onTestFinished(async () => {
    await yard.close();
    await pool.end();
    await dropSchema(schema, url);
  });
  const named = (text: string): string => text.replaceAll(/\bjobyard\b(?=[._ ;]|$)/g, schema);
  const shop: Shop = {
    ...{ url, schema, adapter, yard, pool, named },
    sql: async <Row extends pg.QueryResultRow>(text: string, ...values: readonly unknown[]) =>
      (await pool.query<Row>(named(text), [...values])).rows,
    orders: async () =>
      (await shop.sql<{ id: string }>("SELECT id FROM jobyard.orders ORDER BY id")).map(({ id }) => id),
  };
  await shop.sql("CREATE TABLE jobyard.orders (id text PRIMARY KEY, paid boolean NOT NULL DEFAULT false)");
  return shop;
}
