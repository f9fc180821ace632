/** The thread that copies the log while work goes on. */

import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { newJob } from "@jobyard/core/testing";
import Database from "better-sqlite3";
import { expect, onTestFinished, test, vi } from "vitest";
import { Checkpointer } from "../src/checkpointer.ts";
import { sqliteAdapter } from "../src/index.ts";
import { folder } from "./bench.ts";

interface Log {
  readonly log: number;
  readonly checkpointed: number;
}
const look = (database: Database.Database): Log => (database.pragma("wal_checkpoint(NOOP)") as readonly [Log])[0];

/** A connection that leaves the log alone, and has written to it. */
async function written(): Promise<{ readonly file: string; readonly database: Database.Database }> {
  const file = join(await folder(), "log.db");
  const database = new Database(file);
  onTestFinished(() => void database.close());
  database.pragma("journal_mode = WAL");
  database.pragma("wal_autocheckpoint = 0");
  database.exec("CREATE TABLE filler (text TEXT); INSERT INTO filler VALUES (hex(randomblob(100000)))");
  return { file, database };
}

test("copies what is in the log when it is asked, as often as it is asked", async () => {
  const { file, database } = await written();
  const checkpointer = new Checkpointer({ file, durability: "power" });
  for (const text of ["once", "again"]) {
    database.exec(`INSERT INTO filler VALUES ('${text}')`);
    expect(look(database).checkpointed).toBeLessThan(look(database).log);
    await vi.waitFor(() => {
      checkpointer.ask();
      const { log, checkpointed } = look(database);
      expect(checkpointed).toBe(log);
    }, 20_000);
  }
  await checkpointer.end();
});

test("ends when it is told to, and begins no more", async () => {
  const { file, database } = await written();
  const checkpointer = new Checkpointer({ file, durability: "crash" });
  checkpointer.ask();
  await checkpointer.end();
  const before = look(database);
  checkpointer.ask();
  expect(checkpointer.end()).toBe(null);
  expect(look(database)).toEqual(before);
});

test("a thread that cannot use the file disturbs nobody, and is waited for all the same", async () => {
  const file = join(await folder(), "garbage.db");
  await writeFile(file, "x".repeat(10_000));
  const checkpointer = new Checkpointer({ file, durability: "crash" });
  checkpointer.ask();
  await checkpointer.end();
  checkpointer.ask();
  expect(checkpointer.end()).toBe(null);
});

test("a store that wrote much is closed as whole as one that wrote little: no log is left", async () => {
  const file = join(await folder(), "jobs.db");
  const adapter = sqliteAdapter({ file, durability: "crash" });
  const payload = JSON.stringify("x".repeat(100_000));
  for (let commit = 0; commit < 64; commit++) await adapter.writer.enqueue([newJob(`${commit}`, { payload })]);
  await adapter.close();
  expect(existsSync(`${file}-wal`)).toBe(false);
});
