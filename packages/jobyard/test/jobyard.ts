/** The real command in a real process, on a store of its own: a file or a schema, as the project says. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newStore, type TestStore } from "@jobyard/servers/vitest/store";
import { afterAll, expect } from "vitest";
import { SHAPES } from "./shapes.ts";

export const MAIN: string = join(import.meta.dirname, "../src/cli/main.ts");
export const JOBS: string = join(import.meta.dirname, "fixtures/jobs.ts");

const root = mkdtempSync(join(tmpdir(), "jobyard-cli-"));
/** What a test that failed may have left. */
const running = new Set<ChildProcess>();
const stores: TestStore[] = [];
afterAll(async () => {
  for (const child of running) child.kill("SIGKILL");
  for (const store of stores) await store.remove();
  rmSync(root, { recursive: true, force: true });
});

export interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Place {
  /** Where the commands run; everything in it goes when the tests of the file are over. */
  readonly folder: string;
  readonly url: string;
  /** Runs one command to its end. */
  run(...args: readonly string[]): Promise<Finished>;
  /** As `run`, with text on stdin or more variables. */
  runWith(given: Given, ...args: readonly string[]): Promise<Finished>;
  /** Runs it, fails if it does not end with 0, and gives what it printed. */
  ok(...args: readonly string[]): Promise<string>;
  /** As `ok` with `--json`: every line parsed. */
  json(...args: readonly string[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
  start(...args: readonly string[]): Running;
  file(name: string, content: string): string;
}

interface Given {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Running {
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
  /** To its stdin, which stays open once this was used; `null` ends it. */
  write(text: string | null): void;
  /** Closes the reading end of its stdout, as `head` does. */
  hangUp(): void;
  readonly finished: Promise<Finished>;
  /** Resolves once stdout and stderr together match; rejects if the process ends or 15 s pass before. */
  printed(pattern: RegExp): Promise<void>;
}

/** A folder with a migrated store, unless `migrate: false`. */
export async function place(options: { readonly migrate?: boolean } = {}): Promise<Place> {
  const folder = mkdtempSync(join(root, "place-"));
  const store = newStore(join(folder, "jobs.db"));
  stores.push(store);
  const { url } = store;
  const start = ({ env, stdin }: Given, args: readonly string[]): Running =>
    launch(args, folder, { JOBYARD_URL: url, ...env }, stdin ?? null);
  const run = (...args: readonly string[]): Promise<Finished> => start({ stdin: "" }, args).finished;
  const ok = async (...args: readonly string[]): Promise<string> => {
    const finished = await run(...args);
    expect(finished, args.join(" ")).toMatchObject({ code: 0 });
    return finished.out;
  };
  if (options.migrate !== false) await ok("migrate");
  return {
    folder,
    url,
    run,
    ok,
    runWith: (given, ...args) => start({ stdin: "", ...given }, args).finished,
    start: (...args) => start({}, args),
    json: async (...args) => documents(args[0] ?? "", await ok(...args, "--json")),
    file: (name, content) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    },
  };
}

/** @param stdin - `null` leaves it open */
function launch(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
  stdin: string | null,
): Running {
  const { JOBYARD_DEBUG: _, ...inherited } = process.env;
  const child = spawn(process.execPath, ["-C", "@jobyard/source", MAIN, ...args], {
    cwd,
    env: { ...inherited, ...env },
  });
  running.add(child);
  let out = "";
  let err = "";
  const listeners = new Set<() => void>();
  child.stdout.on("data", (chunk) => {
    out += chunk;
    for (const listener of listeners) listener();
  });
  child.stderr.on("data", (chunk) => {
    err += chunk;
    for (const listener of listeners) listener();
  });
  // A command that does not read its stdin must not wait for it; one that does gets what the test writes.
  if (stdin !== null) child.stdin.end(stdin);
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      running.delete(child);
      resolve({ code, out, err });
    });
  });
  const printed = (pattern: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        if (!pattern.test(out + err)) return;
        listeners.delete(check);
        clearTimeout(limit);
        resolve();
      };
      const fail = (): void => {
        check();
        reject(new Error(`nothing like ${pattern} was printed:\n${out}${err}`));
      };
      const limit = setTimeout(fail, 15_000);
      listeners.add(check);
      check();
      void finished.then(fail, reject);
    });
  return {
    pid: child.pid ?? 0,
    kill: (signal) => child.kill(signal),
    write: (text) => (text === null ? child.stdin.end() : child.stdin.write(text)),
    hangUp: () => child.stdout.destroy(),
    finished,
    printed,
  };
}

/** Jobs of a queue of their own that died: their payload is not what their handler needs. */
export async function deadJobs(here: Place, queue: string, n: number): Promise<readonly string[]> {
  const file = here.file(`${queue}.ndjson`, `${Array.from({ length: n }, (_, i) => i).join("\n")}\n`);
  const receipts = await here.json("enqueue", "explode", "--file", file, "--queue", queue);
  await here.ok("work", JOBS, "--queue", queue, "--drain");
  return receipts.map((receipt) => `${queue}/${receipt["id"]}`);
}

/** Every line parsed, and found to be what docs/cli.md says of the command. */
export function documents(command: string, out: string): readonly Readonly<Record<string, unknown>>[] {
  const schema = SHAPES[command];
  if (!schema) throw new Error(`test/shapes.ts has no shape for ${command}`);
  return out
    .split("\n")
    .filter(Boolean)
    .map((line) => schema.parse(JSON.parse(line)) as Readonly<Record<string, unknown>>);
}

/** The one line on stderr that every error has, and nothing like a stack. */
export function expectError(finished: Finished, code: string, exitCode: 1 | 2, text: string | RegExp): void {
  expect(finished.err).toMatch(new RegExp(`^error\\[${code}\\]: `, "m"));
  if (typeof text === "string") expect(finished.err).toContain(text);
  else expect(finished.err).toMatch(text);
  expect(finished.err + finished.out).not.toMatch(/^\s+at .+:\d+/m);
  expect(finished.code).toBe(exitCode);
}
