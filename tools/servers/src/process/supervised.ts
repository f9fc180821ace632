/** The owner's side of its supervisor: servers that end with this process, and folders that go with it. */

import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { Ending, Launch, Order, Report, Request } from "./protocol.ts";

export interface Supervised {
  readonly pid: number;
  /** Resolves when the server has ended, whoever ended it. */
  readonly ended: Promise<Ending>;
  /** Waits for its end. This process does not end meanwhile, as it may while only `ended` is open. */
  finish(): Promise<Ending>;
  /** Asks the server to end, and kills it and its children if it has not after `limitMs`. */
  stop(signal: NodeJS.Signals, limitMs: number): Promise<void>;
  /** SIGKILL to it and its children. Resolves with their ids when none is left; with none if it had ended before. */
  kill(): Promise<readonly number[]>;
}

/** Starts a program that ends when this process does, in whatever way. */
export async function supervise(launch: Launch): Promise<Supervised> {
  servers += 1;
  const server = servers;
  const ending = Promise.withResolvers<Ending>();
  endings.set(server, ending.resolve);
  const [pid = 0] = await tell({ do: "start", server, launch });
  return {
    pid,
    ended: ending.promise,
    finish: async () => {
      await tell({ do: "wait", server });
      return await ending.promise;
    },
    stop: async (signal, limitMs) => {
      await tell({ do: "stop", server, signal, limitMs });
    },
    kill: () => tell({ do: "kill", server }),
  };
}

/** Has the folder removed when this process is gone. */
export async function keepForNow(folder: string): Promise<void> {
  await tell({ do: "keep", folder });
}

/** Removes a folder that was kept for now. */
export async function removeNow(folder: string): Promise<void> {
  await tell({ do: "remove", folder });
}

const endings = new Map<number, (ending: Ending) => void>();
const waiting = new Map<number, PromiseWithResolvers<readonly number[]>>();
let supervisor: ChildProcess | undefined;
let servers = 0;
let requests = 0;

function tell(order: Order): Promise<readonly number[]> {
  supervisor ??= hire();
  requests += 1;
  const answer = Promise.withResolvers<readonly number[]>();
  waiting.set(requests, answer);
  // A server alone keeps no process from ending; an answer that somebody waits for does.
  supervisor.channel?.ref();
  supervisor.send({ id: requests, order } satisfies Request);
  return answer.promise;
}

function hire(): ChildProcess {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = fork(join(import.meta.dirname, "supervisor.ts"), [], {
    cwd: "/",
    detached: true,
    env,
    execArgv: [],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  child.unref();
  child.on("message", (report: Report) => hear(report));
  child.once("exit", (code, signal) => {
    supervisor = undefined;
    for (const answer of waiting.values()) answer.reject(new Error(`the supervisor has ended: ${signal ?? code}`));
    waiting.clear();
  });
  return child;
}

function hear(report: Report): void {
  if (report.about === "end") {
    endings.get(report.server)?.(report.ending);
    endings.delete(report.server);
    return;
  }
  const answer = waiting.get(report.id);
  waiting.delete(report.id);
  if (waiting.size === 0) supervisor?.channel?.unref();
  if (report.about === "request") answer?.resolve(report.pids);
  else answer?.reject(new Error(report.reason));
}
