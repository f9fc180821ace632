/** A PostgreSQL server of one's own: started on a free port, and gone with whoever started it. */

import { spawnSync } from "node:child_process";
import { unprivilegedAccount } from "../process/account.ts";
import { type LastingServer, startLasting } from "../process/lasting.ts";
import { choosePostgres } from "./available.ts";
import { type Auth, fillFolder, PASSWORD, SUPERUSER, templateOf } from "./cluster.ts";
import { launchPostgres, type PostgresSettings, readPidFile } from "./launch.ts";

export interface PostgresOptions {
  /** The major version, 15 for example. Default: the newest there is. */
  readonly version?: number;
  /** Default: PostgreSQL's own, so every commit is durable. See `throwaway`. */
  readonly settings?: PostgresSettings;
  /** Where the data is put and kept, or found again. Default: a temporary folder, removed by `stop`. */
  readonly folder?: string;
  /** Default: a free one, below the range that outgoing connections use. */
  readonly port?: number;
  /** What the server asks of who connects; `url` has the password either way. Default: `trust`. */
  readonly auth?: Auth;
}

export interface PostgresServer extends LastingServer {
  /** As superuser, to the database `postgres`. Stays the same over `restart`. */
  readonly url: string;
  /** As the binary says it: `18.4`. */
  readonly version: string;
  readonly major: number;
  /**
   * Ends the server in good order if it runs, and starts it again on the same port and data.
   *
   * @param settings - added to those of before, from now on
   */
  restart(settings?: PostgresSettings): Promise<void>;
}

/** For data that nobody will miss: a crash of the machine may lose or damage it. SIGKILL to the server loses nothing. */
export const throwaway: PostgresSettings = { fsync: false, full_page_writes: false };

/** The checkpoint of a shutdown may have a lot to write. */
const STOP_LIMIT_MS = 60_000;

/**
 * Starts a server and resolves when it takes connections.
 * Throws if there is no such version, with what was tried, or with the server's log if it does not start.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const chosen = choosePostgres(options.version);
  const account = unprivilegedAccount();
  const template = await templateOf(chosen, account);
  const { binFolder } = template;
  let settings = options.settings ?? {};
  const { server, restart } = await startLasting({
    name: `postgres-${chosen.major}`,
    account,
    folder: options.folder,
    port: options.port,
    prepare: (folder) => fillFolder(folder, template, account, options.auth ?? "trust"),
    launch: async (folder, port) => ({ server: await launchPostgres({ binFolder, folder, account }, settings, port) }),
    stopSignal: "SIGINT",
    stopLimitMs: STOP_LIMIT_MS,
    afterCrash: releaseMemory,
  });
  return Object.assign(server, {
    url: `postgres://${SUPERUSER}:${PASSWORD}@127.0.0.1:${server.port}/postgres`,
    version: chosen.version,
    major: chosen.major,
    restart: async (added?: PostgresSettings) => {
      await restart(() => {
        settings = { ...settings, ...added };
      });
    },
  });
}

/**
 * Gives back the few bytes of System V shared memory that mark a data folder as in use. The next start on the folder
 * would do it; after SIGKILL there may be none.
 */
function releaseMemory(folder: string): void {
  const id = readPidFile(folder)?.sharedMemoryId;
  if (id) spawnSync("ipcrm", ["-m", id], { stdio: "ignore" });
}
