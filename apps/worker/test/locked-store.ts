/** A store that nobody else gets through to for a while. */

import { connectRedis, startRedis } from "@jobyard/servers";
import Database from "better-sqlite3";
import pg from "pg";
import { inject } from "vitest";
import { type Place, place } from "./worker-process.ts";

/** A place whose store can be locked without other tests noticing: on Redis with a server of its own. */
export async function lockablePlace(): Promise<Place> {
  if (inject("backend") !== "redis") return place();
  const { url, stop } = await startRedis();
  return place({ url, remove: stop });
}

/** Resolves once no call is answered any more; what it resolves with ends that. */
export function lockStore({ file, url }: Place): Promise<() => Promise<void>> {
  switch (inject("backend")) {
    case "sqlite":
      return lockFile(file);
    case "postgres":
      return lockTable(url);
    case "redis":
      return pauseServer(url);
  }
}

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

/** Scripts are left lying until it ends. Were it all commands, the one that ends it would be among them. */
async function pauseServer(url: string): Promise<() => Promise<void>> {
  const holder = await connectRedis(url);
  await holder.client("PAUSE", LONGEST_PAUSE_MS, "WRITE");
  return async () => {
    await holder.client("UNPAUSE");
    holder.disconnect();
  };
}

/** If nobody ends it. */
const LONGEST_PAUSE_MS = 60_000;
