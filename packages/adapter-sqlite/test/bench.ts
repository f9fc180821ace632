/** A fresh file per test, in a folder of its own that goes with it; and the plainest job and claim. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ClaimRequest, NewJob } from "@jobyard/core/adapter";
import { type Bench, manualPorts } from "@jobyard/core/testing";
import Database from "better-sqlite3";
import { onTestFinished } from "vitest";
import { type SqliteAdapterOptions, sqliteAdapter } from "../src/index.ts";

interface Folder {
  readonly path: string;
  remove(): Promise<void>;
}

async function openFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), "jobyard-sqlite-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** A folder that goes when the test is over. */
export async function folder(): Promise<string> {
  const { path, remove } = await openFolder();
  onTestFinished(remove);
  return path;
}

export async function openBench(): Promise<Bench> {
  const { path, remove } = await openFolder();
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

export const newJob = (id: string, over: Partial<NewJob> = {}): NewJob => ({
  queue: "mail",
  id,
  name: "greet",
  version: 1,
  payload: '{"to":"Ada"}',
  priority: 0,
  maxAttempts: 3,
  backoff: null,
  timeoutMs: null,
  start: { delayMs: 0 },
  expiresInMs: null,
  tags: [],
  group: null,
  dedupe: null,
  onLeaseLost: "retry",
  parent: null,
  ...over,
});

export const claimRequest = (token: string, over: Partial<ClaimRequest> = {}): ClaimRequest => ({
  session: "w1",
  token,
  leaseMs: 30_000,
  max: 10,
  queues: [{ queue: "mail", max: 10, types: [{ name: "greet", maxVersion: 1 }] }],
  waitMs: 0,
  held: false,
  ...over,
});
