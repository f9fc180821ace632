/** Counts that stop at a limit: one more than the cap says "or more". */

import type { Instant, State } from "@jobyard/core/adapter";
import { type Statement, sql } from "../statement.ts";

interface Found {
  readonly pk: number;
}
export interface Counted {
  readonly n: number;
}
interface Capped {
  readonly queue: string;
  readonly limit: number;
}
export const countActive: Statement<{ readonly queue: string }, Counted> = sql`
  SELECT coalesce(sum(unsettled), 0) AS n FROM jobyard_lease WHERE queue = @queue
`;
export const countAttention: Statement<Capped & { readonly state: State }, Counted> = sql`
  SELECT count(*) AS n FROM
    (SELECT 1 FROM jobyard_attention WHERE queue = @queue AND state = @state LIMIT @limit)
`;
export const countReady: Statement<{ readonly lane: number; readonly limit: number }, Counted> = sql`
  SELECT count(*) AS n FROM (SELECT 1 FROM jobyard_ready WHERE lane = @lane LIMIT @limit)
`;
export const countDue: Statement<Capped & { readonly now: Instant }, Counted> = sql`
  SELECT count(*) AS n FROM
    (SELECT 1 FROM jobyard_later WHERE queue = @queue AND run_at <= @now
      UNION ALL
     SELECT 1 FROM jobyard_held WHERE queue = @queue AND run_at <= @now
     LIMIT @limit)
`;
export const countAhead: Statement<Capped & { readonly now: Instant }, Counted> = sql`
  SELECT count(*) AS n FROM
    (SELECT 1 FROM jobyard_later WHERE queue = @queue AND run_at > @now
      UNION ALL
     SELECT 1 FROM jobyard_held WHERE queue = @queue AND run_at > @now
     LIMIT @limit)
`;
export const countRetrying: Statement<Capped & { readonly now: Instant }, Counted> = sql`
  SELECT count(*) AS n FROM
    (SELECT 1 FROM jobyard_later WHERE queue = @queue AND run_at > @now AND tried = 1
      UNION ALL
     SELECT 1 FROM jobyard_held WHERE queue = @queue AND run_at > @now AND tried = 1
     LIMIT @limit)
`;

// ── of some types of a queue: what no index tells is gone through, so many `rows` at most ────────

interface OfLane {
  readonly lane: number;
  readonly limit: number;
}
export const countDueInLane: Statement<OfLane & { readonly now: Instant }, Counted> = sql`
  SELECT count(*) AS n FROM (SELECT 1 FROM jobyard_later WHERE lane = @lane AND run_at <= @now LIMIT @limit)
`;
export const countAheadInLane: Statement<OfLane & { readonly now: Instant }, Counted> = sql`
  SELECT count(*) AS n FROM (SELECT 1 FROM jobyard_later WHERE lane = @lane AND run_at > @now LIMIT @limit)
`;

/** `lanes`: JSON array. */
interface OfLanes {
  readonly queue: string;
  readonly lanes: string;
  readonly rows: number;
}
export interface Looked extends Counted {
  readonly looked: number;
}

/** By the rows of a lane's blocks, from the oldest on; `inBlock`: numbers in a block. */
interface OfBlocks {
  readonly lane: number;
  readonly inBlock: number;
  readonly rows: number;
}
export const countOlder: Statement<OfBlocks & { readonly before: number }, Looked> = sql`
  SELECT count(*) AS looked, coalesce(sum(lane = @lane), 0) AS n FROM
    (SELECT job.lane
       FROM jobyard_lane_block AS own
      CROSS JOIN jobyard_job AS job ON job.pk >= own.block * @inBlock AND job.pk < (own.block + 1) * @inBlock
      WHERE own.lane = @lane AND own.block < @before LIMIT @rows)
`;
export const countNewest: Statement<{ readonly low: number }, Counted & { readonly lane: number }> = sql`
  SELECT lane, count(*) AS n FROM jobyard_job WHERE pk >= @low GROUP BY lane
`;
export const countBlocks: Statement<OfLane, Counted> = sql`
  SELECT count(*) AS n FROM (SELECT 1 FROM jobyard_lane_block WHERE lane = @lane LIMIT @limit)
`;
export const completedInLane: Statement<OfBlocks & { readonly limit: number }, Counted> = sql`
  SELECT count(*) AS n FROM
    (SELECT 1 FROM
      (SELECT job.lane, job.state
         FROM jobyard_lane_block AS own
        CROSS JOIN jobyard_job AS job ON job.pk >= own.block * @inBlock AND job.pk < (own.block + 1) * @inBlock
        WHERE own.lane = @lane ORDER BY own.block LIMIT @rows)
      WHERE lane = @lane AND state = 'completed' LIMIT @limit)
`;
export const retryingInLanes: Statement<OfLanes & { readonly now: Instant }, Looked> = sql`
  SELECT count(*) AS looked, coalesce(sum(lane IN (SELECT value FROM json_each(@lanes))), 0) AS n FROM
    (SELECT lane FROM jobyard_later WHERE queue = @queue AND run_at > @now AND tried = 1 LIMIT @rows)
`;
export const heldInLanes: Statement<OfLanes, { readonly run_at: Instant; readonly tried: 0 | 1 }> = sql`
  SELECT run_at, tried FROM jobyard_held
   WHERE queue = @queue AND lane IN (SELECT value FROM json_each(@lanes)) LIMIT @rows
`;
export const activeInLanes: Statement<OfLanes, Counted> = sql`
  SELECT count(*) AS n FROM
    (SELECT 1 FROM jobyard_lease AS lease, json_each(lease.pks) AS leased
      CROSS JOIN jobyard_job AS job ON job.pk = leased.value
      WHERE lease.queue = @queue AND job.state = 'waiting' AND job.lane IN (SELECT value FROM json_each(@lanes))
      LIMIT @rows)
`;
export const attentionInLanes: Statement<OfLanes & { readonly state: State }, Looked> = sql`
  SELECT count(*) AS looked, coalesce(sum(lane IN (SELECT value FROM json_each(@lanes))), 0) AS n FROM
    (SELECT job.lane
       FROM jobyard_attention AS attention CROSS JOIN jobyard_job AS job ON job.pk = attention.pk
      WHERE attention.queue = @queue AND attention.state = @state LIMIT @rows)
`;

// ── how long the line is ─────────────────────────────────────────────────────────────────────────

/** The earliest enqueued of a lane's due jobs, of its first `limit`. */
export const oldestReady: Statement<{ readonly lane: number; readonly limit: number }, { readonly pk: number | null }> =
  sql`
  SELECT min(pk) AS pk FROM
    (SELECT pk FROM jobyard_ready WHERE lane = @lane ORDER BY priority, ord LIMIT @limit)
`;
export const oldestDue: Statement<Capped & { readonly now: Instant }, { readonly pk: number | null }> = sql`
  SELECT min(pk) AS pk FROM
    (SELECT pk FROM jobyard_later WHERE queue = @queue AND run_at <= @now
      UNION ALL
     SELECT pk FROM jobyard_held WHERE queue = @queue AND run_at <= @now
     LIMIT @limit)
`;
export const createdAt: Statement<Found, { readonly created_at: Instant }> = sql`
  SELECT created_at FROM jobyard_job WHERE pk = @pk
`;

export const countReadyBefore: Statement<
  { readonly lane: number; readonly priority: number; readonly ord: number; readonly limit: number },
  Counted
> = sql`
  SELECT count(*) AS n FROM
    (SELECT 1 FROM jobyard_ready WHERE lane = @lane AND (priority, ord) < (@priority, @ord) LIMIT @limit)
`;
export const countDueBefore: Statement<
  Capped & { readonly now: Instant; readonly priority: number; readonly run_at: Instant; readonly pk: number },
  Counted
> = sql`
  SELECT count(*) AS n FROM
    (SELECT 1 FROM jobyard_later
      WHERE queue = @queue AND run_at <= @now AND (priority, run_at, pk) < (@priority, @run_at, @pk) LIMIT @limit)
`;
