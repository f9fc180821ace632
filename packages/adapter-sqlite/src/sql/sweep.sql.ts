/** What a sweep looks for. */

import type { Instant } from "@jobyard/core/adapter";
import { type Statement, sql } from "../statement.ts";

interface Found {
  readonly pk: number;
}

export const overdue: Statement<{ readonly now: Instant; readonly limit: number }, Found> = sql`
  SELECT pk FROM jobyard_expiry WHERE at <= @now ORDER BY at LIMIT @limit
`;

export const dropKeys: Statement<{ readonly now: Instant; readonly limit: number }> = sql`
  DELETE FROM jobyard_dedupe WHERE (queue, key) IN
    (SELECT queue, key FROM jobyard_dedupe WHERE until <= @now ORDER BY until LIMIT @limit)
`;

export const dropRecords: Statement<{ readonly now: Instant; readonly limit: number }> = sql`
  DELETE FROM jobyard_record WHERE (kind, id) IN
    (SELECT kind, id FROM jobyard_record WHERE expires_at <= @now ORDER BY expires_at LIMIT @limit)
`;
