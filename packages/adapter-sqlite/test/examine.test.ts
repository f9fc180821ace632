/** What `examine` finds on a file that somebody broke, and that it finds nothing on one that is well. */

import { chmodSync, closeSync, existsSync, mkdirSync, openSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Adapter, type Diagnosis, WORKER_KIND } from "@jobyard/core/adapter";
import { manualPorts, newJob } from "@jobyard/core/testing";
import Database from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import { Connection } from "../src/connection.ts";
import { checkIntegrity } from "../src/examine/contents.ts";
import { checkDurability, checkJournal, isMended } from "../src/examine/database.ts";
import { fileSystemOf } from "../src/file-system.ts";
import { type SqliteAdapterOptions, sqliteAdapter } from "../src/index.ts";
import { folder } from "./bench.ts";

async function open(
  options: Partial<SqliteAdapterOptions> = {},
): Promise<{ readonly adapter: Adapter; readonly file: string }> {
  const file = options.file ?? join(await folder(), "jobs.db");
  const adapter = sqliteAdapter({ durability: "crash", ...options, file });
  onTestFinished(() => adapter.close());
  return { adapter, file };
}

function elsewhere(file: string): Database.Database {
  const database = new Database(file);
  onTestFinished(() => {
    database.close();
  });
  return database;
}

async function told(adapter: Adapter, code: string): Promise<Diagnosis> {
  const found = (await adapter.examine()).find((one) => one.code === code);
  if (!found) throw new Error(`nothing is told of ${code}`);
  return found;
}

/** Writes over the first page of a table, once everything stands in the file itself. */
function damage(file: string, database: Database.Database, table: string): void {
  database.pragma("wal_checkpoint(TRUNCATE)");
  const page = database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = ?").pluck().get(table);
  database.close();
  const handle = openSync(file, "r+");
  writeSync(handle, Buffer.alloc(200, 0x5a), 0, 200, (Number(page) - 1) * 4_096 + 8);
  closeSync(handle);
}

const problems = async (adapter: Adapter): Promise<readonly string[]> =>
  (await adapter.examine()).filter(({ level }) => level === "problem").map(({ code }) => code);

describe("the schema", () => {
  test("that is not there is the one problem of an application's file", async () => {
    const file = join(await folder(), "app.db");
    elsewhere(file).exec("CREATE TABLE orders (id)");
    const { adapter } = await open({ file });
    expect(await problems(adapter)).toEqual(["SQLITE_SCHEMA"]);
    expect((await told(adapter, "SQLITE_SCHEMA")).fix).toBe(`Run: jobyard migrate --url sqlite:${file}`);
  });

  test("of a newer version asks for an upgrade", async () => {
    const { adapter, file } = await open();
    elsewhere(file).exec("INSERT INTO jobyard_schema (version, applied_at) VALUES (999, 0)");
    expect(await told(adapter, "SQLITE_SCHEMA")).toMatchObject({ level: "problem", evidence: { current: 999 } });
  });
});

describe("the tables", () => {
  test("an index that somebody dropped can be made again by what is told", async () => {
    const { adapter, file } = await open();
    elsewhere(file).exec("DROP INDEX jobyard_later_lane");
    const found = await told(adapter, "SQLITE_TABLES");
    expect(found).toMatchObject({ level: "problem", evidence: { missing: 1 } });
    elsewhere(file).exec((found.fix ?? "").replace("Make it again: ", ""));
    expect(await told(adapter, "SQLITE_TABLES")).toMatchObject({ level: "ok" });
  });

  test("a column or an index that somebody added is told", async () => {
    const { adapter, file } = await open();
    elsewhere(file).exec("CREATE INDEX mine ON jobyard_job (grp)");
    expect(await told(adapter, "SQLITE_TABLES")).toMatchObject({ level: "advice", text: /\bmine\b/ });
    elsewhere(file).exec("ALTER TABLE jobyard_queue ADD COLUMN colour TEXT");
    expect(await told(adapter, "SQLITE_TABLES")).toMatchObject({ level: "problem", text: /table jobyard_queue/ });
  });
});

test("a damaged page is found", async () => {
  const { adapter, file } = await open();
  await adapter.writer.enqueue(Array.from({ length: 500 }, (_, n) => newJob(`j${n}`)));
  await adapter.close();
  const database = elsewhere(file);
  damage(file, database, "jobyard_ready");
  const reopened = await open({ file });
  expect(await told(reopened.adapter, "SQLITE_INTEGRITY")).toMatchObject({ level: "problem", fix: /backup/ });
});

test("of a large file only what claims stand on is looked at, and that is said", async () => {
  const { adapter, file } = await open();
  await adapter.writer.enqueue([newJob("a")]);
  const database = elsewhere(file);
  const examination = { db: new Connection(database), file, durability: "power", checkpoints: "own", now: 0 } as const;
  expect(checkIntegrity(examination, 0)).toMatchObject({ level: "advice", evidence: { whole: false, faults: 0 } });
  expect(checkIntegrity(examination)).toMatchObject({ level: "ok", evidence: { whole: true } });
  damage(file, database, "jobyard_ready");
  expect(checkIntegrity({ ...examination, db: new Connection(elsewhere(file)) }, 0)).toMatchObject({
    level: "problem",
  });
});

test("a journal mode that is not ours is found", async () => {
  const { adapter, file } = await open();
  await adapter.close();
  const database = elsewhere(file);
  database.pragma("journal_mode = DELETE");
  const examination = { db: new Connection(database), file, durability: "power", checkpoints: "own", now: 0 } as const;
  expect(checkJournal(examination)).toMatchObject({ level: "problem", evidence: { mode: "delete" } });
  database.pragma("synchronous = OFF");
  expect(checkDurability(examination)).toMatchObject({ level: "problem", evidence: { synchronous: "OFF" } });
});

test("durability is told in words, and is what was asked for", async () => {
  const power = await open({ durability: "power" });
  expect(await told(power.adapter, "SQLITE_DURABILITY")).toMatchObject({
    level: "ok",
    text: /survives a loss of power/,
    evidence: { synchronous: "FULL" },
  });
  const crash = await open();
  expect(await told(crash.adapter, "SQLITE_DURABILITY")).toMatchObject({ evidence: { synchronous: "NORMAL" } });
});

test("a reader that holds back the log is noticed, and forgotten when it ends", async () => {
  const { adapter, file } = await open();
  await adapter.writer.enqueue([newJob("first")]);
  const reader = elsewhere(file);
  reader.exec("BEGIN; SELECT count(*) FROM jobyard_job");
  const payload = JSON.stringify("x".repeat(1_000_000));
  for (let n = 0; n < 20; n++) await adapter.writer.enqueue([newJob(`j${n}`, { payload })]);
  const pinned = await told(adapter, "SQLITE_LOG");
  expect(pinned).toMatchObject({ level: "advice", text: /reader/ });
  expect(pinned.evidence["pinnedBytes"]).toBeGreaterThan(16_000_000);
  reader.exec("COMMIT");
  expect(await told(adapter, "SQLITE_LOG")).toMatchObject({ level: "ok", evidence: { pinnedBytes: 0 } });
});

test("a log that another program copies is left to it", async () => {
  const { adapter } = await open({ checkpoints: "external" });
  await adapter.writer.enqueue([newJob("a")]);
  const found = await told(adapter, "SQLITE_LOG");
  expect(found).toMatchObject({ level: "ok", evidence: { checkpoints: "external" } });
  expect(found.evidence["logBytes"]).toBeGreaterThan(0);
});

test("jobs from the future mean that a clock was set back", async () => {
  const ports = manualPorts();
  const { adapter } = await open({ ports });
  ports.advance("2h");
  await adapter.writer.enqueue([newJob("a")]);
  ports.setNow(ports.now() - 3_600_000);
  expect(await told(adapter, "SQLITE_CLOCK")).toMatchObject({ level: "problem", evidence: { aheadMs: 3_600_000 } });
});

test("workers on two hosts are pointed out", async () => {
  const { adapter } = await open();
  const register = (host: string, pid: number): Promise<unknown> =>
    adapter.records.put(WORKER_KIND, `${host}-${pid}`, JSON.stringify({ host, pid }), { ttlMs: 60_000 });
  await register("one", 1);
  await register("one", 2);
  expect(await told(adapter, "SQLITE_HOSTS")).toMatchObject({ level: "ok", evidence: { processes: 2, hosts: 1 } });
  await register("two", 1);
  expect(await told(adapter, "SQLITE_HOSTS")).toMatchObject({ level: "advice", evidence: { processes: 3, hosts: 2 } });
});

const posix = process.platform === "win32" ? [] : ["the owner's group and everybody"];
test.each(posix)("who else may read and write the file is told: %s", async () => {
  const { adapter, file } = await open();
  const at = (mode: number, folderMode: number): Promise<Diagnosis> => {
    chmodSync(file, mode);
    chmodSync(join(file, ".."), folderMode);
    return told(adapter, "SQLITE_PERMISSIONS");
  };
  expect(await at(0o644, 0o755)).toMatchObject({ level: "advice", evidence: { mode: "644" } });
  expect(await at(0o666, 0o755)).toMatchObject({ level: "problem" });
  expect(await at(0o666, 0o700)).toMatchObject({ level: "ok" });
  expect(await at(0o600, 0o755)).toMatchObject({ level: "ok" });
});

test("a folder that is open lies safe in one that is closed", async () => {
  const closed = await folder();
  const inner = join(closed, "it's data");
  mkdirSync(inner);
  const { adapter, file } = await open({ file: join(inner, "jobs.db") });
  chmodSync(file, 0o644);
  chmodSync(inner, 0o755);
  chmodSync(closed, 0o700);
  expect(await told(adapter, "SQLITE_PERMISSIONS")).toMatchObject({ level: "ok", evidence: { reachable: false } });
  chmodSync(closed, 0o755);
  const found = await told(adapter, "SQLITE_PERMISSIONS");
  expect(found.level).toBe("advice");
  expect(found.fix).toContain(`chmod o-r '${closed}/it'\\''s data/jobs.db'*`);
});

test("a database in memory is told to be one, without a word of files", async () => {
  const { adapter } = await open({ file: ":memory:" });
  const all = await adapter.examine();
  expect(all.map(({ code }) => code).sort()).toEqual([
    "SQLITE_CLOCK",
    "SQLITE_DURABILITY",
    "SQLITE_SCHEMA",
    "SQLITE_TABLES",
    "SQLITE_VERSION",
  ]);
  expect(all.find(({ code }) => code === "SQLITE_DURABILITY")).toMatchObject({ level: "advice", text: /in memory/ });
});

test("what cannot be looked at is told, and the rest is looked at", async () => {
  const { adapter, file } = await open();
  elsewhere(file).exec("DROP TABLE jobyard_record");
  const all = await adapter.examine();
  expect(all.find(({ code }) => code === "SQLITE_HOSTS")).toMatchObject({
    level: "advice",
    text: /could not be looked at/,
  });
  expect(all.find(({ code }) => code === "SQLITE_INTEGRITY")).toMatchObject({ level: "ok" });
});

test.each([
  ["3.54.1", true],
  ["3.52.0", true],
  ["3.51.3", true],
  ["3.51.2", false],
  ["3.50.7", true],
  ["3.50.6", false],
  ["3.49.9", false],
  ["3.44.6", true],
  ["3.44.5", false],
  ["4.0.0", true],
])("SQLite %s: mended %s", (version, mended) => expect(isMended(version)).toBe(mended));

test.each(existsSync("/dev/shm") ? ["/dev/shm"] : [])("%s is known as a folder in memory", (path) => {
  expect(fileSystemOf(path)).toEqual({ name: "tmpfs", kind: "memory" });
  expect(fileSystemOf(tmpdir()).kind).not.toBe("network");
});
