/** Retention: see purge.ts, and the function in migrations/001/purge.sql.ts. */

import type { RetainedState } from "@jobyard/core/adapter";
import { type Statement, sql } from "../statement.ts";

export interface Purged {
  readonly removed: number;
  readonly more: boolean;
}

/** A bound that is null is none. */
export const purgeJobs: Statement<
  {
    readonly queue: string;
    readonly state: RetainedState;
    readonly age_ms: number | null;
    readonly count: number | null;
    readonly bytes: number | null;
    readonly limit: number;
  },
  Purged
> = sql`
  SELECT removed, more
    FROM jobyard.purge_jobs(@queue, @state, @age_ms::bigint, @count::bigint, @bytes::bigint, @limit::integer)
`;
