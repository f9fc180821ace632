/** A PostgreSQL server of one's own: started on a free port, and gone with whoever started it. */

import { spawnSync } from "node:child_process";
import { unprivilegedAccount } from "../process/account.ts";
import { temporaryFolder } from "../process/folder.ts";
import { removeNow, type Supervised } from "../process/supervised.ts";
import { tail } from "../process/tail.ts";
import { inTurn } from "../process/turn.ts";
import { choosePostgres } from "./available.ts";
import { type Auth, fillFolder, PASSWORD, SUPERUSER, templateOf } from "./cluster.ts";
import { launchAnywhere, launchPostgres, logOf, type PostgresSettings, readPidFile } from "./launch.ts";

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

export interface PostgresServer extends AsyncDisposable {
  /** As superuser, to the database `postgres`. Stays the same over `restart`. */
  readonly url: string;
  readonly port: number;
  /** As the binary says it: `18.4`. */
  readonly version: string;
  readonly major: number;
  /** The data folder. */
  readonly folder: string;
  /** The postmaster's process id, or null while the server is down. */
  readonly pid: number | null;
  /** The end of what the server has logged. */
  log(): string;
  /** Ends the server in good order, and removes a temporary folder. Again: does nothing. */
  stop(): Promise<void>;
  /** Ends the server in good order; the data stays for `restart`. */
  halt(): Promise<void>;
  /**
   * SIGKILL to the postmaster and all its children, as in a crash of the machine. Resolves when none is left, with the
   * process ids that were killed, the postmaster's first; the data stays for `restart`.
   */
  kill(): Promise<readonly number[]>;
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
  const folder = options.folder ?? (await temporaryFolder(`postgres-${chosen.major}`, account));
  const place = { binFolder: template.binFolder, folder, account };
  let settings = options.settings ?? {};
  let running: Supervised | null = null;
  const watch = (server: Supervised): void => {
    running = server;
    void server.ended.then(() => {
      if (running === server) running = null;
    });
  };
  const halt = async (): Promise<void> => {
    await running?.stop("SIGINT", STOP_LIMIT_MS);
  };
  const clear = async (): Promise<void> => {
    if (options.folder === undefined) await removeNow(folder);
  };

  let port: number;
  try {
    fillFolder(folder, template, account, options.auth ?? "trust");
    const launched = await launchAnywhere(place, settings, options.port);
    port = launched.port;
    watch(launched.server);
  } catch (error) {
    await clear();
    throw error;
  }

  const take = inTurn();
  const stop = (): Promise<void> =>
    take(async () => {
      await halt();
      await clear();
    });
  return {
    url: `postgres://${SUPERUSER}:${PASSWORD}@127.0.0.1:${port}/postgres`,
    port,
    version: chosen.version,
    major: chosen.major,
    folder,
    get pid() {
      return running?.pid ?? null;
    },
    log: () => tail(logOf(folder)),
    stop,
    halt: () => take(halt),
    kill: () =>
      take(async () => {
        const killed = (await running?.kill()) ?? [];
        releaseMemory(folder);
        return killed;
      }),
    restart: (added) =>
      take(async () => {
        await halt();
        settings = { ...settings, ...added };
        watch(await launchPostgres(place, settings, port));
      }),
    [Symbol.asyncDispose]: stop,
  };
}

/**
 * Gives back the few bytes of System V shared memory that mark a data folder as in use. The next start on the folder
 * would do it; after SIGKILL there may be none.
 */
function releaseMemory(folder: string): void {
  const id = readPidFile(folder)?.sharedMemoryId;
  if (id) spawnSync("ipcrm", ["-m", id], { stdio: "ignore" });
}
