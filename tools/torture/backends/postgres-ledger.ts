/** A table of the user's own on Postgres, written in transactions of a pool of the user's own. */

import pg from "pg";
import type { Ledger } from "./backend.ts";

const CONNECTIONS = 3;

export function openLedger(connectionString: string): Ledger {
  const pool = new pg.Pool({ connectionString, max: CONNECTIONS });
  // A connection that ends while nobody uses it is replaced when somebody does.
  pool.on("error", () => {});
  return {
    transaction: async (work) => {
      const client = await pool.connect();
      // One that ends while it is lent fails its next statement; without a listener it would end the process.
      client.on("error", ignore);
      let failure: Error | null = null;
      try {
        await client.query("BEGIN");
        await work(client, async (id) => void (await client.query("INSERT INTO ledger (id) VALUES ($1)", [id])));
        await client.query("COMMIT");
      } catch (error) {
        failure = error instanceof Error ? error : new Error(String(error));
        throw error;
      } finally {
        client.off("error", ignore);
        // Closing the connection rolls back.
        client.release(failure ?? false);
      }
    },
    rows: async () => {
      const { rows } = await pool.query<{ readonly id: string }>("SELECT id FROM ledger");
      return rows.map(({ id }) => id);
    },
    close: () => pool.end(),
  };
}

const ignore = (): void => {};
