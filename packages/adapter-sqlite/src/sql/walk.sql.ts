/**
 * Places in lists: older ones from the newest down, newer ones from the oldest up. Each statement begins at a place in
 * an index and ends after `rows`, or at the other end of a range.
 */

import type { Instant, State } from "@jobyard/core/adapter";
import { type Statement, sql } from "../statement.ts";

interface Found {
  readonly pk: number;
}

export const lastJobBelow: Statement<{ readonly pk: number }, Found> = sql`
  SELECT pk FROM jobyard_job WHERE pk < @pk ORDER BY pk DESC LIMIT 1
`;
export const firstJobFrom: Statement<{ readonly pk: number }, Found> = sql`
  SELECT pk FROM jobyard_job WHERE pk >= @pk ORDER BY pk LIMIT 1
`;

/** Both ends are in it. What is null asks for nothing. */
export interface JobRange {
  readonly low: number;
  readonly high: number;
  /** Names of states, with commas. */
  readonly states: string | null;
  readonly createdFrom: Instant | null;
  readonly createdTo: Instant | null;
  readonly dueAfter: Instant | null;
  readonly dueBy: Instant | null;
  readonly most: number;
}
export const jobsDown: Statement<JobRange, Found> = sql`
  SELECT pk FROM jobyard_job
   WHERE pk >= @low AND pk <= @high AND (@states IS NULL OR instr(@states, state) > 0)
     AND (@createdFrom IS NULL OR created_at >= @createdFrom) AND (@createdTo IS NULL OR created_at <= @createdTo)
     AND (@dueAfter IS NULL OR run_at > @dueAfter) AND (@dueBy IS NULL OR run_at <= @dueBy)
   ORDER BY pk DESC LIMIT @most
`;
export const jobsUp: Statement<JobRange, Found> = sql`
  SELECT pk FROM jobyard_job
   WHERE pk >= @low AND pk <= @high AND (@states IS NULL OR instr(@states, state) > 0)
     AND (@createdFrom IS NULL OR created_at >= @createdFrom) AND (@createdTo IS NULL OR created_at <= @createdTo)
     AND (@dueAfter IS NULL OR run_at > @dueAfter) AND (@dueBy IS NULL OR run_at <= @dueBy)
   ORDER BY pk LIMIT @most
`;

/** Jobs of these lanes, which a JSON array names. */
type LanesRange = JobRange & { readonly lanes: string };
export const lanesDown: Statement<LanesRange, Found> = sql`
  SELECT pk FROM jobyard_job
   WHERE pk >= @low AND pk <= @high AND lane IN (SELECT value FROM json_each(@lanes))
     AND (@states IS NULL OR instr(@states, state) > 0)
     AND (@createdFrom IS NULL OR created_at >= @createdFrom) AND (@createdTo IS NULL OR created_at <= @createdTo)
     AND (@dueAfter IS NULL OR run_at > @dueAfter) AND (@dueBy IS NULL OR run_at <= @dueBy)
   ORDER BY pk DESC LIMIT @most
`;
export const lanesUp: Statement<LanesRange, Found> = sql`
  SELECT pk FROM jobyard_job
   WHERE pk >= @low AND pk <= @high AND lane IN (SELECT value FROM json_each(@lanes))
     AND (@states IS NULL OR instr(@states, state) > 0)
     AND (@createdFrom IS NULL OR created_at >= @createdFrom) AND (@createdTo IS NULL OR created_at <= @createdTo)
     AND (@dueAfter IS NULL OR run_at > @dueAfter) AND (@dueBy IS NULL OR run_at <= @dueBy)
   ORDER BY pk LIMIT @most
`;

/** By the number of the job. The plus keeps it from sorting what an index finds. */
interface NumberedAttention {
  readonly pk: number;
  /** Names of states, with commas. */
  readonly states: string;
  readonly rows: number;
}
export const olderAttention: Statement<NumberedAttention, Found> = sql`
  SELECT pk FROM jobyard_attention WHERE pk < @pk AND instr(@states, +state) > 0 ORDER BY pk DESC LIMIT @rows
`;
export const newerAttention: Statement<NumberedAttention, Found> = sql`
  SELECT pk FROM jobyard_attention WHERE pk >= @pk AND instr(@states, +state) > 0 ORDER BY pk LIMIT @rows
`;

interface EnteredAttention {
  readonly state: State;
  readonly at: Instant;
  readonly pk: number;
  readonly rows: number;
}
interface FoundAt extends Found {
  readonly at: Instant;
}
export const olderInState: Statement<EnteredAttention, FoundAt> = sql`
  SELECT at, pk FROM jobyard_attention
   WHERE state = @state AND (at, pk) < (@at, @pk) ORDER BY at DESC, pk DESC LIMIT @rows
`;
export const newerInState: Statement<EnteredAttention, FoundAt> = sql`
  SELECT at, pk FROM jobyard_attention
   WHERE state = @state AND (at, pk) >= (@at, @pk) ORDER BY at, pk LIMIT @rows
`;
export const olderInQueueState: Statement<EnteredAttention & { readonly queue: string }, FoundAt> = sql`
  SELECT at, pk FROM jobyard_attention
   WHERE queue = @queue AND state = @state AND (at, pk) < (@at, @pk) ORDER BY at DESC, pk DESC LIMIT @rows
`;
export const newerInQueueState: Statement<EnteredAttention & { readonly queue: string }, FoundAt> = sql`
  SELECT at, pk FROM jobyard_attention
   WHERE queue = @queue AND state = @state AND (at, pk) >= (@at, @pk) ORDER BY at, pk LIMIT @rows
`;

// ── the few that wait, listed ────────────────────────────────────────────────────────────────────

interface OfLane {
  readonly lane: number;
  readonly limit: number;
}
export const readyPks: Statement<OfLane, Found> = sql`
  SELECT pk FROM jobyard_ready WHERE lane = @lane LIMIT @limit
`;
export const laterPks: Statement<OfLane, Found> = sql`
  SELECT pk FROM jobyard_later WHERE lane = @lane LIMIT @limit
`;
/** All: a queue has few of them, after a crash. */
export const heldPks: Statement<{ readonly queue: string }, Found> = sql`
  SELECT pk FROM jobyard_held WHERE queue = @queue
`;

/** The place in line behind so many. */
interface InLine {
  readonly lane: number;
  readonly priority: number;
  readonly ord: number;
}
export const readyEdge: Statement<
  InLine & { readonly rows: number },
  { readonly priority: number; readonly ord: number }
> = sql`
  SELECT priority, ord FROM jobyard_ready
   WHERE lane = @lane AND (priority, ord) > (@priority, @ord) ORDER BY priority, ord LIMIT 1 OFFSET @rows
`;
export const laterList: Statement<{ readonly lane: number; readonly dueBy: Instant }, { readonly pks: string }> = sql`
  SELECT json_group_array(pk) AS pks FROM jobyard_later WHERE lane = @lane AND run_at <= @dueBy
`;
/** As one text, which is a third of the work of as many rows. */
export const readyList: Statement<
  InLine & { readonly toPriority: number; readonly toOrd: number },
  { readonly pks: string }
> = sql`
  SELECT json_group_array(pk) AS pks FROM jobyard_ready
   WHERE lane = @lane AND (priority, ord) > (@priority, @ord) AND (priority, ord) <= (@toPriority, @toOrd)
`;

/** Of the jobs with these numbers; both ends are among them. */
export const createdBetween: Statement<
  { readonly low: number; readonly high: number },
  { readonly earliest: Instant | null; readonly latest: Instant | null }
> = sql`
  SELECT min(created_at) AS earliest, max(created_at) AS latest FROM jobyard_job WHERE pk >= @low AND pk <= @high
`;
