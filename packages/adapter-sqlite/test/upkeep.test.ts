/** The file and its log stay small: bounds in bytes, never in time. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Adapter } from "@jobyard/core/adapter";
import { claimRequest, newJob } from "@jobyard/core/testing";
import Database from "better-sqlite3";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { Connection } from "../src/connection.ts";
import { CHECKPOINT_PAGES, tune } from "../src/file.ts";
import { sqliteAdapter } from "../src/index.ts";
import { copyLog } from "../src/sql/upkeep.sql.ts";
import { COMMITS_PER_LOOK, LIMITS, Upkeep } from "../src/upkeep.ts";
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

/** Another process that reads, or copies the log; resolves once it does. */
async function another(
  role: "read-always" | "pin" | "copy",
  { file }: { readonly file: string },
): Promise<ChildProcess> {
  const script = fileURLToPath(new URL("./process.ts", import.meta.url));
  const child = spawn(process.execPath, ["-C", "@jobyard/source", script, role, file], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  if (child.stdout) await once(child.stdout, "data");
  return child;
}

interface PatientStage {
  readonly file: string;
  readonly upkeep: Upkeep;
  write(bytes: number): void;
  /** What as many commits do as it takes for a look at the log. */
  look(): void;
  /** Copies what is in the log. False if another connection is doing so. */
  copy(): boolean;
  logBytes(): number;
}

/**
 * The upkeep alone, so that what becomes of the log is its doing: no thread and no checkpoint of SQLite's own. And its
 * connection waits for readers as long as this machine takes to let them go on; an adapter's waits 100 ms of real time.
 */
async function patientStage(): Promise<PatientStage> {
  const { file, adapter } = await stage();
  await adapter.close();
  const database = new Database(file, { timeout: 60_000 });
  onTestFinished(() => void database.close());
  tune(database, { file, durability: "crash", checkpoints: "external" });
  database.exec("CREATE TABLE filler (bytes BLOB)");
  const add = database.prepare("INSERT INTO filler VALUES (zeroblob(?))");
  const db = new Connection(database);
  const upkeep = new Upkeep(db, { file, checkpoints: "own" }, { ask: () => undefined });
  return {
    file,
    upkeep,
    write: (bytes) => void add.run(bytes),
    look: () => {
      for (let commit = 0; commit < COMMITS_PER_LOOK; commit++) upkeep.committed();
    },
    copy: () => db.get(copyLog, {})?.busy === 0,
    logBytes: () => bytesOf(`${file}-wal`),
  };
}

function writeOver(limit: number, { write, logBytes }: PatientStage): void {
  while (logBytes() <= limit) write(MiB);
}

/** Of one that pins. */
async function ended(reader: ChildProcess): Promise<void> {
  reader.stdin?.end();
  await once(reader, "exit");
}

describe("the log", () => {
  test.each([
    { by: "sweeps", care: "tend", bytes: MiB },
    { by: "commits, between two sweeps", care: "committed", bytes: MiB / 16 },
  ] as const)(
    "is bounded while another process reads without a gap and this one writes without one: $by",
    async ({ care, bytes }) => {
      const here = await patientStage();
      const reader = await another("read-always", here);
      let most = 0;
      for (let written = 0; written < 125 * MiB; written += bytes) {
        here.write(bytes);
        most = Math.max(most, here.logBytes());
        here.upkeep[care]();
        // Its reading is short in what is written meanwhile: nobody's would be if this machine stopped it for long.
        if (written % MiB === 0 && reader.stdout) await once(reader.stdout, "data");
      }
      expect(most).toBeGreaterThan(LIMITS.largeLog);
      expect(most).toBeLessThan(LIMITS.largeLog + CHECKPOINT_BYTES);
    },
  );

  test("is cut by an adapter between two sweeps", async () => {
    const here = await stage();
    await here.adapter.reader.now();
    await another("read-always", here);
    const payload = JSON.stringify("x".repeat(MiB / 16));
    const sizes = [0];
    // A reader that this machine stops makes a cut wait in vain; the next comes after another 16 MiB.
    const isCut = (): boolean => (sizes.at(-2) ?? 0) > LIMITS.largeLog && (sizes.at(-1) ?? 0) < MiB;
    while (!isCut() && sizes.length < 8_000) {
      await here.adapter.writer.enqueue([newJob(`${made++}`, { payload })]);
      sizes.push(bytesOf(`${here.file}-wal`));
    }
    // SQLite by itself cuts a log to no less than 32 MiB.
    expect(isCut()).toBe(true);
  });

  test("is left alone after a cut in vain until it has grown, and cut then", async () => {
    const here = await patientStage();
    here.write(MiB);
    const reader = await another("pin", here);
    writeOver(LIMITS.largeLog, here);
    here.look();
    await ended(reader);
    const size = here.logBytes();
    here.look();
    expect(here.logBytes()).toBe(size);
    writeOver(size + LIMITS.retryLog, here);
    here.look();
    expect(here.logBytes()).toBe(0);
  });

  test("is cut when it is too large again after it began anew, whatever was in vain before", async () => {
    const here = await patientStage();
    here.write(MiB);
    const reader = await another("pin", here);
    writeOver(LIMITS.largeLog, here);
    here.look();
    await ended(reader);
    expect(here.copy()).toBe(true);
    here.write(MiB);
    expect(here.logBytes()).toBe(LIMITS.largeLog);
    here.look();
    writeOver(LIMITS.largeLog, here);
    here.look();
    expect(here.logBytes()).toBe(0);
  });

  test("is cut at the next look if another connection copies it at this one", async () => {
    const here = await patientStage();
    here.write(MiB);
    const reader = await another("pin", here);
    writeOver(LIMITS.largeLog, here);
    const copying = await another("copy", here);
    const copied = once(copying, "exit");
    await vi.waitFor(() => expect(here.copy()).toBe(false), 20_000);
    here.look();
    expect(here.logBytes()).toBeGreaterThan(LIMITS.largeLog);
    await ended(reader);
    await copied;
    here.look();
    expect(here.logBytes()).toBe(0);
  });

  test("grows while a foreign reader holds one snapshot, and shrinks by itself when that ends", async () => {
    const here = await stage();
    await work(here, 1);
    const child = await another("pin", here);
    expect(await work(here, 80)).toBeGreaterThan(80 * MiB);
    await ended(child);
    await work(here, 1);
    expect(bytesOf(`${here.file}-wal`)).toBeLessThan(CHECKPOINT_BYTES);
  });

  test("is empty at the second sweep in which nothing happens", async () => {
    const here = await patientStage();
    for (let write = 0; write < 12; write++) {
      here.write(MiB);
      here.upkeep.tend();
    }
    expect(here.logBytes()).toBeGreaterThan(8 * MiB);
    for (let sweep = 0; sweep < 2; sweep++) here.upkeep.tend();
    expect(here.logBytes()).toBe(0);
  });

  test("is emptied by an adapter once nothing happens, and nothing is lost", async () => {
    const here = await stage();
    await work(here, 12);
    // The thread may be copying, for as long as this machine takes: then a later sweep does it.
    await vi.waitFor(async () => {
      await here.adapter.sweeper.expire(1);
      expect(bytesOf(`${here.file}-wal`)).toBe(0);
    }, 20_000);
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
