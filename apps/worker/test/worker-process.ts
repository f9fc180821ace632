/** The real worker in a real process, on a store of its own: a file, a schema or a prefix, as the project says. */

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newStore, type TestStore } from "@jobyard/servers/vitest/store";
import { openYard, type Yard } from "jobyard";
import { afterAll, onTestFinished } from "vitest";

const MAIN = join(import.meta.dirname, "../src/main.ts");
const JOBS = join(import.meta.dirname, "fixtures/jobs.ts");

/** What these tests look at in a line of the log; the line may hold more. */
export interface LogLine {
  readonly event: string;
  readonly level: string;
  readonly [fact: string]: unknown;
}

export interface Place {
  readonly folder: string;
  /** Where the store is if it is a file. */
  readonly file: string;
  readonly url: string;
  readonly yard: Yard;
  /** @param env - besides JOBYARD_URL and JOBYARD_JOBS */
  worker(env?: Readonly<Record<string, string>>): WorkerProcess;
}

export interface WorkerProcess {
  readonly pid: number;
  readonly log: readonly LogLine[];
  kill(signal: NodeJS.Signals): void;
  readonly finished: Promise<{
    readonly code: number | null;
    readonly signal: NodeJS.Signals | null;
    readonly err: string;
  }>;
  /** The first line of that event, now or later; rejects if the process ends or 15 s pass before. */
  logged(event: string): Promise<LogLine>;
}

const root = mkdtempSync(join(tmpdir(), "jobyard-worker-"));
const yards: Yard[] = [];
const stores: TestStore[] = [];
afterAll(async () => {
  for (const yard of yards) await yard.close();
  for (const store of stores) await store.remove();
  rmSync(root, { recursive: true, force: true });
});

/** @param given - if not, one that no other test has, on a server that others may use */
export async function place(given?: TestStore): Promise<Place> {
  const folder = mkdtempSync(join(root, "place-"));
  const file = join(folder, "jobs.db");
  const store = given ?? newStore(file);
  stores.push(store);
  const { url } = store;
  const yard = await openYard(url, { schema: "migrate" });
  yards.push(yard);
  return { folder, file, url, yard, worker: (env) => launch({ JOBYARD_URL: url, JOBYARD_JOBS: JOBS, ...env }) };
}

function launch(env: Readonly<Record<string, string>>): WorkerProcess {
  const { PORT: _, HOST: __, ...inherited } = process.env;
  const child = spawn(process.execPath, ["-C", "@jobyard/source", MAIN], {
    env: { ...inherited, ...env },
  });
  // A test that failed may have left it running, where it would take the next test's jobs.
  onTestFinished(() => void child.kill("SIGKILL"));
  const log: LogLine[] = [];
  const listeners = new Set<() => void>();
  let rest = "";
  let err = "";
  child.stdout.on("data", (chunk) => {
    const lines = `${rest}${chunk}`.split("\n");
    rest = lines.pop() ?? "";
    log.push(...lines.map((line) => JSON.parse(line) as LogLine));
    for (const listener of listeners) listener();
  });
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  const finished: WorkerProcess["finished"] = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, err }));
  });
  const logged = (event: string): Promise<LogLine> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const line = log.find((candidate) => candidate.event === event);
        if (!line) return;
        listeners.delete(look);
        clearTimeout(limit);
        resolve(line);
      };
      const fail = (): void => {
        look();
        reject(new Error(`no ${event} was logged:\n${log.map((line) => JSON.stringify(line)).join("\n")}\n${err}`));
      };
      const limit = setTimeout(fail, 15_000);
      listeners.add(look);
      look();
      void finished.then(fail, reject);
    });
  return { pid: child.pid ?? 0, log, kill: (signal) => child.kill(signal), finished, logged };
}
