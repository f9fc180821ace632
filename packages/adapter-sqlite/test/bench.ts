/** A fresh file per test, in a folder of its own that goes with it. */

import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Bench, manualPorts } from "@jobyard/core/testing";
import Database from "better-sqlite3";
import { onTestFinished } from "vitest";
import { type SqliteAdapterOptions, sqliteAdapter } from "../src/index.ts";

export interface Folder {
  readonly path: string;
  remove(): Promise<void>;
}

/** Thousands of files come and go: in memory where there is such a folder. What is durable is tested elsewhere. */
const BENCHES = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

async function openFolder(parent: string): Promise<Folder> {
  const path = await mkdtemp(join(parent, "jobyard-sqlite-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** A folder that goes when the test is over. */
export async function folder(): Promise<string> {
  const { path, remove } = await openFolder(tmpdir());
  onTestFinished(remove);
  return path;
}

/** One that several tests share; to be removed by them. */
export const lastingFolder = (): Promise<Folder> => openFolder(BENCHES);

export async function openBench(): Promise<Bench> {
  const { path, remove } = await openFolder(BENCHES);
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

type Transaction = Awaited<ReturnType<NonNullable<Bench["tx"]>["begin"]>>;

async function beginTransaction(file: string): Promise<Transaction> {
  const database = new Database(file);
  database.exec("BEGIN IMMEDIATE");
  const end = (how: "COMMIT" | "ROLLBACK") => async (): Promise<void> => {
    database.exec(how);
    database.close();
  };
  return { tx: database, commit: end("COMMIT"), rollback: end("ROLLBACK") };
}
