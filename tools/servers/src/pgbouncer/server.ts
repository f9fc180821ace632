/** A PgBouncer of one's own before a PostgreSQL server, to find out what survives pooling. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { unprivilegedAccount } from "../process/account.ts";
import { temporaryFolder } from "../process/folder.ts";
import { freePort } from "../process/port.ts";
import { isListening, untilReady } from "../process/ready.ts";
import { removeNow, supervise } from "../process/supervised.ts";
import { tail } from "../process/tail.ts";
import { choosePgBouncer } from "./available.ts";

export interface PgBouncerOptions {
  /** The server behind it. Clients are connected as this user, whoever they say they are. */
  readonly upstream: string;
  /** When a client gives its server connection back. Default: `transaction`. */
  readonly poolMode?: "session" | "transaction" | "statement";
  /** Lines of the section `[pgbouncer]`: `{ default_pool_size: 5 }`. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** Default: a free one. */
  readonly port?: number;
}

export interface PgBouncer extends AsyncDisposable {
  /** `upstream` by way of the pool. Every database of the server can be reached. */
  readonly url: string;
  /** The console: `SHOW POOLS`, `PAUSE`. Speaks the simple protocol only. */
  readonly adminUrl: string;
  readonly port: number;
  /** As the binary says it: `1.18.0`. */
  readonly version: string;
  readonly pid: number;
  log(): string;
  /** Closes all connections at once and ends. */
  stop(): Promise<void>;
}

const READY_LIMIT_MS = 10_000;
const STOP_LIMIT_MS = 5_000;

/** Starts a PgBouncer and resolves when it takes connections. Throws if there is none; see `isPgBouncerWanted`. */
export async function startPgBouncer(options: PgBouncerOptions): Promise<PgBouncer> {
  const account = unprivilegedAccount();
  const binary = await choosePgBouncer(account);
  const port = options.port ?? (await freePort());
  const folder = await temporaryFolder("pgbouncer", account);
  const settingsFile = join(folder, "pgbouncer.ini");
  const logFile = join(folder, "server.log");
  writeFileSync(settingsFile, settingsText(options, port));
  const server = await supervise({
    file: binary.file,
    args: [settingsFile],
    folder,
    env: { PATH: process.env["PATH"] ?? "", ...binary.env },
    account,
    logFile,
    farewell: "SIGQUIT",
  });
  await untilReady(server, {
    name: `PgBouncer ${binary.version}`,
    logFile,
    limitMs: READY_LIMIT_MS,
    isReady: () => isListening(port),
  });
  const stop = async (): Promise<void> => {
    // Ends at once in every version; what SIGTERM and SIGINT mean has changed with 1.23.
    await server.stop("SIGQUIT", STOP_LIMIT_MS);
    await removeNow(folder);
  };
  const url = new URL(options.upstream);
  url.hostname = "127.0.0.1";
  url.port = String(port);
  return {
    url: url.href,
    adminUrl: new URL("/pgbouncer", url).href,
    port,
    version: binary.version,
    pid: server.pid,
    log: () => tail(logFile),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function settingsText({ upstream, poolMode = "transaction", settings }: PgBouncerOptions, port: number): string {
  const { hostname, port: upstreamPort, username, password } = new URL(upstream);
  const server = { host: hostname, port: upstreamPort || 5432, user: username, password };
  const section = {
    listen_addr: "127.0.0.1",
    listen_port: port,
    unix_socket_dir: "",
    // Nobody is asked for anything, and everybody becomes the user of `upstream`.
    auth_type: "any",
    pool_mode: poolMode,
    ...settings,
  };
  return [
    "[databases]",
    `* = ${Object.entries(server)
      .map(([name, value]) => `${name}='${decodeURIComponent(String(value)).replaceAll("'", "''")}'`)
      .join(" ")}`,
    "[pgbouncer]",
    ...Object.entries(section).map(([name, value]) => `${name} = ${value}`),
    "",
  ].join("\n");
}
