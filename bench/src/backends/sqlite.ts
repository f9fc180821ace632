/** SQLite: a fresh file for every round. */

import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import type { Backend } from "../backend.ts";
import type { Contender } from "../contender.ts";
import { describeFolder } from "../file-system.ts";
import type { Facts } from "../machine.ts";
import { versionOf } from "../versions.ts";
import { SQLITE_GOALS } from "./sqlite-goals.ts";

// Each is loaded by the processes of its own rounds only.
const CONTENDERS: readonly Contender[] = [
  {
    name: "jobyard",
    note: "durability crash (synchronous=NORMAL), defaults otherwise",
    packages: [],
    share: 1,
    without: [],
    open: async (file) => (await import("../contenders/jobyard-sqlite.ts")).open(file, "crash"),
  },
  {
    name: "jobyard-full",
    note: "durability power (synchronous=FULL), which is the default",
    packages: [],
    share: 1,
    without: ["drain-1", "drain2", "latency", "backlog", "sustain"],
    open: async (file) => (await import("../contenders/jobyard-sqlite.ts")).open(file, "power"),
  },
  {
    name: "plainjob",
    note: "synchronous=NORMAL, cache and checkpoints as ours; polls each millisecond, a worker for each handler at once",
    packages: ["plainjob"],
    share: 1 / 3,
    without: [],
    open: async (file) => (await import("../contenders/plainjob.ts")).open(file),
  },
  {
    name: "liteque",
    note: "synchronous=NORMAL, polls each millisecond; deletes finished jobs; on a driver made lenient for it",
    packages: ["liteque", "drizzle-orm"],
    share: 1 / 60,
    without: ["drain2", "enqueue-bulk", "backlog", "sustain"],
    open: async (file) => (await import("../contenders/liteque.ts")).open(file),
  },
];

export const sqlite: Backend = {
  name: "sqlite",
  contenders: CONTENDERS,
  goals: SQLITE_GOALS,
  open: async (folder) => ({
    facts: await facts(folder),
    makeStore: async () => {
      const own = await mkdtemp(join(folder, "jobyard-bench-"));
      return { store: join(own, "jobs.db"), remove: () => rm(own, { recursive: true, force: true }) };
    },
    close: async () => {},
  }),
  settle: async (file) => {
    withDatabase(file, (database) => database.pragma("wal_checkpoint(TRUNCATE)"));
  },
  spent: async () => null,
  memory: async () => null,
  holdSnapshot: null,
  logsIfAsked: false,
};

const facts = async (folder: string): Promise<Facts> => ({
  SQLite: String(withDatabase(":memory:", (database) => database.prepare("SELECT sqlite_version()").pluck().get())),
  "better-sqlite3": versionOf("better-sqlite3"),
  "files on": await describeFolder(folder),
});

function withDatabase<T>(file: string, work: (database: Database.Database) => T): T {
  const database = new Database(file);
  try {
    return work(database);
  } finally {
    database.close();
  }
}
