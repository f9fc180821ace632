/** Jobyard on SQLite, through better-sqlite3. */

export { type SqliteAdapterOptions, sqliteAdapter } from "./adapter.ts";
export { examineUnopened } from "./examine/unopened.ts";
export { SCHEMA_VERSION } from "./migrate.ts";
export { parseSqliteUrl } from "./url.ts";
