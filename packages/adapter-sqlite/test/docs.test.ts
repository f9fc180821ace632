/** What docs/sqlite.md tells people to run is run, as it stands there; what it points to is there. */

import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { newJob } from "@jobyard/core/testing";
import { describeLinks, readPage, scriptFolder, scriptsOf } from "@jobyard/pages";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { parseSqliteUrl, sqliteAdapter } from "../src/index.ts";

const page = await readPage("sqlite.md");

/** A folder with the page's scripts under their names, and with better-sqlite3. */
const desk = (): Promise<string> =>
  scriptFolder(scriptsOf(page), {
    "better-sqlite3": join(import.meta.dirname, "../node_modules/better-sqlite3"),
  });

const run = (path: string, script: string, ...args: readonly string[]): Promise<unknown> =>
  promisify(execFile)(process.execPath, [script, ...args], { cwd: path });

async function idsIn(file: string): Promise<readonly string[]> {
  const adapter = sqliteAdapter({ file, create: false });
  const { items } = await adapter.reader.list({ filter: [], limit: 100, cursor: null });
  await adapter.close();
  return items.map(({ id }) => id).sort();
}

function pragma(file: string, name: string): unknown {
  const database = new Database(file);
  try {
    return database.pragma(name, { simple: true });
  } finally {
    database.close();
  }
}

test("a backup of a file that is in use is whole, and is what a restore brings back", async () => {
  const path = await desk();
  const file = join(path, "jobs.db");
  const adapter = sqliteAdapter({ file });
  await adapter.writer.enqueue([newJob("a"), newJob("b")]);
  await run(path, "backup.mjs");
  await adapter.writer.enqueue([newJob("later")]);
  await adapter.close();
  const backup = (await readdir(path)).find((name) => name.startsWith("backup-")) ?? "";
  expect(pragma(join(path, backup), "integrity_check")).toBe("ok");
  expect(pragma(join(path, backup), "auto_vacuum")).toBe(2);
  expect(await idsIn(file)).toEqual(["a", "b", "later"]);
  await run(path, "restore.mjs", backup);
  expect(await idsIn(file)).toEqual(["a", "b"]);
});

test("an application's file can be made to give pages back, and keeps what it has", async () => {
  const path = await desk();
  const file = join(path, "shop.db");
  const database = new Database(file);
  database.exec("CREATE TABLE orders (id TEXT); INSERT INTO orders VALUES ('one')");
  database.close();
  const adapter = sqliteAdapter({ file });
  await adapter.schema.migrate();
  await adapter.writer.enqueue([newJob("a")]);
  await adapter.close();
  expect(pragma(file, "auto_vacuum")).toBe(0);
  await run(path, "vacuum.mjs");
  expect(pragma(file, "auto_vacuum")).toBe(2);
  expect(pragma(file, "journal_mode")).toBe("wal");
  expect(await idsIn(file)).toEqual(["a"]);
});

const urls = [...page.matchAll(/`(sqlite:[^`\s]+)`/g)].map(([, url = ""]) => url);
test.each(urls)("%s is a URL", (url) => {
  expect(() => parseSqliteUrl(url)).not.toThrow();
});

describeLinks(page);
