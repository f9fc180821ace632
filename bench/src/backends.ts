/** The stores that can be measured, and who competes on each. Another one is another row. */

import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import type { Contender } from "./contender.ts";
import { jobyard, jobyardFull } from "./contenders/jobyard.ts";
import { plainjob } from "./contenders/plainjob.ts";
import { describeFolder } from "./file-system.ts";
import { type Goal, SQLITE_GOALS } from "./goals.ts";
import { UsageError } from "./usage-error.ts";
import { versionOf } from "./versions.ts";

export interface Backend {
  readonly name: string;
  /** Ours first: the others are compared with it. */
  readonly contenders: readonly Contender[];
  readonly goals: readonly Goal[];
  /** An empty store for one round. */
  makeStore(folder: string): Promise<{ readonly store: string; remove(): Promise<void> }>;
  /** Versions and whatever else the figures depend on. */
  facts(folder: string): Promise<Readonly<Record<string, string>>>;
}

const sqlite: Backend = {
  name: "sqlite",
  contenders: [jobyard, jobyardFull, plainjob],
  goals: SQLITE_GOALS,
  makeStore: async (folder) => {
    const own = await mkdtemp(join(folder, "jobyard-bench-"));
    return { store: join(own, "jobs.db"), remove: () => rm(own, { recursive: true, force: true }) };
  },
  facts: async (folder) => ({
    SQLite: sqliteVersion(),
    "better-sqlite3": versionOf("better-sqlite3"),
    "files on": await describeFolder(folder),
  }),
};

const BACKENDS: Readonly<Record<string, Backend | undefined>> = { sqlite };
/** Those that the contenders of are still to be written. */
const PLANNED: readonly string[] = ["postgres", "redis"];

/** @throws UsageError */
export function backendNamed(name: string): Backend {
  const backend = Object.hasOwn(BACKENDS, name) ? BACKENDS[name] : undefined;
  if (backend !== undefined) return backend;
  const why = PLANNED.includes(name) ? `${name} cannot be measured yet` : `there is no backend ${name}`;
  throw new UsageError(`${why}. There are: ${Object.keys(BACKENDS).join(", ")}.`);
}

/** @throws UsageError */
export function contenderNamed({ contenders }: Backend, name: string): Contender {
  const found = contenders.find((contender) => contender.name === name);
  if (found !== undefined) return found;
  throw new UsageError(`there is no contender ${name}. There are: ${contenders.map((one) => one.name).join(", ")}.`);
}

function sqliteVersion(): string {
  const database = new Database(":memory:");
  try {
    return String(database.prepare("SELECT sqlite_version()").pluck().get());
  } finally {
    database.close();
  }
}
