/** A fresh file per test, in a folder of its own that goes with it. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type SqliteAdapterOptions, sqliteAdapter } from "@jobyard/adapter-sqlite";
import { type Bench, manualPorts } from "@jobyard/core/testing";
import Database from "better-sqlite3";

/** A folder for files of one test. */
export async function folder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "jobyard-sqlite-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export async function openBench(): Promise<Bench> {
  const { path, remove } = await folder();
  const ports = manualPorts();
  const options: SqliteAdapterOptions = { file: join(path, "jobs.db"), durability: "crash", ports };
  const adapter = sqliteAdapter(options);
  return {
    adapter,
    advance: async (ms) => ports.advance(ms),
    another: async () => sqliteAdapter(options),
    tx: { begin: async () => beginTransaction(options.file) },
    async close() {
      await adapter.close();
      await remove();
    },
  };
}

async function beginTransaction(file: string): Promise<Awaited<ReturnType<NonNullable<Bench["tx"]>["begin"]>>> {
  const database = new Database(file);
  database.exec("BEGIN IMMEDIATE");
  const end = (how: "COMMIT" | "ROLLBACK") => async (): Promise<void> => {
    database.exec(how);
    database.close();
  };
  return { tx: database, commit: end("COMMIT"), rollback: end("ROLLBACK") };
}
