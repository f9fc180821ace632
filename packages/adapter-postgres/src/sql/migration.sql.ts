/** Which version the tables have, and the lock under which they get a new one. */

import { type None, type Statement, sql } from "../statement.ts";

/** False also for a schema that this role may not look into. */
export const findVersions: Statement<{ readonly table: string }, { readonly found: boolean }> = sql`
  SELECT to_regclass(@table) IS NOT NULL AS found
`;

/** `compatible_from`: the oldest version that may work on all that stands there. */
export const readVersions: Statement<
  None,
  { readonly version: number; readonly compatible_from: number; readonly store: string }
> = sql`
  SELECT max(version) AS version, max(compatible_from) AS compatible_from,
         min(applied_at)::text AS store
    FROM jobyard.migration
`;

export const createVersions: Statement<None> = sql`
  CREATE TABLE IF NOT EXISTS jobyard.migration (
    version         integer PRIMARY KEY,
    applied_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    compatible_from integer NOT NULL
  )
`;

export const writeVersion: Statement<{ readonly version: number; readonly compatible_from: number }> = sql`
  INSERT INTO jobyard.migration (version, compatible_from) VALUES (@version::integer, @compatible_from::integer)
`;

/** Held until the transaction ends, so that it also works through a pooler that lends connections by transaction. */
export const lockSchema: Statement<{ readonly schema: string }, { readonly locked: string }> = sql`
  SELECT pg_advisory_xact_lock(hashtextextended('jobyard:migrate:' || @schema::text, 0))::text AS locked
`;

export const noTimeouts: Statement<None, { readonly done: string }> = sql`
  SELECT set_config('statement_timeout', '0', true) AS done, set_config('lock_timeout', '0', true)
`;

/** Whether the schema is there, and what this role may make. */
export const readRights: Statement<{ readonly schema: string }, Rights> = sql`
  SELECT quote_ident(current_user) AS role, oid IS NOT NULL AS found,
         CASE WHEN oid IS NULL THEN has_database_privilege(current_database(), 'CREATE')
              ELSE has_schema_privilege(oid, 'CREATE') END AS may_create
    FROM (SELECT (SELECT oid FROM pg_namespace WHERE nspname = @schema::text)) AS schema(oid)
`;
export interface Rights {
  readonly role: string;
  readonly found: boolean;
  readonly may_create: boolean;
}

export const createSchema: Statement<None> = sql`CREATE SCHEMA jobyard`;
