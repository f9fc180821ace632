/** Postgres: a server of its own, which is killed, cut off, and filled up. */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parsePostgresUrl } from "@jobyard/adapter-postgres";
import { openYard } from "jobyard";
import pg from "pg";
import type { Backend, TestStore } from "./backend.ts";
import { openLedger } from "./postgres-ledger.ts";
import { openServer } from "./postgres-server.ts";
import { openSmallDisk } from "./small-disk.ts";

export const postgres: Backend = {
  name: "postgres",
  option: null,
  isLossy: false,
  hasServer: true,
  // A call gives up after 15 s, and the server ends its statement.
  lock: { waitedForMs: 3_000, toldMs: 18_000, codes: ["STORE_UNAVAILABLE", "STORE_BUSY"] },
  // The server ends when its log finds no room, and cannot start again before there is some.
  fullCodes: ["STORE_FULL", "STORE_UNAVAILABLE"],
  prepare: (folder) => prepareIn(folder, async () => {}),
  prepareSmall: async (folder) => {
    const mount = join(folder, "small");
    await mkdir(mount);
    const { disk, close } = await openSmallDisk(mount, SMALL_MB);
    return { ...(await prepareIn(mount, close)), disk };
  },
  holdWriteLock,
  openLedger: async (url) => openLedger(connectionOf(url)),
};

/** An empty database alone takes 40 MB, and its log 32 MB. */
const SMALL_MB = 256;

async function prepareIn(folder: string, close: () => Promise<void>): Promise<TestStore> {
  const server = await openServer(join(folder, "postgres"));
  const { url } = server;
  const yard = await openYard(url, { schema: "migrate" });
  await yard.close();
  const client = await connect(url);
  await client.query("CREATE TABLE ledger (id text NOT NULL)");
  await client.end();
  return {
    url,
    urlFor: server.urlFor,
    server,
    integrity: () => server.integrity(),
    close: async () => {
      await server.stop();
      await close();
    },
  };
}

/** Claims, heartbeats and settlements write the one table, enqueues the other; in the order in which all of them lock. */
async function holdWriteLock(url: string): Promise<() => Promise<void>> {
  const client = await connect(url);
  await client.query("BEGIN; LOCK TABLE jobyard.lease, jobyard.job IN EXCLUSIVE MODE");
  return async () => {
    await client.query("ROLLBACK");
    await client.end();
  };
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: connectionOf(url) });
  await client.connect();
  return client;
}

/** What pg understands of it. */
const connectionOf = (url: string): string => parsePostgresUrl(url).url;
