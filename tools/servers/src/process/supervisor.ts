/**
 * The process between an owner and its servers. It outlives the owner by a moment, whatever ended that, and takes
 * servers and folders with it: the channel to the owner closes even on SIGKILL.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Launch, Order, Report, Request } from "./protocol.ts";
import { killTree } from "./table.ts";

/** How long a server may take to follow its owner before it is killed. */
const FAREWELL_MS = 3_000;

interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly farewell: NodeJS.Signals;
  /** Resolves when it has ended and the owner has been told. */
  readonly ended: Promise<void>;
}

const running = new Map<number, Running>();
const folders = new Set<string>();

process.on("message", (request: Request) => void answer(request));
process.on("disconnect", () => void leave());
// The owner was gone before this line; what it said before is read first.
if (!process.connected) setImmediate(() => void leave());
// Its end is the owner's end. A terminal's signals do not reach it: it has a session of its own.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

async function answer({ id, order }: Request): Promise<void> {
  try {
    say({ about: "request", id, pids: await obey(order) });
  } catch (error) {
    say({ about: "failure", id, reason: error instanceof Error ? error.message : String(error) });
  }
}

async function obey(order: Order): Promise<readonly number[]> {
  switch (order.do) {
    case "keep":
      folders.add(order.folder);
      return [];
    case "remove":
      await remove(order.folder);
      return [];
    case "start":
      return [await start(order.server, order.launch)];
    case "stop":
      return await stop(order.server, order.signal, order.limitMs);
    case "kill":
      return await kill(order.server);
    case "wait":
      await running.get(order.server)?.ended;
      return [];
  }
}

async function start(server: number, { file, args, folder, env, account, logFile, farewell }: Launch): Promise<number> {
  const log = openSync(logFile, "a");
  const child = spawn(file, args, { cwd: folder, env, ...account, stdio: ["ignore", log, log] });
  closeSync(log);
  const { pid } = child;
  if (pid === undefined) throw (await once(child, "error"))[0];
  const ended = Promise.withResolvers<void>();
  running.set(server, { child, pid, farewell, ended: ended.promise });
  child.once("exit", (code, signal) => {
    running.delete(server);
    say({ about: "end", server, ending: { code, signal } });
    ended.resolve();
  });
  return pid;
}

/** Asks it to end, waits, and kills what is left. */
async function stop(server: number, signal: NodeJS.Signals, limitMs: number): Promise<readonly number[]> {
  const its = running.get(server);
  if (its === undefined) return [];
  its.child.kill(signal);
  await Promise.race([its.ended, sleep(limitMs, undefined, { ref: false })]);
  return await kill(server);
}

async function kill(server: number): Promise<readonly number[]> {
  const its = running.get(server);
  if (its === undefined) return [];
  const killed = await killTree(its.pid);
  await its.ended;
  return killed;
}

async function leave(): Promise<void> {
  await Promise.all([...running].map(([server, { farewell }]) => stop(server, farewell, FAREWELL_MS)));
  await Promise.all([...folders].map(remove));
  process.exit();
}

async function remove(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  folders.delete(folder);
}

function say(report: Report): void {
  // Nobody to hear it: the owner is gone, and `disconnect` follows.
  const onFailure = (): void => undefined;
  if (process.connected) process.send?.(report, undefined, undefined, onFailure);
}
