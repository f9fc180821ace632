/** Counts that stop at a limit: one more than the cap says "or more". Many queues, or many lanes, cost one round trip. */

import type { InLine, Instant, StoredPause, StoredSettings } from "@jobyard/core/adapter";
import { type Statement, sql } from "../statement.ts";

export interface Totals extends InLine {
  readonly active: number;
  readonly stale: number;
  readonly completed: number;
  readonly dead: number;
  readonly cancelled: number;
}

export interface QueueTotals extends Totals {
  readonly queue: string;
  readonly depth: number;
}
/** From the lines, the leases and the counters: no job is looked at. `limit` bounds what is counted one by one. */
export const totalsOfQueues: Statement<
  { readonly queues: readonly string[]; readonly now: Instant; readonly limit: number },
  QueueTotals
> = sql`
  SELECT queue, depth, completed, due, ahead, retrying, active, stale, dead, cancelled
    FROM jobyard.totals_of_queues(@queues::text[], @now::bigint, @limit::bigint)
`;

export interface QueueInfoRow extends QueueTotals, StoredPause, StoredSettings {
  /** Of a line's front, `cap` places of each lane: when the first of them was enqueued. */
  readonly oldest_due_at: Instant | null;
}
/** @see migrations/001/queues.sql.ts. Null: all queues that have jobs or settings; now. */
export const infosOfQueues: Statement<
  { readonly queues: readonly string[] | null; readonly now: Instant | null; readonly cap: number },
  QueueInfoRow
> = sql`
  SELECT queue, depth, completed, due, ahead, retrying, active, stale, dead, cancelled, paused_at, paused_by,
         paused_reason, max_size, retention, oldest_due_at
    FROM jobyard.infos_of_queues(@queues::text[], @now::bigint, @cap::bigint)
`;

// ── some types of a queue: what no index tells is gone through, `rows` of each kind at most ──────

interface OfLanes {
  readonly queues: readonly string[];
  readonly lanes: readonly number[];
  readonly rows: number;
}
/** `…_looked` is how many rows were gone through for a number. */
export interface LaneTotals extends Omit<Totals, "completed"> {
  readonly retrying_looked: number;
  readonly stale_looked: number;
  readonly dead_looked: number;
  readonly cancelled_looked: number;
}
export const totalsOfLanes: Statement<OfLanes & { readonly now: Instant; readonly limit: number }, LaneTotals> = sql`
  WITH own_held AS MATERIALIZED (
    SELECT run_at > @now::bigint AS is_ahead, tried FROM jobyard.held WHERE lane = ANY (@lanes::integer[])
  ), called AS MATERIALIZED (
    SELECT part.state, part.looked, part.n FROM unnest(ARRAY['stale', 'dead', 'cancelled']) AS kind(state)
     CROSS JOIN LATERAL (
       SELECT kind.state, count(*) AS looked, count(*) FILTER (WHERE job.lane = ANY (@lanes::integer[])) AS n
         FROM (SELECT pk FROM jobyard.attention
                WHERE attention.queue = ANY (@queues::text[]) AND attention.state = kind.state
                LIMIT @rows::bigint) AS part
         JOIN jobyard.job USING (pk)) AS part
  )
  SELECT ready.n + due.n + (SELECT count(*) FROM own_held WHERE NOT is_ahead) AS due,
         ahead.n + (SELECT count(*) FROM own_held WHERE is_ahead) AS ahead,
         retrying.n + (SELECT count(*) FROM own_held WHERE is_ahead AND tried) AS retrying,
         retrying.looked AS retrying_looked, active.n AS active,
         stale.n AS stale, stale.looked AS stale_looked, dead.n AS dead, dead.looked AS dead_looked,
         cancelled.n AS cancelled, cancelled.looked AS cancelled_looked
    FROM (SELECT count(*) AS n FROM unnest(@lanes::integer[]) AS asked(lane) CROSS JOIN LATERAL
           (SELECT FROM jobyard.ready WHERE ready.lane = asked.lane ORDER BY priority, ord LIMIT @limit::bigint) AS own
         ) AS ready,
         (SELECT count(*) AS n FROM unnest(@lanes::integer[]) AS asked(lane) CROSS JOIN LATERAL
           (SELECT FROM jobyard.later WHERE later.lane = asked.lane AND run_at <= @now::bigint
             ORDER BY run_at LIMIT @limit::bigint) AS own) AS due,
         (SELECT count(*) AS n FROM unnest(@lanes::integer[]) AS asked(lane) CROSS JOIN LATERAL
           (SELECT FROM jobyard.later WHERE later.lane = asked.lane AND run_at > @now::bigint
             ORDER BY run_at LIMIT @limit::bigint) AS own) AS ahead,
         (SELECT count(*) AS looked, count(*) FILTER (WHERE lane = ANY (@lanes::integer[])) AS n
            FROM (SELECT lane FROM jobyard.later WHERE tried AND queue = ANY (@queues::text[])
                     AND run_at > @now::bigint LIMIT @rows::bigint) AS part) AS retrying,
         (SELECT count(*) AS n FROM jobyard.lease CROSS JOIN LATERAL unnest(lease.pks) AS member(pk)
            JOIN jobyard.job ON job.pk = member.pk AND job.state = 'waiting' AND job.lane = ANY (@lanes::integer[])
           WHERE lease.queue = ANY (@queues::text[])) AS active,
         (SELECT * FROM called WHERE state = 'stale') AS stale,
         (SELECT * FROM called WHERE state = 'dead') AS dead,
         (SELECT * FROM called WHERE state = 'cancelled') AS cancelled
`;

/** Jobs by lane, from the newest block of these lanes back; `looked`: rows that were gone through for all of them. */
export interface LaneCount {
  readonly lane: number;
  readonly n: number;
  readonly completed: number;
  readonly looked: number;
}
export const countByLane: Statement<{ readonly lanes: readonly number[]; readonly rows: number }, LaneCount> = sql`
  WITH looked AS MATERIALIZED (
    SELECT member.lane, member.state
      FROM (SELECT DISTINCT block FROM jobyard.lane_block
             WHERE lane_block.lane = ANY (@lanes::integer[]) ORDER BY block DESC) AS own
     CROSS JOIN LATERAL
      (SELECT lane, state FROM jobyard.job
        WHERE pk >= jobyard.block_start(own.block) AND pk < jobyard.block_start(own.block + 1)
        ORDER BY pk DESC) AS member
     LIMIT @rows::bigint
  )
  SELECT lane, count(*) AS n, count(*) FILTER (WHERE state = 'completed') AS completed,
         (SELECT count(*) FROM looked) AS looked
    FROM looked WHERE lane = ANY (@lanes::integer[]) GROUP BY lane
`;

// ── how long the line is ─────────────────────────────────────────────────────────────────────────

/** Due jobs of the queue that come before a place in line; of those without an order number, before a time. */
export const countBefore: Statement<
  {
    readonly queue: string;
    readonly now: Instant;
    readonly priority: number;
    readonly ord: number;
    readonly run_at: Instant;
    readonly pk: number;
    readonly limit: number;
  },
  { readonly n: number }
> = sql`
  SELECT ready.n + due.n AS n
    FROM (SELECT count(*) AS n FROM jobyard.lane CROSS JOIN LATERAL
           (SELECT FROM jobyard.ready
             WHERE ready.lane = lane.id AND (priority, ord) < (@priority::integer, @ord::bigint)
             ORDER BY priority, ord LIMIT @limit::bigint) AS own
           WHERE lane.queue = @queue) AS ready,
         (SELECT count(*) AS n FROM
           (SELECT FROM jobyard.later
             WHERE queue = @queue AND run_at <= @now::bigint
               AND (priority, run_at, pk) < (@priority::integer, @run_at::bigint, @pk::bigint)
             LIMIT @limit::bigint) AS part) AS due
`;

/** Who holds a dedupe key; with a `{forMs}` key possibly a job that is gone. */
export const holderOfKey: Statement<
  { readonly queue: string; readonly key: string; readonly now: Instant },
  { readonly pk: number; readonly id: string }
> = sql`
  SELECT pk, id FROM jobyard.dedupe
   WHERE queue = @queue AND key = @key AND (until IS NULL OR until > @now::bigint)
`;
