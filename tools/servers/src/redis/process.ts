/**
 * A process of Redis, be it a server or a sentinel: on one port and in one folder, over crashes and restarts. Its
 * configuration is a file there, which Redis may rewrite and which a restart takes as it finds it.
 */

import { appendFileSync, existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ownFolder, temporaryFolder } from "../process/folder.ts";
import { freePort } from "../process/port.ts";
import { untilReady } from "../process/ready.ts";
import { removeNow, type Supervised, supervise } from "../process/supervised.ts";
import { tail } from "../process/tail.ts";
import { inTurn } from "../process/turn.ts";
import type { AvailableRedis } from "./available.ts";

export interface RedisProcess extends AsyncDisposable {
  readonly port: number;
  /** Its data, its configuration `redis.conf` and its log `server.log`. */
  readonly folder: string;
  /** Null while it is down. */
  readonly pid: number | null;
  /** The end of what it has logged, in all its lives. */
  log(): string;
  /** Ends it in good order, and removes a temporary folder. Again: does nothing. */
  stop(): Promise<void>;
  /** Ends it in good order; what it has written stays for `restart`. */
  halt(): Promise<void>;
  /**
   * SIGKILL. Resolves when the process is gone, with its id and those of its children, if any; with none if it was down.
   * What it has written stays for `restart`.
   */
  crash(): Promise<readonly number[]>;
  /**
   * Ends it in good order if it runs, and starts it again on the same port and folder.
   *
   * @param lines - added to its configuration, from now on
   * @returns what it has logged until it was ready: where it had its data from, for one
   */
  restart(lines?: readonly string[]): Promise<string>;
}

export interface ProcessOptions {
  readonly binary: AvailableRedis;
  /** For the temporary folder and for errors: `redis`, `sentinel`. */
  readonly name: string;
  /** After the configuration file on the command line. */
  readonly args: readonly string[];
  readonly linesFor: (port: number, folder: string) => readonly string[];
  /** What it logs when it is ready. */
  readonly readyLine: string;
  /** Default: a temporary one. */
  readonly folder?: string | undefined;
  /** Default: a free one. */
  readonly port?: number | undefined;
}

/** Loading the data is part of it. */
const READY_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 10_000;
const PORT_TRIES = 5;

/** Resolves when the process is ready. Rejects with the end of its log if it does not come to that. */
export async function startProcess(options: ProcessOptions): Promise<RedisProcess> {
  const folder = options.folder ?? (await temporaryFolder(options.name, null));
  const clear = async (): Promise<void> => {
    if (options.folder === undefined) await removeNow(folder);
  };
  let running: Supervised | null = null;
  const launch = async (): Promise<string> => {
    const launched = await launchIn(folder, options);
    running = launched.server;
    void launched.server.ended.then(() => {
      if (running === launched.server) running = null;
    });
    return launched.log;
  };
  const halt = async (): Promise<void> => {
    await running?.stop("SIGTERM", STOP_LIMIT_MS);
  };

  let port: number;
  try {
    ownFolder(folder, null);
    port = await onSomePort(options.port, async (candidate) => {
      writeFileSync(configurationOf(folder), textOf(options.linesFor(candidate, folder)), { mode: 0o600 });
      await launch();
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
  return {
    port,
    folder,
    get pid() {
      return running?.pid ?? null;
    },
    log: () => tail(logOf(folder)),
    stop,
    halt: () => take(halt),
    crash: () => take(async () => (await running?.kill()) ?? []),
    restart: (lines = []) =>
      take(async () => {
        await halt();
        appendFileSync(configurationOf(folder), textOf(lines));
        return await launch();
      }),
    [Symbol.asyncDispose]: stop,
  };
}

/** The port that is asked for, else a free one, with which the start has succeeded. */
async function onSomePort(wanted: number | undefined, start: (port: number) => Promise<void>): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    const port = wanted ?? (await freePort());
    try {
      await start(port);
      return port;
    } catch (error) {
      // Another process was faster.
      const isTaken = error instanceof Error && error.message.includes("Address already in use");
      if (wanted !== undefined || !isTaken || tries === PORT_TRIES) throw error;
    }
  }
}

async function launchIn(
  folder: string,
  { binary, name, args, readyLine }: ProcessOptions,
): Promise<{ server: Supervised; log: string }> {
  const logFile = logOf(folder);
  const before = sizeOf(logFile);
  const logged = (): string => tail(logFile, sizeOf(logFile) - before);
  const server = await supervise({
    file: binary.file,
    args: [configurationOf(folder), ...args],
    folder,
    env: { PATH: process.env["PATH"] ?? "", ...binary.env },
    account: null,
    logFile,
    farewell: "SIGTERM",
  });
  await untilReady(server, {
    name: `${name} (${binary.product} ${binary.version})`,
    logFile,
    limitMs: READY_LIMIT_MS,
    isReady: () => logged().includes(readyLine),
  });
  return { server, log: logged() };
}

function configurationOf(folder: string): string {
  return join(folder, "redis.conf");
}

function logOf(folder: string): string {
  return join(folder, "server.log");
}

function sizeOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
