/** What an examination asks. */

import type { Instant } from "@jobyard/core/adapter";
import { type None, type Statement, sql } from "../statement.ts";

export const sqliteVersion: Statement<None, { readonly version: string }> = sql`
  SELECT sqlite_version() AS version
`;

/** Copies what it can without waiting for anybody; `log` is -1 if there is no write-ahead log. */
export const checkpoint: Statement<
  None,
  { readonly busy: number; readonly log: number; readonly checkpointed: number }
> = sql`
  PRAGMA wal_checkpoint(PASSIVE)
`;

interface Verdict {
  readonly quick_check: string;
}
export const checkAll: Statement<None, Verdict> = sql`
  PRAGMA quick_check(10)
`;
/** All of our tables but those that grow with every job that is over. */
export const checkLines: Statement<None, Verdict> = sql`
  SELECT verdict.quick_check AS quick_check FROM sqlite_schema AS own, pragma_quick_check(own.name) AS verdict
   WHERE own.type = 'table' AND own.name LIKE 'jobyard!_%' ESCAPE '!'
     AND own.name NOT IN ('jobyard_job', 'jobyard_done', 'jobyard_attention', 'jobyard_event', 'jobyard_trash')
`;

export interface SchemaObject {
  readonly type: string;
  readonly name: string;
  readonly tbl_name: string;
  readonly sql: string;
}
/** What a CREATE made that belongs to our tables. SQLite's own indexes have no text. */
export const ownObjects: Statement<None, SchemaObject> = sql`
  SELECT type, name, tbl_name, sql FROM sqlite_schema
   WHERE sql IS NOT NULL AND tbl_name LIKE 'jobyard!_%' ESCAPE '!' ORDER BY name
`;

/** Of the jobs that were enqueued last, the one that claims to be the newest. */
export const newestOfLast: Statement<{ readonly jobs: number }, { readonly created_at: Instant | null }> = sql`
  SELECT max(created_at) AS created_at
    FROM (SELECT created_at FROM jobyard_job ORDER BY pk DESC LIMIT @jobs)
`;

export const liveRecords: Statement<
  { readonly kind: string; readonly now: Instant; readonly limit: number },
  { readonly doc: string }
> = sql`
  SELECT doc FROM jobyard_record WHERE kind = @kind AND (expires_at IS NULL OR expires_at > @now) LIMIT @limit
`;
