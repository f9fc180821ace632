/** Jobyard on SQLite, through better-sqlite3. */

export { type SqliteAdapterOptions, sqliteAdapter } from "./adapter.ts";
export { parseSqliteUrl } from "./url.ts";
