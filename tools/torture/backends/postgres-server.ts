/** A durable server of a run's own: killed and started again, disconnected, cut off, and asked how it is. */

import { createReadStream, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { type PostgresServer, startPostgres } from "@jobyard/servers";
import pg from "pg";
import { isLiving } from "../faults/process-state.ts";
import type { Crash, Disconnection } from "./backend.ts";
import { BUSY_WITHIN_MS, type OwnServer, openNetwork, revive } from "./own-server.ts";
import { problemsOf } from "./postgres-integrity.ts";

/** Everything that makes a commit durable is on, as it is where nobody turned it off. */
const SETTINGS = {
  fsync: true,
  full_page_writes: true,
  synchronous_commit: true,
  max_connections: 200,
  // Of a small disk the log must not take more.
  max_wal_size: "64MB",
  min_wal_size: "32MB",
  log_line_prefix: "%m [%p] %e %a: ",
} as const;

/** @param folder - for its data, kept when it stops */
export async function openServer(folder: string): Promise<OwnServer> {
  const server = await startPostgres({ folder, settings: SETTINGS });
  const { url } = server;
  return {
    url,
    urlFor: (process) => named(url, process),
    crash: (downMs) => crash(server, downMs),
    losses: () => [],
    recoveries: () => count(join(folder, LOG), /was not properly shut down; automatic recovery in progress/g),
    disconnect: (process) => asked(url, (client) => disconnect(client, process)),
    revive: () => revive(server),
    openNetwork: () => openNetwork(url, named, "LISTEN "),
    integrity: async () => {
      await revive(server);
      return [...(await asked(url, problemsOf)), ...(await panics(join(folder, LOG)))];
    },
    stop: () => server.stop(),
  };
}

const LOG = "server.log";

/** The server tells it with every connection, and every line of its log. */
function named(url: string, process: string): string {
  const own = new URL(url);
  own.searchParams.set("application_name", process);
  return own.href;
}

async function crash(server: PostgresServer, downMs: number): Promise<Crash> {
  const from = performance.now();
  const killed = await server.crash();
  const left = killed.filter(isLiving);
  await sleep(downMs);
  await server.restart();
  return { killed, left, pid: server.pid, forMs: Math.round(performance.now() - from), remarks: [] };
}

/** All connections of one client program, at a moment in which one of them is at work if there is any such moment. */
async function disconnect(client: pg.Client, process: string): Promise<Disconnection> {
  for (const end = performance.now() + BUSY_WITHIN_MS; ; ) {
    const isLast = performance.now() > end;
    const { rows } = await client.query<{ readonly ended: boolean; readonly busy: boolean }>(
      `WITH seen AS MATERIALIZED (
         SELECT pid, state <> 'idle' AS busy, bool_or(state <> 'idle') OVER () AS any_busy FROM pg_stat_activity
          WHERE application_name = $1 AND pid <> pg_backend_pid())
       SELECT pg_terminate_backend(pid) AS ended, busy FROM seen WHERE any_busy OR $2`,
      [process, isLast],
    );
    const ended = rows.filter((row) => row.ended);
    if (ended.length > 0 || isLast) return { ended: ended.length, busy: ended.filter((row) => row.busy).length };
  }
}

/** A connection for one question. */
async function asked<T>(url: string, ask: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  try {
    return await ask(client);
  } finally {
    await client.end();
  }
}

const count = (file: string, words: RegExp): number => readFileSync(file, "utf8").match(words)?.length ?? 0;

/** What the server's own log has to say of its data. A log that found no room is no fault of it. */
async function panics(file: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const line of createInterface({ input: createReadStream(file) })) if (DAMAGE.test(line)) found.push(line);
  return found.slice(0, 5);
}

const DAMAGE = /invalid page in block|checksum mismatch|could not read block|unexpected data beyond EOF|XX00[12]/;
