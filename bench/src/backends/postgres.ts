/** Postgres: one server for the whole run, and an empty database for every round. */

import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type PostgresServer, startPostgres } from "@jobyard/servers";
import pg from "pg";
import type { Backend, Held, ServerSpent, Site } from "../backend.ts";
import { describeFolder } from "../file-system.ts";
import { versionOf } from "../versions.ts";
import { POSTGRES_CONTENDERS } from "./postgres-contenders.ts";
import { serverCpuMicros } from "./postgres-cpu.ts";
import { POSTGRES_GOALS } from "./postgres-goals.ts";

const VERSION = 18;
/** Every commit is durable, as it is by default. Checkpoints come between rounds, and not by chance within one. */
const SETTINGS = {
  shared_buffers: "1GB",
  synchronous_commit: "on",
  max_connections: 200,
  min_wal_size: "4GB",
  max_wal_size: "16GB",
  checkpoint_timeout: "1h",
};
/** Bytes, generously, of one who writes much; and at most. */
const LOG_PER_JOB = 4_000;
const MOST_LOG = 2_000_000_000;
const MESSAGE = 4_000_000;

export const postgres: Backend = {
  name: "postgres",
  contenders: POSTGRES_CONTENDERS,
  goals: POSTGRES_GOALS,
  open: openSite,
  settle: (url) => onClient(url, async (client) => void (await client.query("VACUUM ANALYZE"))),
  spent: (url) => onClient(url, spentBy),
  memory: async () => null,
  holdSnapshot,
  logsIfAsked: false,
};

async function openSite(folder: string, mostJobs: number): Promise<Site> {
  // Not a temporary folder of our own: as root the server runs as somebody else, who has to get there.
  const data = join(folder, `jobyard-bench-${randomUUID()}`);
  const removeData = () => rm(data, { recursive: true, force: true });
  try {
    const server = await startPostgres({ version: VERSION, settings: SETTINGS, folder: data });
    await onClient(server.url, (client) => fillLog(client, mostJobs));
    return {
      facts: {
        PostgreSQL: server.version,
        settings: Object.entries(SETTINGS)
          .map(([name, value]) => `${name}=${value}`)
          .join(", "),
        pg: versionOf("pg"),
        "files on": await describeFolder(folder),
      },
      makeStore: databasesOn(server),
      close: async () => {
        await server.stop();
        await removeData();
      },
    };
  } catch (error) {
    await removeData();
    throw error;
  }
}

/**
 * A server that has run for a while writes over the files of its log, and a new one has to make each of them first,
 * which takes a tenth of a second: of whichever round that is.
 */
async function fillLog(client: pg.Client, mostJobs: number): Promise<void> {
  const messages = Math.ceil(Math.min(MOST_LOG, mostJobs * LOG_PER_JOB) / MESSAGE);
  for (let sent = 0; sent < messages; sent++)
    await client.query(`SELECT pg_logical_emit_message(false, 'bench', repeat('x', ${MESSAGE}))`);
}

/** Before each round all that went before is on disk. */
function databasesOn({ url }: PostgresServer): Site["makeStore"] {
  let made = 0;
  return async () => {
    const name = `bench_${++made}`;
    await onClient(url, async (client) => {
      await client.query(`CREATE DATABASE ${name}`);
      await client.query("CHECKPOINT");
    });
    const remove = () =>
      onClient(url, async (client) => void (await client.query(`DROP DATABASE ${name} WITH (FORCE)`)));
    return { store: Object.assign(new URL(url), { pathname: `/${name}` }).href, remove };
  };
}

async function spentBy(client: pg.Client): Promise<ServerSpent> {
  const { rows } = await client.query<{ readonly pid: number; readonly wal: string }>(
    "SELECT pg_backend_pid() AS pid, pg_current_wal_insert_lsn() - '0/0' AS wal",
  );
  const [row] = rows;
  if (row === undefined) throw new Error("a SELECT without FROM has one row");
  return { cpuMicros: serverCpuMicros(row.pid), logBytes: Number(row.wal) };
}

async function holdSnapshot(url: string): Promise<Held> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
  await client.query("SELECT count(*) FROM pg_class"); // the first statement takes the snapshot
  return { release: () => client.end() };
}

async function onClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
