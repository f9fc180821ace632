/** Jobyard on SQLite. */

import { sqliteAdapter } from "@jobyard/adapter-sqlite";
import Database from "better-sqlite3";
import type { Queue } from "../contender.ts";
import { queueOn } from "./jobyard.ts";

export const open = async (file: string, durability: "crash" | "power"): Promise<Queue> =>
  queueOn(sqliteAdapter({ file, durability }), { completed: async () => completedIn(file), close: async () => {} });

function completedIn(file: string): number {
  const database = new Database(file, { readonly: true });
  try {
    return Number(database.prepare("SELECT count(*) FROM jobyard_job WHERE state = 'completed'").pluck().get());
  } finally {
    database.close();
  }
}
