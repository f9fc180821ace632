/** Who may put tables where: a new file is ours, a file with other tables only when somebody says so. */

import { dirname, join } from "node:path";
import { manualPorts, newJob } from "@jobyard/core/testing";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { Connection } from "../src/connection.ts";
import { parseSqliteUrl, sqliteAdapter } from "../src/index.ts";
import { migrate, schemaStatus } from "../src/migrate.ts";
import { MIGRATIONS } from "../src/migrations/index.ts";
import { type None, type Statement, sql } from "../src/statement.ts";
import { folder } from "./bench.ts";

const WANTED = MIGRATIONS.length;

async function fileWith(script: string): Promise<string> {
  const file = join(await folder(), "app.db");
  const database = new Database(file);
  database.exec(script);
  database.close();
  return file;
}

function inFile<T>(file: string, look: (database: Database.Database) => T): T {
  const database = new Database(file);
  try {
    return look(database);
  } finally {
    database.close();
  }
}

describe("a file", () => {
  test("that is new gets its tables and our mark at once", async () => {
    const file = join(await folder(), "jobs.db");
    const adapter = sqliteAdapter({ file });
    expect(await adapter.schema.status()).toEqual({ state: "ready", current: WANTED, wanted: WANTED });
    await adapter.close();
    expect(inFile(file, (database) => database.pragma("application_id", { simple: true }))).toBe(0x4a_79_72_64);
  });

  test("that is there and empty gets its tables too", async () => {
    const adapter = sqliteAdapter({ file: await fileWith("") });
    expect((await adapter.schema.status()).state).toBe("ready");
    await adapter.close();
  });

  test("of an application is named as one word of the command, and as a URL", async () => {
    const file = join(await folder(), "Ada's 100% #1?.db");
    const database = new Database(file);
    database.exec("CREATE TABLE orders (id TEXT)");
    database.close();
    const adapter = sqliteAdapter({ file });
    const url = `sqlite:${dirname(file)}/Ada'\\''s 100%25 %231%3F.db`;
    await expect(adapter.reader.queues()).rejects.toMatchObject({
      message: expect.stringContaining(`jobyard migrate --url '${url}'`),
    });
    const told = (await adapter.examine()).find(({ code }) => code === "SQLITE_SCHEMA");
    expect(told?.fix).toBe(`Run: jobyard migrate --url '${url}'`);
    expect(parseSqliteUrl(url.replace("'\\''", "'")).file).toBe(file);
    await adapter.close();
  });

  test("of an application is left alone until it is migrated, and keeps what it had", async () => {
    const file = await fileWith(
      "CREATE TABLE orders (id TEXT); INSERT INTO orders VALUES ('a'); PRAGMA user_version = 7",
    );
    const adapter = sqliteAdapter({ file });
    expect(await adapter.schema.status()).toEqual({ state: "missing", current: 0, wanted: WANTED });
    const refused = {
      code: "SCHEMA_MISSING",
      message: expect.stringContaining(`jobyard migrate --url sqlite:${file}`),
    };
    await expect(adapter.writer.enqueue([newJob("a")])).rejects.toMatchObject(refused);
    await expect(adapter.reader.queues()).rejects.toMatchObject(refused);
    expect(inFile(file, tableNames)).toEqual(["orders"]);
    expect(inFile(file, (database) => database.pragma("journal_mode", { simple: true }))).toBe("delete");

    expect(await adapter.schema.migrate()).toEqual({ from: 0, to: WANTED });
    expect(await adapter.writer.enqueue([newJob("a")])).toMatchObject([{ outcome: "accepted" }]);
    await adapter.close();
    inFile(file, (database) => {
      expect(database.prepare("SELECT id FROM orders").all()).toEqual([{ id: "a" }]);
      expect(database.pragma("user_version", { simple: true })).toBe(7);
      expect(database.pragma("application_id", { simple: true })).toBe(0);
    });
  });

  test("of an application that writes UTF-16 gets no tables", async () => {
    const file = await fileWith("PRAGMA encoding = 'UTF-16'; CREATE TABLE orders (id TEXT)");
    const adapter = sqliteAdapter({ file });
    await expect(adapter.schema.migrate()).rejects.toMatchObject({ code: "STORE_UNSAFE" });
    await adapter.close();
    expect(inFile(file, tableNames)).toEqual(["orders"]);
  });

  test("of an older version is refused with the command that helps, until it was run", async () => {
    const file = await fileWith(
      "CREATE TABLE jobyard_schema (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT",
    );
    const adapter = sqliteAdapter({ file });
    expect(await adapter.schema.status()).toMatchObject({ state: "old" });
    await expect(adapter.reader.queues()).rejects.toMatchObject({
      code: "SCHEMA_TOO_OLD",
      message: expect.stringContaining("jobyard migrate"),
    });
    const other = sqliteAdapter({ file });
    await other.schema.migrate();
    await other.close();
    expect(await adapter.reader.queues()).toEqual([]);
    await adapter.close();
  });

  test("of a newer version is refused, also by migrate", async () => {
    const file = join(await folder(), "jobs.db");
    await sqliteAdapter({ file }).close();
    inFile(file, (database) => database.prepare("INSERT INTO jobyard_schema VALUES (?, 0)").run(WANTED + 1));
    const adapter = sqliteAdapter({ file });
    expect(await adapter.schema.status()).toEqual({ state: "new", current: WANTED + 1, wanted: WANTED });
    await expect(adapter.reader.queues()).rejects.toMatchObject({ code: "SCHEMA_TOO_NEW" });
    await expect(adapter.schema.migrate()).rejects.toMatchObject({ code: "SCHEMA_TOO_NEW" });
    await adapter.close();
  });
});

describe("migrations", () => {
  const second: Statement<None> = sql`CREATE TABLE jobyard_second (id INTEGER)`;
  const broken: Statement<None> = sql`CREATE TABLE jobyard_third (id INTEGER); SELECT nonsense FROM nowhere`;

  test("run in order, each once, and say from where to where", () => {
    const connection = new Connection(new Database(":memory:"));
    expect(migrate(connection, 1, MIGRATIONS)).toEqual({ from: 0, to: WANTED });
    expect(schemaStatus(connection, WANTED + 1)).toEqual({ state: "old", current: WANTED, wanted: WANTED + 1 });
    expect(migrate(connection, 2, [...MIGRATIONS, second])).toEqual({ from: WANTED, to: WANTED + 1 });
    expect(migrate(connection, 3, [...MIGRATIONS, second])).toEqual({ from: WANTED + 1, to: WANTED + 1 });
  });

  test("that fail leave nothing behind, not even those before them", () => {
    const database = new Database(":memory:");
    expect(() => migrate(new Connection(database), 1, [...MIGRATIONS, broken])).toThrow(/nowhere/);
    expect(tableNames(database)).toEqual([]);
  });
});

describe("the tables guard the lifecycle themselves", async () => {
  const cases = {
    "a cancelled job has a reason": "UPDATE jobyard_job SET state = 'cancelled', finished_at = 1",
    "a waiting job has none": "UPDATE jobyard_job SET reason = 'user'",
    "a final job has the time of its end": "UPDATE jobyard_job SET state = 'dead'",
    "an open one has none": "UPDATE jobyard_job SET finished_at = 1",
    "active is no state of the row": "UPDATE jobyard_job SET state = 'active'",
    "attempts are not below zero": "UPDATE jobyard_job SET attempt = -1",
    "a queue is never less than empty": "UPDATE jobyard_tally SET value = -1 WHERE name = 'depth'",
    "a lease without jobs is no lease": "UPDATE jobyard_lease SET unsettled = 0",
    "an id is taken once": "INSERT INTO jobyard_job SELECT * FROM (SELECT * FROM jobyard_job WHERE id = 'a')",
  };
  for (const [promise, statement] of Object.entries(cases))
    test(promise, async () => {
      const file = join(await folder(), "jobs.db");
      const adapter = sqliteAdapter({ file, ports: manualPorts() });
      await adapter.writer.enqueue([newJob("a"), newJob("b")]);
      await adapter.leaser.claim({
        session: "w",
        token: "t",
        leaseMs: 1,
        max: 1,
        queues: [{ queue: "mail", max: 1, types: [{ name: "greet", maxVersion: 1 }] }],
        waitMs: 0,
        held: false,
      });
      await adapter.close();
      inFile(file, (database) => expect(() => database.exec(statement)).toThrow(/constraint/i));
    });
});

const tableNames = (database: Database.Database): readonly unknown[] =>
  database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").pluck().all();
