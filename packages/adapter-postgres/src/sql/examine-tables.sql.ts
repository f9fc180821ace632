/** What an examination asks about our schema: what is in it, who may use it, and how it is kept clean. */

import type { Instant } from "@jobyard/core/adapter";
import { type Statement, sql } from "../statement.ts";

interface InSchema {
  readonly schema: string;
}

export interface Relation {
  readonly name: string;
  /** `trigger` stands on a table; a `constraint` is an index that belongs to one. */
  readonly kind: "table" | "index" | "constraint" | "sequence" | "function" | "type" | "trigger";
  /** The table that it belongs to, else its own name. */
  readonly of: string;
  /** False: an index that was never finished, which nothing uses and every write pays for. */
  readonly valid: boolean;
  readonly unlogged: boolean;
  /** Of an index; else empty. */
  readonly definition: string;
}
export const readRelations: Statement<InSchema, Relation> = sql`
  SELECT own.relname::text AS name,
         CASE WHEN own.relkind IN ('r', 'p') THEN 'table' WHEN own.relkind = 'S' THEN 'sequence'
              WHEN EXISTS (SELECT FROM pg_constraint WHERE conindid = own.oid) THEN 'constraint' ELSE 'index' END AS kind,
         coalesce(parent.relname, own.relname)::text AS of, coalesce(pg_index.indisvalid, true) AS valid,
         own.relkind IN ('r', 'p') AND own.relpersistence = 'u' AS unlogged,
         coalesce(pg_get_indexdef(pg_index.indexrelid), '') AS definition
    FROM pg_class AS own
    JOIN pg_namespace ON pg_namespace.oid = own.relnamespace
    LEFT JOIN pg_index ON pg_index.indexrelid = own.oid
    LEFT JOIN pg_class AS parent ON parent.oid = pg_index.indrelid
   WHERE nspname = @schema::text AND own.relkind IN ('r', 'p', 'i', 'I', 'S')
   UNION ALL
  SELECT DISTINCT proname::text, 'function', proname::text, true, false, ''
    FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace WHERE nspname = @schema::text
   UNION ALL
  SELECT typname::text, 'type', typname::text, true, false, ''
    FROM pg_type JOIN pg_namespace ON pg_namespace.oid = typnamespace
    JOIN pg_class ON pg_class.oid = typrelid WHERE nspname = @schema::text AND relkind = 'c'
   UNION ALL
  SELECT tgname::text, 'trigger', relname::text, true, false, ''
    FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_namespace ON pg_namespace.oid = relnamespace
   WHERE nspname = @schema::text AND NOT tgisinternal
   ORDER BY kind, name
`;

/** One row for the schema, if it is there: what this role may do with it. */
export const readSchemaRights: Statement<
  InSchema,
  { readonly role: string; readonly usage: boolean; readonly creation: boolean }
> = sql`
  SELECT current_user::text AS role, has_schema_privilege(oid, 'USAGE') AS usage,
         has_schema_privilege(oid, 'CREATE') AS creation
    FROM pg_namespace WHERE nspname = @schema::text
`;

/** What this role may not do, and has to: `DELETE ON TABLE lease`. Of the versions it needs to read only. */
export const missingRights: Statement<InSchema, { readonly lacks: string }> = sql`
  SELECT wanted.privilege || ' ON TABLE ' || relname AS lacks
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
   CROSS JOIN (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE')) AS wanted(privilege)
   WHERE nspname = @schema::text AND relkind IN ('r', 'p') AND (relname <> 'migration' OR wanted.privilege = 'SELECT')
     AND NOT has_table_privilege(pg_class.oid, wanted.privilege)
   UNION ALL
  SELECT 'USAGE ON SEQUENCE ' || relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
   WHERE nspname = @schema::text AND relkind = 'S' AND relname = 'number'
     AND NOT has_sequence_privilege(pg_class.oid, 'USAGE')
   UNION ALL
  SELECT DISTINCT 'EXECUTE ON FUNCTION ' || proname FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
   WHERE nspname = @schema::text AND NOT has_function_privilege(pg_proc.oid, 'EXECUTE')
   ORDER BY lacks
`;

/** Settings that switch autovacuum off: of the server, and of single tables. */
export const vacuumSwitches: Statement<
  InSchema,
  { readonly autovacuum: boolean; readonly track_counts: boolean; readonly tables_off: readonly string[] }
> = sql`
  SELECT current_setting('autovacuum')::boolean AS autovacuum, current_setting('track_counts')::boolean AS track_counts,
         ARRAY(SELECT relname::text FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
                CROSS JOIN LATERAL pg_options_to_table(reloptions) AS option
                WHERE nspname = @schema::text AND option.option_name = 'autovacuum_enabled'
                  AND NOT option.option_value::boolean
                ORDER BY relname) AS tables_off
`;

export interface TableRoom {
  readonly name: string;
  /** As the server counts them, roughly. */
  readonly live: number;
  readonly dead: number;
  /** With indexes. */
  readonly bytes: number;
}
/** The table with most dead rows first. */
export const tableRooms: Statement<InSchema, TableRoom> = sql`
  SELECT relname::text AS name, n_live_tup AS live, n_dead_tup AS dead,
         pg_relation_size(relid) + pg_indexes_size(relid) AS bytes
    FROM pg_stat_all_tables WHERE schemaname = @schema::text ORDER BY n_dead_tup DESC, relname
`;

/** Of the jobs that were enqueued last, the one that claims to be the newest; and what time it is. */
export const newestOfLast: Statement<
  { readonly jobs: number },
  { readonly created_at: Instant | null; readonly now: Instant }
> = sql`
  SELECT (SELECT max(created_at) FROM (SELECT created_at FROM jobyard.job ORDER BY pk DESC LIMIT @jobs::integer) AS last)
           AS created_at,
         jobyard.now_ms() AS now
`;
