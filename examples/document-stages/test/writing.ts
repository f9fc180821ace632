/** Whether somebody is in the middle of a write: a process that sleeps then keeps its locks. */

import { join } from "node:path";
import Database from "better-sqlite3";
import pg from "pg";
import { inject } from "vitest";
import type { Setup } from "./yard.ts";

/** True if nobody is writing, to the jobs or to the documents. */
export async function isFree({ folder, url }: Pick<Setup, "folder" | "url">): Promise<boolean> {
  if (!isFileFree(join(folder, "documents.db"))) return false;
  switch (inject("backend")) {
    case "sqlite":
      return isFileFree(join(folder, "jobyard.db"));
    case "postgres":
      return isSchemaFree(url);
    case "redis":
      // A script that was sent ends by itself, and takes everything with it or nothing: there is nothing to be held.
      return true;
  }
}

function isFileFree(file: string): boolean {
  const db = new Database(file, { timeout: 0 });
  try {
    db.exec("BEGIN IMMEDIATE; ROLLBACK");
    return true;
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code === "SQLITE_BUSY") return false;
    throw error;
  } finally {
    db.close();
  }
}

/** Statements that were sent end by themselves; a transaction stays open. */
async function isSchemaFree(url: string): Promise<boolean> {
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query<{ open: boolean }>(
    `SELECT count(*) > 0 AS open FROM pg_stat_activity
     WHERE application_name = $1 AND pid <> pg_backend_pid() AND state <> 'idle'`,
    [new URL(url).searchParams.get("application_name")],
  );
  await client.end();
  return rows[0]?.open === false;
}
