/** The store on a Postgres server of its own, which is kept as its data folder and runs while it is measured. */

import { postgresAdapter } from "@jobyard/adapter-postgres";
import { type PostgresServer, startPostgres, throwaway } from "@jobyard/servers";
import pg from "pg";
import { fill, startOfHistory } from "./fill.ts";
import type { OpenStore, Wanted } from "./full-store.ts";
import { kept } from "./kept.ts";

/** Everything else, the size of its memory too, is as Postgres comes. */
const SETTINGS = throwaway;

export const openPostgres: OpenStore = async (wanted) => {
  const path = await kept({ backend: "postgres", ...wanted, make: (folder) => make(folder, wanted) });
  const server = await startPostgres({ folder: path, settings: SETTINGS });
  return { url: server.url, path, hasIndexFor: () => true, close: () => server.stop() };
};

async function make(folder: string, wanted: Wanted): Promise<void> {
  const server = await startPostgres({ folder, settings: SETTINGS });
  try {
    await fillServer(server, wanted);
  } finally {
    await server.stop();
  }
}

async function fillServer({ url }: PostgresServer, { jobs, seed, onProgress }: Wanted): Promise<void> {
  const adapter = postgresAdapter({ url });
  await adapter.schema.migrate();
  const client = new pg.Client(url);
  await client.connect();
  const clock = await turnBack(client);
  const filling = { jobs, seed, onProgress: (done: number) => onProgress(`made ${done} of ${jobs} jobs`) };
  await fill(adapter, clock, filling);
  await clock.release();
  await adapter.close();
  // As autovacuum leaves a store that was not filled within minutes.
  await client.query("VACUUM (ANALYZE)");
  await client.end();
}

/** The server's clock is the only one: while the store is filled it is a row of a table. */
async function turnBack(client: pg.Client): Promise<Parameters<typeof fill>[1] & { release(): Promise<void> }> {
  const { rows } = await client.query<{ readonly text: string }>(
    "SELECT pg_get_functiondef('jobyard.now_ms'::regproc) AS text",
  );
  const [definition] = rows;
  if (definition === undefined) throw new Error("there is no clock");
  let now = startOfHistory();
  await client.query(`
    CREATE TABLE jobyard.stopped_clock AS SELECT ${now}::bigint AS at;
    CREATE OR REPLACE FUNCTION jobyard.now_ms() RETURNS bigint LANGUAGE sql VOLATILE
    RETURN (SELECT at FROM jobyard.stopped_clock);
  `);
  return {
    now: () => now,
    async advance(ms) {
      now += ms;
      await client.query("UPDATE jobyard.stopped_clock SET at = $1", [now]);
    },
    async release() {
      await client.query(`${definition.text}; DROP TABLE jobyard.stopped_clock`);
    },
  };
}
