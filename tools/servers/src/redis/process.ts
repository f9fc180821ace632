/**
 * A process of Redis, be it a server or a sentinel: on one port and in one folder, over crashes and restarts. Its
 * configuration is a file there, which Redis may rewrite and which a restart takes as it finds it.
 */

import { appendFileSync, existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ownFolder } from "../process/folder.ts";
import { type LastingServer, type Launched, logOf, startLasting } from "../process/lasting.ts";
import { untilReady } from "../process/ready.ts";
import { supervise } from "../process/supervised.ts";
import { tail } from "../process/tail.ts";
import type { AvailableRedis } from "./available.ts";

export interface RedisProcess extends LastingServer {
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

/** Resolves when the process is ready. Rejects with the end of its log if it does not come to that. */
export async function startProcess(options: ProcessOptions): Promise<RedisProcess> {
  const { server, restart } = await startLasting({
    name: options.name,
    account: null,
    folder: options.folder,
    port: options.port,
    prepare: (folder) => ownFolder(folder, null),
    configure: (folder, port) =>
      writeFileSync(configurationOf(folder), textOf(options.linesFor(port, folder)), { mode: 0o600 }),
    launch: (folder) => launchIn(folder, options),
    stopSignal: "SIGTERM",
    stopLimitMs: STOP_LIMIT_MS,
  });
  return Object.assign(server, {
    restart: async (lines: readonly string[] = []) => {
      const { log } = await restart(() => appendFileSync(configurationOf(server.folder), textOf(lines)));
      return log;
    },
  });
}

interface LaunchedRedis extends Launched {
  /** What it has logged until it was ready. */
  readonly log: string;
}

async function launchIn(folder: string, { binary, name, args, readyLine }: ProcessOptions): Promise<LaunchedRedis> {
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

function sizeOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
