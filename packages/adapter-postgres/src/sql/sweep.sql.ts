/** Sweeping: see sweep.ts, and the functions in migrations/001/sweep.sql.ts. */

import { type Statement, sql } from "../statement.ts";

export const sweepAll: Statement<
  {
    readonly trash_ms: number;
    readonly session_ms: number;
    readonly tallies: number;
    readonly limit: number;
  },
  { readonly expired: number; readonly more: boolean; readonly queues: readonly string[] }
> = sql`
  SELECT expired, more, queues
    FROM jobyard.sweep(@trash_ms::bigint, @session_ms::bigint, @tallies::integer, @limit::integer)
`;
