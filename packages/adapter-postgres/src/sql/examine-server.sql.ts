/** What an examination asks about the server: nothing of it needs our tables. */

import { type None, type Statement, sql } from "../statement.ts";

export interface ServerRow {
  /** `18.4` */
  readonly version: string;
  /** 180004 */
  readonly number: number;
  readonly encoding: string;
  readonly standby: boolean;
  /** As it holds for a new transaction of this connection. */
  readonly read_only: boolean;
  readonly fsync: boolean;
  readonly full_page_writes: boolean;
  /** Of this connection. */
  readonly synchronous_commit: string;
  /** As the server, the database or the role has it. */
  readonly configured_commit: string;
  /** Transactions since the oldest that is not frozen; at about two thousand million the server takes no more. */
  readonly unfrozen: number;
}
export const readServer: Statement<None, ServerRow> = sql`
  SELECT split_part(current_setting('server_version'), ' ', 1) AS version, current_setting('server_version_num')::integer AS number,
         current_setting('server_encoding') AS encoding, pg_is_in_recovery() AS standby,
         current_setting('transaction_read_only')::boolean AS read_only, current_setting('fsync')::boolean AS fsync,
         current_setting('full_page_writes')::boolean AS full_page_writes,
         current_setting('synchronous_commit') AS synchronous_commit,
         (SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit') AS configured_commit,
         (SELECT age(datfrozenxid) FROM pg_database WHERE datname = current_database()) AS unfrozen
`;

/** What is left to clients; the server keeps some for its superusers. */
export const readConnections: Statement<None, { readonly used: number; readonly ours: number; readonly room: number }> =
  sql`
  SELECT (SELECT count(*)::integer FROM pg_stat_activity WHERE backend_type = 'client backend') AS used,
         (SELECT count(*)::integer FROM pg_stat_activity
           WHERE backend_type = 'client backend' AND application_name LIKE 'jobyard%') AS ours,
         current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer
           - coalesce(current_setting('reserved_connections', true)::integer, 0) AS room
`;

interface Patience {
  readonly patience_ms: number;
}
export interface Holder {
  readonly pid: number;
  /** `session`, `prepared` or `slot`. */
  readonly kind: string;
  readonly what: string;
  readonly ms: number;
}
/** Whoever has looked at one state of the database for so long that vacuum may remove nothing since; longest first. */
export const oldSnapshots: Statement<Patience, Holder> = sql`
  SELECT pid, 'session' AS kind, concat_ws(', ', nullif(application_name, ''), usename, state) AS what,
         (extract(epoch FROM clock_timestamp() - xact_start) * 1000)::bigint AS ms
    FROM pg_stat_activity
   WHERE (datname = current_database() OR datname IS NULL) AND pid <> pg_backend_pid()
     AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL OR state LIKE 'idle in transaction%')
     AND xact_start < clock_timestamp() - @patience_ms::integer * interval '1 millisecond'
   UNION ALL
  SELECT 0, 'prepared', gid, (extract(epoch FROM clock_timestamp() - prepared) * 1000)::bigint
    FROM pg_prepared_xacts
   WHERE database = current_database() AND prepared < clock_timestamp() - @patience_ms::integer * interval '1 millisecond'
   ORDER BY ms DESC
`;

/** Sessions of others that do not tell us what they do. */
export const hiddenSessions: Statement<None, { readonly n: number }> = sql`
  SELECT count(*)::integer AS n FROM pg_stat_activity
   WHERE backend_type IS NULL OR query = '<insufficient privilege>'
`;

export interface Slot {
  readonly name: string;
  readonly active: boolean;
  readonly kept_bytes: number;
}
/** Replication slots, the one that keeps most of the log first. */
export const readSlots: Statement<None, Slot> = sql`
  SELECT slot_name::text AS name, active,
         greatest(0, pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
                                          ELSE pg_current_wal_lsn() END, restart_lsn))::bigint AS kept_bytes
    FROM pg_replication_slots WHERE restart_lsn IS NOT NULL
   ORDER BY kept_bytes DESC
`;
