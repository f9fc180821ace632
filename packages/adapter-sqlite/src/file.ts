/** Opening the file: everything that can be wrong with it is found here and said in words. */

import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { QueueError } from "@jobyard/core/adapter";
import Database from "better-sqlite3";
import { faultOf, isBusy } from "./faults.ts";
import { checkVolume } from "./volume.ts";

export const MEMORY = ":memory:";

/** How long SQLite itself waits for a lock, blocking the process; the rest of the patience is spent asynchronously. */
const BLOCKING_WAIT_MS = 100;
/** While a file is opened, which is not asynchronous, these are the pauses between two tries. */
const OPENING_PAUSE_MS = 10;

export interface Opening {
  readonly file: string;
  /** False: a missing file is an error. */
  readonly create: boolean;
  /** How long to wait for processes that open or create the same file. */
  readonly busyTimeoutMs: number;
  /** Whether the file may lie on a network file system. */
  readonly network: "refuse" | "allow";
}

/**
 * @param prepare - what is done with the file first; again from its beginning if another process was in the way
 * @throws QueueError `STORE_UNAVAILABLE`, `STORE_UNSAFE`, `STORE_CORRUPT`, `STORE_BUSY`, `STORE_FULL`
 */
export function openFile(
  { file, create, busyTimeoutMs, network }: Opening,
  prepare: (database: Database.Database) => void,
): Database.Database {
  if (file !== MEMORY) checkPath(file, create);
  if (file !== MEMORY && network === "refuse") checkVolume(file);
  const timeout = Math.min(busyTimeoutMs, BLOCKING_WAIT_MS);
  for (let triesLeft = Math.ceil(busyTimeoutMs / OPENING_PAUSE_MS); ; triesLeft--) {
    let database: Database.Database | null = null;
    try {
      database = new Database(file, { fileMustExist: !create, timeout });
      prepare(database);
      return database;
    } catch (error) {
      database?.close();
      if (!isBusy(error) || triesLeft <= 0) throw faultOf(error, file);
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, OPENING_PAUSE_MS);
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

/** Which file stands under that name, in words of the file system; null if none does. */
export function identityOf(file: string): string | null {
  const found = file === MEMORY ? undefined : statSync(file, { throwIfNoEntry: false });
  return found ? `${found.dev}:${found.ino}` : null;
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

/** Pages in the log from which on a commit copies them into the file: 16 MiB. */
export const CHECKPOINT_PAGES = 4_000;
/** A log that starts anew is cut to this. */
export const LARGEST_LOG_BYTES = 33_554_432;

export interface Tuning {
  readonly file: string;
  readonly durability: "power" | "crash";
  /** `external`: another program copies the log into the file. */
  readonly checkpoints: "own" | "external";
}

/**
 * What the connection is set to once the file is known to be ours. Sizes as measured in the design's benchmarks.
 *
 * @throws QueueError `STORE_UNSAFE` if SQLite does not grant a write-ahead log, or texts do not stand there as UTF-8:
 *   retention by bytes counts them as SQLite measures them
 */
export function tune(database: Database.Database, { file, durability, checkpoints }: Tuning): void {
  const encoding = database.pragma("encoding", { simple: true });
  if (encoding !== "UTF-8")
    throw new QueueError(
      "STORE_UNSAFE",
      `file ${file}: its texts are ${encoding}; jobs need a file of their own, in UTF-8`,
    );
  const granted = database.pragma("journal_mode = WAL", { simple: true });
  if (granted !== "wal" && file !== MEMORY)
    throw new QueueError("STORE_UNSAFE", `file ${file}: SQLite grants no write-ahead log here, but journal ${granted}`);
  database.pragma(`synchronous = ${synchronousOf(durability)}`);
  database.pragma("cache_size = -65536");
  database.pragma("mmap_size = 268435456");
  database.pragma("temp_store = MEMORY");
  database.pragma(`wal_autocheckpoint = ${checkpoints === "own" ? CHECKPOINT_PAGES : 0}`);
  database.pragma(`journal_size_limit = ${LARGEST_LOG_BYTES}`);
}

/** As SQLite names it. */
export const synchronousOf = (durability: Tuning["durability"]): "FULL" | "NORMAL" =>
  durability === "power" ? "FULL" : "NORMAL";

/**
 * To be done before a file gets its first table: pages that become free can then be given back to the disk in small
 * steps. Later it takes a VACUUM of the whole file.
 */
export function prepareNew(database: Database.Database): void {
  database.pragma("auto_vacuum = INCREMENTAL");
  // A file that has a first page already, but no table, keeps what it had unless it is written anew.
  if (database.pragma("auto_vacuum", { simple: true }) === 0) database.exec("VACUUM");
}
