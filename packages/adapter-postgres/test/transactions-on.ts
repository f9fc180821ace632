/** Migrations by hand: transactions on a client, for a schema. */

import type pg from "pg";
import { connectionOver } from "../src/connection.ts";
import { Dialect } from "../src/dialect.ts";
import type { InTransaction } from "../src/migrate.ts";

export function transactionsOn(client: pg.Client, schema: string): InTransaction {
  const db = connectionOver(client, new Dialect(schema, "extended"));
  return async (work) => {
    await client.query("BEGIN");
    try {
      const result = await work(db);
      await client.query("COMMIT");
      return result;
    } catch (error) {
      await client.query("ROLLBACK");
      throw error;
    }
  };
}
