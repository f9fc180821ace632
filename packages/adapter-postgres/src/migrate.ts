/** Which version of our tables stands in the schema, and the way to the newest. */

import { QueueError, type SchemaStatus } from "@jobyard/core/adapter";
import type { Connection } from "./connection.ts";
import { MIGRATIONS } from "./migrations/index.ts";
import type { Migration } from "./migrations/migration.ts";
import {
  createSchema,
  createVersions,
  findVersions,
  lockSchema,
  noTimeouts,
  type Rights,
  readRights,
  readVersions,
  writeVersion,
} from "./sql/migration.sql.ts";

/** Of the tables that this version makes and understands. */
export const SCHEMA_VERSION: number = MIGRATIONS.length;

/** Our schema, as it was found. */
export interface Found extends SchemaStatus {
  /** Tells this store from one in another database; `null` if there is none. */
  readonly store: string | null;
}

/** A newer schema is ready too, if its migrations say that this version may work on it. */
export async function schemaStatus(db: Connection, schema: string, wanted: number = SCHEMA_VERSION): Promise<Found> {
  const versions = await versionsIn(db, schema);
  if (versions === null) return { state: "missing", current: 0, wanted, store: null };
  const { version, compatible_from: compatibleFrom, store } = versions;
  return { state: stateOf(version, compatibleFrom, wanted), current: version, wanted, store };
}

function stateOf(version: number, compatibleFrom: number, wanted: number): SchemaStatus["state"] {
  if (version < wanted) return "old";
  return compatibleFrom <= wanted ? "ready" : "new";
}

/** Null if our tables are not there. */
async function versionsIn(
  db: Connection,
  schema: string,
): Promise<{ readonly version: number; readonly compatible_from: number; readonly store: string } | null> {
  const there = await db.get(findVersions, { table: `"${schema}".migration` });
  if (there?.found !== true) return null;
  const versions = await db.get(readVersions, {});
  return versions === undefined || versions.version === null ? null : versions;
}

/** Runs a transaction: begins it, hands out its connection, and commits; a failure undoes it. */
export type InTransaction = <T>(work: (db: Connection) => Promise<T>) => Promise<T>;

/**
 * Runs what is missing, each migration in a transaction of its own. Another process that does the same waits for
 * each of them, and then finds it done.
 *
 * @throws QueueError `SCHEMA_TOO_NEW`; the server's own errors, also where the role may not make what is missing
 */
export async function migrate(
  inTransaction: InTransaction,
  schema: string,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<{ readonly from: number; readonly to: number }> {
  const to = migrations.length;
  let from: number | null = null;
  for (;;) {
    const stood = await inTransaction((db) => migrateOnce(db, schema, migrations));
    from ??= stood;
    if (stood >= to) return { from, to: Math.max(stood, to) };
  }
}

/** One version further, if there is one. @returns the version that stood there */
async function migrateOnce(db: Connection, schema: string, migrations: readonly Migration[]): Promise<number> {
  await db.run(noTimeouts, {});
  await db.run(lockSchema, { schema });
  const { state, current } = await schemaStatus(db, schema, migrations.length);
  if (state === "new")
    throw new QueueError("SCHEMA_TOO_NEW", `version ${current}, this installation knows ${migrations.length}`);
  const migration = migrations[current];
  if (migration === undefined) return current;
  if (current === 0) await prepare(db, schema);
  for (const script of migration.scripts) await db.execute(script);
  await db.run(writeVersion, { version: current + 1, compatible_from: migration.compatibleFrom });
  return current;
}

/** A schema that a DBA has made is used as it is: then the role needs CREATE on it, and not on the database. */
async function prepare(db: Connection, schema: string): Promise<void> {
  const { role, found, may_create: mayCreate } = (await db.get(readRights, { schema })) ?? NO_RIGHTS;
  const asked = found ? `GRANT CREATE ON SCHEMA ${schema} TO ${role}` : `CREATE SCHEMA ${schema} AUTHORIZATION ${role}`;
  if (!mayCreate)
    throw new QueueError("STORE_UNAVAILABLE", `role ${role} may not make the tables; who may has to run: ${asked}`);
  if (!found) await db.execute(createSchema);
  await db.execute(createVersions);
}

const NO_RIGHTS: Rights = { role: "of the URL", found: false, may_create: false };
