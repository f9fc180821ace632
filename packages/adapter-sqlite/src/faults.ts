/** Every error of better-sqlite3 as one of ours: what happened to the file, and what to do about it. */

import { type ErrorCode, isQueueError, QueueError } from "@jobyard/core/adapter";
import Database from "better-sqlite3";

/** SQLite's result codes by their first word; extended ones (`SQLITE_IOERR_WRITE`) follow their family. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  BUSY: "STORE_BUSY",
  LOCKED: "STORE_BUSY",
  PROTOCOL: "STORE_BUSY",
  FULL: "STORE_FULL",
  NOTADB: "STORE_CORRUPT",
  CORRUPT: "STORE_CORRUPT",
  CANTOPEN: "STORE_UNAVAILABLE",
  IOERR: "STORE_UNAVAILABLE",
  READONLY: "STORE_UNAVAILABLE",
  PERM: "STORE_UNAVAILABLE",
  AUTH: "STORE_UNAVAILABLE",
};

/**
 * What to throw instead of `error`. Faults of our own making (a constraint, wrong SQL) stay as they are: hiding
 * them behind a code would tell people to look at a file that has nothing.
 *
 * @param file - the database, for the message
 */
export function faultOf(error: unknown, file: string): unknown {
  if (isQueueError(error) || !(error instanceof Database.SqliteError)) return error;
  const code = CODES[error.code.split("_")[1] ?? ""];
  return code === undefined ? error : new QueueError(code, `file ${file}: ${error.message}`, { cause: error });
}

/** True for a lock of another process: the same call may succeed a moment later. */
export const isBusy = (error: unknown): boolean =>
  error instanceof Database.SqliteError && CODES[error.code.split("_")[1] ?? ""] === "STORE_BUSY";

/** True for a row that breaks a UNIQUE: one like it is there. */
export const isTaken = (error: unknown): boolean =>
  error instanceof Database.SqliteError && error.code === "SQLITE_CONSTRAINT_UNIQUE";
