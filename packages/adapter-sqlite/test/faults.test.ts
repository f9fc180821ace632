/** What can be wrong with the file, each with the code and the words that help, and nothing half done. */

import { execFileSync } from "node:child_process";
import { chmod, mkdir, rename, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isQueueError, systemPorts } from "@jobyard/core/adapter";
import { newJob } from "@jobyard/core/testing";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { Connection } from "../src/connection.ts";
import { enqueue } from "../src/enqueue.ts";
import { sqliteAdapter } from "../src/index.ts";
import { type Statement, sql } from "../src/statement.ts";
import { takeStep } from "../src/step.ts";
import { Store } from "../src/store.ts";
import { folder } from "./bench.ts";

/** What `sqliteAdapter` sets if nothing is said. */
const asEver = { checkpoints: "own", network: "refuse", ports: systemPorts } as const;

const opening =
  (file: string, create = true) =>
  () =>
    sqliteAdapter({ file, create });

describe("opening", () => {
  test("a missing folder is named", async () => {
    const file = join(await folder(), "nowhere", "jobs.db");
    expect(opening(file)).toThrow(expect.objectContaining({ code: "STORE_UNAVAILABLE" }));
    expect(opening(file)).toThrow(/nowhere does not exist/);
  });

  test("create: false makes no file", async () => {
    const file = join(await folder(), "jobs.db");
    expect(opening(file, false)).toThrow(expect.objectContaining({ code: "STORE_UNAVAILABLE" }));
    expect(opening(file, false)).toThrow(/no such file/);
  });

  test("a folder is no file", async () => {
    const file = join(await folder(), "jobs.db");
    await mkdir(file);
    expect(opening(file)).toThrow(/not a file/);
  });

  test("another kind of file is corrupt", async () => {
    const file = join(await folder(), "jobs.db");
    await writeFile(file, "Dear diary, today I learned about databases. ".repeat(100));
    expect(opening(file)).toThrow(expect.objectContaining({ code: "STORE_CORRUPT", cause: expect.any(Error) }));
  });

  test("a damaged database is corrupt", async () => {
    const file = join(await folder(), "jobs.db");
    const adapter = sqliteAdapter({ file });
    await adapter.writer.enqueue(Array.from({ length: 500 }, (_, index) => newJob(`j${index}`)));
    await adapter.close();
    await truncate(file, 20_480);
    const open = async (): Promise<unknown> => {
      const damaged = sqliteAdapter({ file });
      return damaged.reader.queues().finally(() => damaged.close());
    };
    await expect(open()).rejects.toMatchObject({ code: "STORE_CORRUPT" });
  });

  test.each([
    ["a file that may not be written", "0444", "0755", /may not read and write the file/],
    ["a folder that may not be written", "0666", "0555", /may not write into/],
  ])("%s is said to be so", async (_, fileMode, folderMode, words) => {
    const path = await folder();
    const file = join(path, "jobs.db");
    await sqliteAdapter({ file }).close();
    await chmod(file, Number.parseInt(fileMode, 8));
    await chmod(path, Number.parseInt(folderMode, 8));
    try {
      expect(openAsNobody(file)).toMatchObject({ code: "STORE_UNAVAILABLE", message: expect.stringMatching(words) });
    } finally {
      await chmod(path, 0o755);
    }
  });
});

/** The error of another process that has no special rights; root may write everywhere. */
function openAsNobody(file: string): unknown {
  const isRoot = process.getuid?.() === 0;
  const script = fileURLToPath(new URL("./process.ts", import.meta.url));
  const output = execFileSync(process.execPath, ["-C", "@jobyard/source", script, "open", file], {
    encoding: "utf8",
    ...(isRoot && { uid: 65_534, gid: 65_534 }),
  });
  return JSON.parse(output);
}

describe("a lock of another connection", () => {
  test("is waited for, and reported as busy in the end", async () => {
    const file = join(await folder(), "jobs.db");
    const adapter = sqliteAdapter({ file, busyTimeoutMs: 30 });
    const other = new Database(file);
    other.exec("BEGIN IMMEDIATE");
    await expect(adapter.writer.enqueue([newJob("a")])).rejects.toMatchObject({
      code: "STORE_BUSY",
      cause: expect.objectContaining({ code: "SQLITE_BUSY" }),
    });
    expect(await adapter.reader.count([], 10)).toEqual({ n: 0, exact: true });
    other.exec("ROLLBACK");
    other.close();
    expect(await adapter.writer.enqueue([newJob("a")])).toMatchObject([{ outcome: "accepted" }]);
    await adapter.close();
  });

  test("that ends in time is not noticed", async () => {
    const file = join(await folder(), "jobs.db");
    const other = new Database(file);
    let waits = 0;
    const ports = {
      ...systemPorts,
      sleep: async () => {
        waits += 1;
        if (other.inTransaction) other.exec("ROLLBACK");
      },
    };
    const adapter = sqliteAdapter({ file, ports });
    other.exec("BEGIN IMMEDIATE");
    expect(await adapter.writer.enqueue([newJob("a")])).toMatchObject([{ outcome: "accepted" }]);
    expect(waits).toBe(1);
    other.close();
    await adapter.close();
  });
});

test("a step is dated once it holds the write lock, so that none is older than one committed before it", async () => {
  const file = join(await folder(), "jobs.db");
  const locks: boolean[] = [];
  const isLocked = (): boolean => {
    try {
      other.exec("BEGIN IMMEDIATE; ROLLBACK");
      return false;
    } catch {
      return true;
    }
  };
  let isWatched = false;
  const now = (): number => {
    if (isWatched) locks.push(isLocked());
    return systemPorts.now();
  };
  const adapter = sqliteAdapter({ file, ports: { ...systemPorts, now } });
  const other = new Database(file, { timeout: 0 });
  isWatched = true;
  await adapter.writer.enqueue([newJob("a")]);
  expect(locks).toEqual([true]);
  other.close();
  await adapter.close();
});

test("a full disk refuses the whole call, keeps what was there, and lets go when there is room", async () => {
  const file = join(await folder(), "jobs.db");
  const store = new Store({ file, durability: "crash", busyTimeoutMs: 1_000, create: true, ...asEver });
  const add = (count: number, prefix: string) =>
    store.write((step) =>
      enqueue(
        step,
        Array.from({ length: count }, (_, n) => newJob(`${prefix}${n}`)),
        "bounded",
      ),
    );
  const depth = () => store.read(({ db }) => db.pragma("page_count"));
  await add(10, "before");
  const pages = Number(await depth());
  await store.read(({ db }) => db.pragma(`max_page_count = ${pages + 2}`));
  const full = await add(10_000, "much").catch((error: unknown) => error);
  expect(isQueueError(full, "STORE_FULL")).toBe(true);
  expect(await jobsIn(store)).toBe(10);
  await store.read(({ db }) => db.pragma("max_page_count = 1000000"));
  await add(10_000, "much");
  expect(await jobsIn(store)).toBe(10_010);
  await store.close();
});

test("a parameter without a value is an error, not a NULL", () => {
  const database = new Database(":memory:");
  const statement: Statement<object> = sql`SELECT @there, @missing`;
  expect(() => new Connection(database).get(statement, { there: 1 })).toThrow(/no value for missing/);
  database.close();
});

test("a step is never a part of a transaction that a failed rollback left open", async () => {
  const file = join(await folder(), "jobs.db");
  await sqliteAdapter({ file }).close();
  const [database, other] = [new Database(file), new Database(file)];
  database.exec("BEGIN");
  takeStep(
    new Connection(database),
    () => 0,
    (step) => enqueue(step, [newJob("a")], "bounded"),
  );
  expect(other.prepare("SELECT id FROM jobyard_job").all()).toEqual([{ id: "a" }]);
  database.close();
  other.close();
});

test("a file that is deleted or replaced while open takes nothing more", async () => {
  const file = join(await folder(), "jobs.db");
  const adapter = sqliteAdapter({ file });
  await adapter.writer.enqueue([newJob("a")]);
  await rename(file, `${file}.old`);
  const gone = { code: "STORE_UNAVAILABLE", message: expect.stringMatching(/deleted or replaced/) };
  await expect(adapter.writer.enqueue([newJob("b")])).rejects.toMatchObject(gone);
  await expect(adapter.reader.queues()).rejects.toMatchObject(gone);
  await writeFile(file, "");
  await expect(adapter.writer.enqueue([newJob("b")])).rejects.toMatchObject(gone);
  await rename(`${file}.old`, file);
  expect(await adapter.writer.enqueue([newJob("b")])).toMatchObject([{ outcome: "accepted" }]);
  await adapter.close();
});

async function jobsIn(store: Store): Promise<number> {
  const { lastJobBelow } = await import("../src/sql/walk.sql.ts");
  return store.read(({ db }) => db.get(lastJobBelow, { pk: Number.MAX_SAFE_INTEGER })?.pk ?? 0);
}
