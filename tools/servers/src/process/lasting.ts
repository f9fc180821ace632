/** A server that lasts: on one port and in one folder, over crashes and restarts. */

import { join } from "node:path";
import type { Account } from "./account.ts";
import { temporaryFolder } from "./folder.ts";
import { onSomePort } from "./port.ts";
import { removeNow, type Supervised } from "./supervised.ts";
import { tail } from "./tail.ts";
import { inTurn } from "./turn.ts";

export interface LastingServer extends AsyncDisposable {
  readonly port: number;
  /** Its data, its configuration, and its log `server.log`. */
  readonly folder: string;
  /** Its process id, or that of the first of its processes. Null while it is down. */
  readonly pid: number | null;
  /** The end of what it has logged, in all its lives. */
  log(): string;
  /** Ends it in good order, and removes a temporary folder. Again: does nothing. */
  stop(): Promise<void>;
  /** Ends it in good order; what it has written stays for `restart`. */
  halt(): Promise<void>;
  /**
   * SIGKILL to it and all its children, as in a crash of the machine. Resolves when none is left, with the process ids
   * that were killed, its own first; with none if it was down. What it has written stays for `restart`.
   */
  crash(): Promise<readonly number[]>;
}

export interface LastingOptions<L extends Launched> {
  /** For the temporary folder. */
  readonly name: string;
  /** Whose the processes are. Null: this process's. */
  readonly account: Account | null;
  /** Default: a temporary one. */
  readonly folder: string | undefined;
  /** Default: a free one. */
  readonly port: number | undefined;
  /** Makes the folder what a server wants. */
  readonly prepare: (folder: string) => void;
  /** Before the first start on this port, if it is to be written down. */
  readonly configure?: (folder: string, port: number) => void;
  /** Resolves when it is ready. */
  readonly launch: (folder: string, port: number) => Promise<L>;
  /** Has it end in good order. After `stopLimitMs` it is killed. */
  readonly stopSignal: NodeJS.Signals;
  readonly stopLimitMs: number;
  /** Gives back what a killed server has left to the system. */
  readonly afterCrash?: (folder: string) => void;
}

export interface Launched {
  readonly server: Supervised;
}

export interface Lasting<L extends Launched> {
  readonly server: LastingServer;
  /**
   * Ends it in good order if it runs, and launches it again on the same port and folder.
   *
   * @param change - between the two
   */
  restart(change: () => void): Promise<L>;
}

/** The file that a server in this folder writes its log to. */
export function logOf(folder: string): string {
  return join(folder, "server.log");
}

/** Resolves when it is ready. Rejects as `launch` does, without a trace of a temporary folder. */
export async function startLasting<L extends Launched>(options: LastingOptions<L>): Promise<Lasting<L>> {
  const folder = options.folder ?? (await temporaryFolder(options.name, options.account));
  let running: Supervised | null = null;
  const launch = async (on: number): Promise<L> => {
    const launched = await options.launch(folder, on);
    const { server } = launched;
    running = server;
    void server.ended.then(() => {
      if (running === server) running = null;
    });
    return launched;
  };
  const halt = async (): Promise<void> => {
    await running?.stop(options.stopSignal, options.stopLimitMs);
  };
  const clear = async (): Promise<void> => {
    if (options.folder === undefined) await removeNow(folder);
  };

  let port: number;
  try {
    options.prepare(folder);
    port = await onSomePort(options.port, async (candidate) => {
      options.configure?.(folder, candidate);
      await launch(candidate);
    });
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
  const server: LastingServer = {
    port,
    folder,
    get pid() {
      return running?.pid ?? null;
    },
    log: () => tail(logOf(folder)),
    stop,
    halt: () => take(halt),
    crash: () =>
      take(async () => {
        const killed = (await running?.kill()) ?? [];
        options.afterCrash?.(folder);
        return killed;
      }),
    [Symbol.asyncDispose]: stop,
  };
  const restart = (change: () => void): Promise<L> =>
    take(async () => {
      await halt();
      change();
      return await launch(port);
    });
  return { server, restart };
}
