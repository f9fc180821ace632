/** Real processes, from the source as it stands. None outlives its test. */

import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { workerQueues } from "../src/stage-table.ts";
import { until } from "./until.ts";

const ROOT = join(import.meta.dirname, "../../..");

export interface RunningProcess {
  readonly pid: number;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** `[code, signal]`, once it has ended and all its output was read. */
  readonly ended: Promise<readonly [number | null, NodeJS.Signals | null]>;
}

/** @param file - from the root of the repository */
export function startProcess(file: string, env: Readonly<Record<string, string>>): RunningProcess {
  const child = spawn(process.execPath, ["-C", "@jobyard/source", join(ROOT, file)], {
    env: { PATH: process.env["PATH"], NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<readonly [number | null, NodeJS.Signals | null]>((resolve) => {
    child.once("close", (code, signal) => resolve([code, signal]));
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  return {
    pid: child.pid as number,
    stdout: () => out,
    stderr: () => err,
    kill: (signal) => void child.kill(signal),
    ended,
  };
}

/** One line of a worker's log. */
export interface LogLine {
  readonly event: string;
  readonly [fact: string]: unknown;
}

export interface WorkerProcess extends RunningProcess {
  readonly session: string;
  /** What it logged of this kind, so far. */
  readonly lines: (event: string) => readonly LogLine[];
}

export interface WorkerEnvironment {
  readonly url: string;
  readonly data: string;
  readonly lease: string;
  readonly pace: string;
}

/** The worker app with this example as its job module. Resolves once it claims. */
export async function startWorker({ url, data, lease, pace }: WorkerEnvironment): Promise<WorkerProcess> {
  const started = startProcess("apps/worker/src/main.ts", {
    JOBYARD_URL: url,
    JOBYARD_JOBS: join(ROOT, "examples/document-stages/src/jobs.ts"),
    JOBYARD_QUEUES: workerQueues(),
    JOBYARD_LEASE: lease,
    EXAMPLE_DATA: data,
    EXAMPLE_PACE: pace,
  });
  const lines = (event: string): readonly LogLine[] => logOf(started).filter((line) => line.event === event);
  const startup = await until("the worker claims", () => {
    if (started.stderr() !== "") throw new Error(started.stderr());
    return lines("worker.startup")[0];
  });
  return { ...started, session: String(startup["session"]), lines };
}

/** The last line may be there in part only. */
const logOf = ({ stdout }: RunningProcess): readonly LogLine[] =>
  stdout()
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as LogLine);

/** False once no process has this id. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** True while it is stopped by a signal, as the operating system says. */
export function isStopped(pid: number): boolean {
  if (process.platform === "linux") return / T /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  return spawnSync("ps", ["-o", "state=", "-p", String(pid)], { encoding: "utf8" }).stdout.startsWith("T");
}
