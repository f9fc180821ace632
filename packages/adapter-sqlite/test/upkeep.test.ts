/** The file and its log stay small: bounds in bytes, never in time. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Adapter } from "@jobyard/core/adapter";
import { claimRequest, newJob } from "@jobyard/core/testing";
import Database from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import { CHECKPOINT_PAGES } from "../src/file.ts";
import { sqliteAdapter } from "../src/index.ts";
import { LIMITS } from "../src/upkeep.ts";
import { folder } from "./bench.ts";

const MiB = 1_048_576;
const CHECKPOINT_BYTES = CHECKPOINT_PAGES * 4_096;
const bytesOf = (path: string): number => (existsSync(path) ? statSync(path).size : 0);

interface Stage {
  readonly file: string;
  readonly adapter: Adapter;
}

async function stage(options: { readonly checkpoints?: "external" } = {}): Promise<Stage> {
  const file = join(await folder(), "jobs.db");
  const adapter = sqliteAdapter({ file, durability: "crash", ...options });
  onTestFinished(() => adapter.close());
  return { file, adapter };
}

/** 1 MiB of payloads each time, and a sweep, as workers do. Returns the most that the log had after it. */
async function work({ file, adapter }: Stage, times: number): Promise<number> {
  let most = 0;
  for (let time = 0; time < times; time++) {
    const payload = JSON.stringify("x".repeat(MiB / 32));
    await adapter.writer.enqueue(Array.from({ length: 32 }, () => newJob(`${made++}`, { payload })));
    await adapter.sweeper.expire(1);
    most = Math.max(most, bytesOf(`${file}-wal`));
  }
  return most;
}
let made = 0;

/** Another process that reads; resolves once it does. */
async function reader(role: "read-always" | "pin", { file }: Stage): Promise<ChildProcess> {
  const script = fileURLToPath(new URL("./process.ts", import.meta.url));
  const child = spawn(process.execPath, ["-C", "@jobyard/source", script, role, file], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  if (child.stdout) await once(child.stdout, "data");
  return child;
}

describe("the log", () => {
  test("is bounded while another process reads without a gap and this one writes without one", async () => {
    const here = await stage();
    await here.adapter.reader.now();
    await reader("read-always", here);
    expect(await work(here, 160)).toBeLessThan(LIMITS.largeLog + 2 * CHECKPOINT_BYTES);
  });

  test("is bounded between two sweeps as well", async () => {
    const here = await stage();
    await here.adapter.reader.now();
    await reader("read-always", here);
    let most = 0;
    const payload = JSON.stringify("x".repeat(MiB / 16));
    for (let commit = 0; commit < 2_000; commit++) {
      await here.adapter.writer.enqueue([newJob(`${made++}`, { payload })]);
      most = Math.max(most, bytesOf(`${here.file}-wal`));
    }
    // Unbounded it would have 125 MiB. One checkpoint more for a reader that a busy machine stops in its reading.
    expect(most).toBeLessThan(LIMITS.largeLog + 2 * CHECKPOINT_BYTES);
  });

  test("grows while a foreign reader holds one snapshot, and shrinks by itself when that ends", async () => {
    const here = await stage();
    await work(here, 1);
    const child = await reader("pin", here);
    expect(await work(here, 80)).toBeGreaterThan(80 * MiB);
    child.stdin?.end();
    await once(child, "exit");
    await work(here, 1);
    expect(bytesOf(`${here.file}-wal`)).toBeLessThan(CHECKPOINT_BYTES);
  });

  test("is nearly empty once nothing happens", async () => {
    const here = await stage();
    await work(here, 12);
    expect(bytesOf(`${here.file}-wal`)).toBeGreaterThan(8 * MiB);
    for (let sweep = 0; sweep < 2; sweep++) await here.adapter.sweeper.expire(1);
    expect(bytesOf(`${here.file}-wal`)).toBe(0);
    expect(await here.adapter.reader.queues("mail")).toMatchObject([{ depth: 12 * 32 }]);
  });

  test("is left alone if another program sees to it", async () => {
    const here = await stage({ checkpoints: "external" });
    await work(here, 40);
    for (let sweep = 0; sweep < 3; sweep++) await here.adapter.sweeper.expire(1);
    expect(bytesOf(`${here.file}-wal`)).toBeGreaterThan(40 * MiB);
  });
});

describe("free pages", () => {
  const KEEP_FIVE = { ageMs: null, count: 5, bytes: null };

  /** Every waiting job is done, and all but five are removed. */
  async function finishAll({ adapter }: Stage): Promise<void> {
    for (;;) {
      const queues = [{ queue: "mail", max: 200, types: [{ name: "greet", maxVersion: 1 }] }];
      const { jobs } = await adapter.leaser.claim(claimRequest(`t${made++}`, { max: 200, queues }));
      if (jobs.length === 0) break;
      const decision = { move: "complete", result: null } as const;
      await adapter.leaser.settle(jobs.map(({ lease }) => ({ lease, guard: "held", decision })));
    }
    while ((await adapter.sweeper.purge({ queue: "mail", state: "completed", keep: KEEP_FIVE }, 500)).more);
  }

  const freeShare = (file: string): number => {
    const database = new Database(file);
    const [free, pages] = ["freelist_count", "page_count"].map((name) => database.pragma(name, { simple: true }));
    database.close();
    return Number(free) / Number(pages);
  };

  test("go back to the disk a little at a time, down to the share that new jobs may use", async () => {
    const here = await stage();
    await work(here, 64);
    await finishAll(here);
    expect(freeShare(here.file)).toBeGreaterThan(0.9);
    const sizes: number[] = [];
    for (let sweep = 0; sweep < LIMITS.freeSweeps + 20; sweep++) {
      await here.adapter.sweeper.expire(1);
      const database = new Database(here.file);
      sizes.push(Number(database.pragma("page_count", { simple: true })));
      database.close();
    }
    expect(new Set(sizes.slice(0, LIMITS.freeSweeps - 1)).size).toBe(1);
    const steps = sizes.map((size, index) => (sizes[index - 1] ?? size) - size);
    expect(Math.max(...steps)).toBeLessThan(1_100);
    expect(sizes.at(-1)).toBeLessThanOrEqual(LIMITS.freePages + 1_000);
    expect(bytesOf(here.file)).toBeLessThan(24 * MiB);
    const database = new Database(here.file);
    expect(database.pragma("integrity_check", { simple: true })).toBe("ok");
    database.close();
  });

  test("are kept while work is steady: the file neither grows nor shrinks", async () => {
    const here = await stage();
    const sizes: number[] = [];
    for (let round = 0; round < 5; round++) {
      await work(here, 32);
      await finishAll(here);
      expect(freeShare(here.file)).toBeGreaterThan(LIMITS.freeShare);
      for (let sweep = 0; sweep < LIMITS.freeSweeps - 1; sweep++) await here.adapter.sweeper.expire(1);
      sizes.push(bytesOf(here.file));
    }
    const later = sizes.slice(1);
    expect(Math.max(...later) - Math.min(...later)).toBeLessThan(MiB / 2);
  });

  test("are given back by new files, also by those that had no more than a first page", async () => {
    for (const script of ["", "CREATE TABLE gone (id); DROP TABLE gone"]) {
      const file = join(await folder(), "jobs.db");
      const database = new Database(file);
      database.exec(script);
      database.close();
      await sqliteAdapter({ file }).close();
      const after = new Database(file);
      expect(after.pragma("auto_vacuum", { simple: true })).toBe(2);
      after.close();
    }
  });
});
