/** A store that nobody else gets through to for a while. */

import Database from "better-sqlite3";
import pg from "pg";
import { inject } from "vitest";
import type { Place } from "./worker-process.ts";

/** Resolves once no call is answered any more; what it resolves with ends that. */
export const lockStore = (place: Place): Promise<() => Promise<void>> =>
  inject("backend") === "sqlite" ? lockFile(place.file) : lockTable(place.url);

async function lockFile(file: string): Promise<() => Promise<void>> {
  const holder = new Database(file);
  holder.exec("BEGIN IMMEDIATE");
  return async () => {
    holder.exec("ROLLBACK");
    holder.close();
  };
}

/** Of the sessions alone, which every call of a worker begins with: several locks could meet its own the other way round. */
async function lockTable(url: string): Promise<() => Promise<void>> {
  const holder = new pg.Client(url);
  await holder.connect();
  const schema = pg.escapeIdentifier(new URL(url).searchParams.get("schema") ?? "");
  await holder.query(`BEGIN; LOCK TABLE ${schema}.session`);
  return async () => {
    await holder.query("ROLLBACK");
    await holder.end();
  };
}
