/** What people read: places in lists, summaries, counts that stop at a cap. */

import type { Instant, JsonText, State } from "@jobyard/core/adapter";
import type { SummaryRow } from "../rows.ts";
import { type None, type Statement, sql } from "../statement.ts";

interface Found {
  readonly pk: number;
}
interface Counted {
  readonly n: number;
}

export const queuesOfId: Statement<{ readonly id: string }, { readonly queue: string }> = sql`
  SELECT queue FROM jobyard_job WHERE id = @id ORDER BY queue
`;

/** In the order of `pks`, a JSON array: a cross join is run as it is written. */
export const summariesByPk: Statement<{ readonly pks: string }, SummaryRow> = sql`
  SELECT job.pk, job.queue, job.id, job.lane, lane.name, lane.version, job.state, job.reason, job.priority, job.ord,
         job.run_at, job.created_at, job.started_at, job.finished_at, job.expires_at, job.attempt, job.max_attempts,
         job.rescues, job.epoch, job.seq, job.claim_written, job.cancel_requested, job.held_limit, job.timeout_ms,
         job.on_lease_lost, job.dedupe_key, job.dedupe_while, job.dedupe_for_ms, job.worker, job.last_op, job.grp,
         job.tags, job.backoff, job.parent, job.progress, job.errors
    FROM json_each(@pks) AS wanted
   CROSS JOIN jobyard_job AS job ON job.pk = wanted.value
   CROSS JOIN jobyard_lane AS lane ON lane.id = job.lane
`;

export const largeTexts: Statement<Found, { readonly payload: JsonText; readonly result: JsonText | null }> = sql`
  SELECT payload, result FROM jobyard_job WHERE pk = @pk
`;

// ── places in lists: older ones from the newest down, newer ones from the oldest up ──────────────

interface Span {
  readonly pk: number;
  readonly limit: number;
}
export const olderJobs: Statement<Span, Found> = sql`
  SELECT pk FROM jobyard_job WHERE pk < @pk ORDER BY pk DESC LIMIT @limit
`;
export const newerJobs: Statement<Span, Found> = sql`
  SELECT pk FROM jobyard_job WHERE pk >= @pk ORDER BY pk LIMIT @limit
`;
export const olderInLane: Statement<Span & { readonly lane: number }, Found> = sql`
  SELECT pk FROM jobyard_job WHERE lane = @lane AND pk < @pk ORDER BY pk DESC LIMIT @limit
`;
export const newerInLane: Statement<Span & { readonly lane: number }, Found> = sql`
  SELECT pk FROM jobyard_job WHERE lane = @lane AND pk >= @pk ORDER BY pk LIMIT @limit
`;

interface TimeSpan extends Span {
  readonly state: State;
  readonly at: Instant;
}
interface FoundAt extends Found {
  readonly at: Instant;
}
export const olderInState: Statement<TimeSpan, FoundAt> = sql`
  SELECT at, pk FROM jobyard_attention
   WHERE state = @state AND (at, pk) < (@at, @pk) ORDER BY at DESC, pk DESC LIMIT @limit
`;
export const newerInState: Statement<TimeSpan, FoundAt> = sql`
  SELECT at, pk FROM jobyard_attention
   WHERE state = @state AND (at, pk) >= (@at, @pk) ORDER BY at, pk LIMIT @limit
`;
export const olderInQueueState: Statement<TimeSpan & { readonly queue: string }, FoundAt> = sql`
  SELECT at, pk FROM jobyard_attention
   WHERE queue = @queue AND state = @state AND (at, pk) < (@at, @pk) ORDER BY at DESC, pk DESC LIMIT @limit
`;
export const newerInQueueState: Statement<TimeSpan & { readonly queue: string }, FoundAt> = sql`
  SELECT at, pk FROM jobyard_attention
   WHERE queue = @queue AND state = @state AND (at, pk) >= (@at, @pk) ORDER BY at, pk LIMIT @limit
`;

/** By the number of the job, of one or more states: JSON array. The plus keeps it from sorting what an index finds. */
export const olderAttention: Statement<Span & { readonly states: string }, Found> = sql`
  SELECT pk FROM jobyard_attention
   WHERE pk < @pk AND +state IN (SELECT value FROM json_each(@states)) ORDER BY pk DESC LIMIT @limit
`;
export const newerAttention: Statement<Span & { readonly states: string }, Found> = sql`
  SELECT pk FROM jobyard_attention
   WHERE pk >= @pk AND +state IN (SELECT value FROM json_each(@states)) ORDER BY pk LIMIT @limit
`;

/** Everything that waits in some line; read only where it is known to be little. */
export const waitingPks: Statement<None, Found> = sql`
  SELECT pk FROM jobyard_ready UNION ALL SELECT pk FROM jobyard_later UNION ALL SELECT pk FROM jobyard_held
`;
export const pkById: Statement<{ readonly id: string }, Found> = sql`
  SELECT pk FROM jobyard_job WHERE id = @id
`;
export const totalDepth: Statement<None, Counted> = sql`
  SELECT coalesce(sum(value), 0) AS n FROM jobyard_tally WHERE name = 'depth'
`;

// ── counts: one more than the cap says "or more" ─────────────────────────────────────────────────

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
