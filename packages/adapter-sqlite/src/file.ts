/** Opening the file: everything that can be wrong with it is found here and said in words. */

import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { QueueError } from "@jobyard/core/adapter";
import Database from "better-sqlite3";
import { faultOf } from "./faults.ts";

export const MEMORY = ":memory:";

/** How long SQLite itself waits for a lock, blocking the process; the rest of the patience is spent asynchronously. */
const BLOCKING_WAIT_MS = 100;

/**
 * @param create - false: a missing file is an error
 * @throws QueueError `STORE_UNAVAILABLE`, `STORE_CORRUPT`, `STORE_BUSY`
 */
export function openFile(file: string, create: boolean): Database.Database {
  if (file !== MEMORY) checkPath(file, create);
  try {
    const database = new Database(file, { fileMustExist: !create, timeout: BLOCKING_WAIT_MS });
    // The first read: whether it is a database at all shows only now.
    database.pragma("schema_version");
    return database;
  } catch (error) {
    throw faultOf(error, file);
  }
}

function checkPath(file: string, create: boolean): void {
  const folder = dirname(resolve(file));
  if (!existsSync(folder)) throw unavailable(file, `the folder ${folder} does not exist; create it`);
  if (!existsSync(file)) {
    if (!create) throw unavailable(file, "there is no such file, and this command does not create one");
  } else {
    if (!statSync(file).isFile()) throw unavailable(file, "this is not a file");
    if (!mayUse(file)) throw unavailable(file, "this process may not read and write the file; change its permissions");
  }
  if (!mayUse(folder))
    throw unavailable(file, `this process may not write into ${folder}, where SQLite keeps files beside the database`);
}

function mayUse(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

const unavailable = (file: string, what: string): QueueError =>
  new QueueError("STORE_UNAVAILABLE", `file ${file}: ${what}.`);

/** What the connection is set to once the file is known to be ours. Sizes as measured in the design's benchmarks. */
export function tune(database: Database.Database, durability: "power" | "crash"): void {
  database.pragma("journal_mode = WAL");
  database.pragma(`synchronous = ${durability === "power" ? "FULL" : "NORMAL"}`);
  database.pragma("cache_size = -65536");
  database.pragma("mmap_size = 268435456");
  database.pragma("temp_store = MEMORY");
  database.pragma("wal_autocheckpoint = 4000");
  database.pragma("journal_size_limit = 67108864");
}
