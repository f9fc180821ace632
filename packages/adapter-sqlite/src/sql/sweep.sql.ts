/** What a sweep looks for. */

import type { Instant } from "@jobyard/core/adapter";
import { type None, type Statement, sql } from "../statement.ts";

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

interface Old {
  readonly queue: string;
  readonly before: Instant;
  readonly limit: number;
}

export const oldFinals: Statement<Old & { readonly state: "dead" | "cancelled" }, Found> = sql`
  SELECT pk FROM jobyard_attention
   WHERE queue = @queue AND state = @state AND finished_at <= @before
   ORDER BY finished_at LIMIT @limit
`;

/** Completed jobs stand in no index of their own; `below` ends the look at their lanes. */
export const completedOf: Statement<Old & { readonly below: number }, Found> = sql`
  SELECT pk FROM jobyard_job
   WHERE lane IN (SELECT id FROM jobyard_lane WHERE queue = @queue)
     AND pk < @below AND state = 'completed' AND finished_at <= @before
   LIMIT @limit
`;

export const lastJob: Statement<None, Found> = sql`
  SELECT pk FROM jobyard_job ORDER BY pk DESC LIMIT 1
`;

/** The job of that number, or the next. */
export const jobFrom: Statement<{ readonly pk: number }, { readonly pk: number; readonly created_at: Instant }> = sql`
  SELECT pk, created_at FROM jobyard_job WHERE pk >= @pk ORDER BY pk LIMIT 1
`;
