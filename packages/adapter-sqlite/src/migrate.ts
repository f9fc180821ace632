/** Which version of our tables stands in the file, and the way to the newest. */

import { QueueError, type SchemaStatus } from "@jobyard/core/adapter";
import type { Connection } from "./connection.ts";
import { MIGRATIONS } from "./migrations/index.ts";
import { type None, type Statement, sql } from "./statement.ts";

/** "Jyrd": marks a file that was made for nothing but jobs. A file of an application keeps its own mark. */
const APPLICATION_ID = 0x4a_79_72_64;

const findVersions: Statement<None, { readonly n: number }> = sql`
  SELECT count(*) AS n FROM sqlite_schema WHERE name = 'jobyard_schema'
`;
const findOthers: Statement<None, { readonly n: number }> = sql`
  SELECT count(*) AS n FROM sqlite_schema
`;
const readVersion: Statement<None, { readonly version: number }> = sql`
  SELECT coalesce(max(version), 0) AS version FROM jobyard_schema
`;
const createVersions: Statement<None> = sql`
  CREATE TABLE IF NOT EXISTS jobyard_schema (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT
`;
const writeVersion: Statement<{ readonly version: number; readonly at: number }> = sql`
  INSERT INTO jobyard_schema (version, applied_at) VALUES (@version, @at)
`;

/** Of the tables that this version makes and understands. */
export const SCHEMA_VERSION: number = MIGRATIONS.length;

/** True for a new file, or one without any table: nothing can be lost by making it ours. */
export const isEmpty = (db: Connection): boolean => db.get(findOthers, {})?.n === 0;

export function schemaStatus(db: Connection, wanted: number = SCHEMA_VERSION): SchemaStatus {
  const version = versionIn(db);
  return { state: stateOf(version, wanted), current: version ?? 0, wanted };
}

function stateOf(version: number | null, wanted: number): SchemaStatus["state"] {
  if (version === null) return "missing";
  if (version === wanted) return "ready";
  return version < wanted ? "old" : "new";
}

/** Null if our tables are not there. */
const versionIn = (db: Connection): number | null =>
  db.get(findVersions, {})?.n === 0 ? null : (db.get(readVersion, {})?.version ?? 0);

/**
 * Runs what is missing, in one step: another process that does the same waits, and then finds nothing to do.
 *
 * @throws QueueError `SCHEMA_TOO_NEW`
 */
export function migrate(
  db: Connection,
  at: number,
  migrations: readonly Statement<None>[] = MIGRATIONS,
): { readonly from: number; readonly to: number } {
  return db.write(() => {
    const from = versionIn(db) ?? 0;
    if (from > migrations.length)
      throw new QueueError("SCHEMA_TOO_NEW", `version ${from}, this installation knows ${migrations.length}`);
    if (isEmpty(db)) db.pragma(`application_id = ${APPLICATION_ID}`);
    db.execute(createVersions);
    for (const [index, migration] of migrations.entries()) {
      if (index < from) continue;
      db.execute(migration);
      db.run(writeVersion, { version: index + 1, at });
    }
    return { from, to: migrations.length };
  });
}
