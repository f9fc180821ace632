/** Starting a postmaster on a data folder, and knowing when it takes connections. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Account } from "../process/account.ts";
import { logOf } from "../process/lasting.ts";
import { untilReady } from "../process/ready.ts";
import { type Supervised, supervise } from "../process/supervised.ts";
import { serverEnvironment } from "./cluster.ts";

/** Lines of `postgresql.conf`, given on the command line. */
export type PostgresSettings = Readonly<Record<string, string | number | boolean>>;

export interface Place {
  readonly binFolder: string;
  /** The data folder. */
  readonly folder: string;
  readonly account: Account | null;
}

/** Recovery after a crash is part of it. */
const READY_LIMIT_MS = 60_000;

/** What the server of a test always has: no files outside its folder, nobody but this machine. */
const ALWAYS: PostgresSettings = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  // In the data folder, so that SIGKILL leaves nothing in /dev/shm.
  dynamic_shared_memory_type: "mmap",
  logging_collector: false,
};

/** Resolves when the server takes connections; rejects with the end of its log if it does not come to that. */
export async function launchPostgres(place: Place, settings: PostgresSettings, port: number): Promise<Supervised> {
  const { binFolder, folder, account } = place;
  const lines = Object.entries({ ...ALWAYS, ...settings, port });
  const server = await supervise({
    file: join(binFolder, "postgres"),
    args: ["-D", folder, ...lines.flatMap(([name, value]) => ["-c", `${name}=${value}`])],
    folder,
    env: serverEnvironment(folder),
    account,
    logFile: logOf(folder),
    // An immediate shutdown: no checkpoint, and its shared memory is given back.
    farewell: "SIGQUIT",
  });
  await untilReady(server, {
    name: "PostgreSQL",
    logFile: logOf(folder),
    limitMs: READY_LIMIT_MS,
    isReady: () => {
      const said = readPidFile(folder);
      return said?.pid === server.pid && said.status === "ready";
    },
  });
  return server;
}

/** What a server says of itself in `postmaster.pid`; null without that file. */
export function readPidFile(folder: string): { pid: number; sharedMemoryId: string; status: string } | null {
  const file = join(folder, "postmaster.pid");
  if (!existsSync(file)) return null;
  // Process id, data folder, start, port, socket folder, address, key and id of the shared memory, status.
  const lines = readFileSync(file, "utf8").split("\n");
  return {
    pid: Number(lines[0]),
    sharedMemoryId: lines[6]?.trim().split(/\s+/)[1] ?? "",
    status: lines[7]?.trim() ?? "",
  };
}
