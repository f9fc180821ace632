/**
 * Places in lists: older ones from the newest down, newer ones from the oldest up. Each statement begins at a place in
 * an index and ends after `rows`.
 */

import type { Instant, State } from "@jobyard/core/adapter";
import { type Statement, sql } from "../statement.ts";
import { type BothWays, bothWays } from "./both-ways.ts";

export interface Found {
  readonly pk: number;
}
interface From {
  readonly pk: number;
  readonly rows: number;
}

// ── all jobs ─────────────────────────────────────────────────────────────────────────────────────

export const jobsFrom: BothWays<From, Found> = bothWays`
  SELECT pk FROM jobyard.job WHERE pk {<|>=} @pk::bigint ORDER BY pk {DESC|ASC} LIMIT @rows::bigint
`;

/** Ranges of numbers, in the order of the walk, both ends in them. What is null asks for nothing. */
export interface InRanges {
  readonly lows: readonly number[];
  readonly highs: readonly number[];
  readonly lanes: readonly number[] | null;
  readonly createdFrom: Instant | null;
  readonly createdTo: Instant | null;
  readonly isCompleted: boolean | null;
  readonly rows: number;
}
/** The ranges follow each other, so the first rows of each, sorted, are in the order of all. */
export const jobsInRanges: BothWays<InRanges, Found> = bothWays`
  SELECT part.pk FROM unnest(@lows::bigint[], @highs::bigint[]) AS span(low, high)
   CROSS JOIN LATERAL
    (SELECT pk FROM jobyard.job
      WHERE pk BETWEEN span.low AND span.high
        AND (@lanes::integer[] IS NULL OR lane = ANY (@lanes::integer[]))
        AND (@createdFrom::bigint IS NULL OR created_at >= @createdFrom::bigint)
        AND (@createdTo::bigint IS NULL OR created_at <= @createdTo::bigint)
        AND (@isCompleted::boolean IS NULL OR (state = 'completed') = @isCompleted::boolean)
      ORDER BY pk {DESC|ASC} LIMIT @rows::bigint) AS part
   ORDER BY part.pk {DESC|ASC} LIMIT @rows::bigint
`;

/** Blocks of numbers in which these lanes have jobs that were enqueued in these periods. */
export interface Blocks {
  readonly lanes: readonly number[];
  readonly block: number;
  readonly periodFrom: number | null;
  readonly periodTo: number | null;
  readonly most: number;
}
interface Block {
  readonly block: number;
}
export const blocksFrom: BothWays<Blocks, Block> = bothWays`
  SELECT own.block FROM unnest(@lanes::integer[]) AS asked(lane)
   CROSS JOIN LATERAL
    (SELECT DISTINCT block FROM jobyard.lane_block
      WHERE lane_block.lane = asked.lane AND block {<=|>=} @block::bigint
        AND (@periodFrom::bigint IS NULL OR period >= @periodFrom::bigint)
        AND (@periodTo::bigint IS NULL OR period <= @periodTo::bigint)
      ORDER BY block {DESC|ASC} LIMIT @most::bigint) AS own
   GROUP BY own.block ORDER BY own.block {DESC|ASC} LIMIT @most::bigint
`;

/**
 * Completed ones from the order of completion. Its rows have numbers in ascending order, and the nearest `rows` of them
 * stand in as many rows at most: those whose nearest end is nearest, and those on both sides of the place. Some of the
 * jobs may be gone, or come up twice.
 */
interface Completed extends From {
  readonly queues: readonly string[] | null;
}
export const completedFrom: BothWays<Completed, Found> = bothWays`
  SELECT member.pk FROM (
    SELECT pks FROM jobyard.done
     WHERE (@queues::text[] IS NULL OR queue = ANY (@queues::text[]))
       AND pk < @pk::bigint AND pks[cardinality(pks)] >= @pk::bigint
    UNION ALL
    (SELECT pks FROM jobyard.done
      WHERE (@queues::text[] IS NULL OR queue = ANY (@queues::text[]))
        AND {pks[cardinality(pks)] <|pk >=} @pk::bigint
      ORDER BY {pks[cardinality(pks)] DESC|pk ASC} LIMIT @rows::bigint)
  ) AS near CROSS JOIN LATERAL unnest(near.pks) AS member(pk)
   WHERE member.pk {<|>=} @pk::bigint ORDER BY member.pk {DESC|ASC} LIMIT @rows::bigint
`;

// ── jobs that need attention ─────────────────────────────────────────────────────────────────────

interface Numbered extends From {
  readonly states: readonly State[];
}
export const attentionFrom: BothWays<Numbered, Found> = bothWays`
  SELECT pk FROM jobyard.attention WHERE pk {<|>=} @pk::bigint AND state = ANY (@states::text[])
   ORDER BY pk {DESC|ASC} LIMIT @rows::bigint
`;

interface Entered extends From {
  readonly state: State;
  readonly at: Instant;
}
interface FoundAt extends Found {
  readonly at: Instant;
}
export const enteredFrom: BothWays<Entered, FoundAt> = bothWays`
  SELECT at, pk FROM jobyard.attention
   WHERE state = @state AND (at, pk) {<|>=} (@at::bigint, @pk::bigint)
   ORDER BY at {DESC|ASC}, pk {DESC|ASC} LIMIT @rows::bigint
`;
export const enteredInQueueFrom: BothWays<Entered & { readonly queue: string }, FoundAt> = bothWays`
  SELECT at, pk FROM jobyard.attention
   WHERE queue = @queue AND state = @state AND (at, pk) {<|>=} (@at::bigint, @pk::bigint)
   ORDER BY at {DESC|ASC}, pk {DESC|ASC} LIMIT @rows::bigint
`;

// ── jobs that wait ───────────────────────────────────────────────────────────────────────────────

/** What is null asks for nothing. */
export interface Waiting {
  readonly lanes: readonly number[];
  readonly dueAfter: Instant | null;
  readonly dueBy: Instant | null;
  readonly isTried: boolean | null;
}
interface Some {
  readonly rows: number;
}
export const readyOf: Statement<{ readonly lanes: readonly number[] } & Some, Found> = sql`
  SELECT own.pk FROM unnest(@lanes::integer[]) AS asked(lane)
   CROSS JOIN LATERAL
    (SELECT pk FROM jobyard.ready WHERE ready.lane = asked.lane ORDER BY priority, ord LIMIT @rows::bigint) AS own
   LIMIT @rows::bigint
`;
export const laterOf: Statement<Waiting & Some, Found> = sql`
  SELECT own.pk FROM unnest(@lanes::integer[]) AS asked(lane)
   CROSS JOIN LATERAL
    (SELECT pk FROM jobyard.later
      WHERE later.lane = asked.lane
        AND (@dueAfter::bigint IS NULL OR run_at > @dueAfter::bigint)
        AND (@dueBy::bigint IS NULL OR run_at <= @dueBy::bigint)
        AND (@isTried::boolean IS NULL OR tried = @isTried::boolean)
      ORDER BY run_at LIMIT @rows::bigint) AS own
   LIMIT @rows::bigint
`;
/** Of the few that were tried, among the many that were not. */
export const triedOf: Statement<{ readonly queues: readonly string[]; readonly dueAfter: Instant } & Some, Found> = sql`
  SELECT pk FROM jobyard.later
   WHERE tried AND queue = ANY (@queues::text[]) AND run_at > @dueAfter::bigint LIMIT @rows::bigint
`;
/** All: there are few of them, after a crash. */
export const heldOf: Statement<{ readonly lanes: readonly number[] }, Found> = sql`
  SELECT pk FROM jobyard.held WHERE lane = ANY (@lanes::integer[])
`;
/** In leases, for these queues or for all; with what has completed of claims that are still open. */
export const activeOf: Statement<{ readonly queues: readonly string[] | null }, Found> = sql`
  SELECT member.pk FROM jobyard.lease
   CROSS JOIN LATERAL unnest(lease.pks) AS member(pk)
   WHERE @queues::text[] IS NULL OR lease.queue = ANY (@queues::text[])
`;

/** Lanes with each priority that waits in them: what a row of the line begins with. */
export interface LineGroup {
  readonly lane: number;
  readonly priority: number;
}
export const lineGroups: Statement<{ readonly lanes: readonly number[]; readonly most: number }, LineGroup> = sql`
  WITH RECURSIVE step(lane, priority) AS (
    SELECT asked.lane, (SELECT min(priority) FROM jobyard.ready WHERE ready.lane = asked.lane)
      FROM unnest(@lanes::integer[]) AS asked(lane)
    UNION ALL
    SELECT step.lane,
           (SELECT min(ready.priority) FROM jobyard.ready
             WHERE ready.lane = step.lane AND ready.priority > step.priority)
      FROM step WHERE step.priority IS NOT NULL
  )
  SELECT lane, priority FROM step WHERE priority IS NOT NULL LIMIT @most::bigint
`;

interface Line extends From {
  readonly lanes: readonly number[];
}
/** By groups, each of a lane and a priority. */
interface Groups extends Line {
  readonly priorities: readonly number[];
}
export const readyFrom: BothWays<Groups, Found> = bothWays`
  SELECT pk
    FROM jobyard.{ready_below|ready_from}(@lanes::integer[], @priorities::integer[], @pk::bigint, @rows::bigint) AS pk
`;
/** Where there are too many groups: the whole line, sorted. */
export const readySortedFrom: BothWays<Line, Found> = bothWays`
  SELECT pk FROM jobyard.ready WHERE pk {<|>=} @pk::bigint AND lane = ANY (@lanes::integer[])
   ORDER BY pk {DESC|ASC} LIMIT @rows::bigint
`;

export const laterFrom: BothWays<Waiting & From, Found> = bothWays`
  SELECT pk FROM jobyard.later
   WHERE pk {<|>=} @pk::bigint AND lane = ANY (@lanes::integer[])
     AND (@dueAfter::bigint IS NULL OR run_at > @dueAfter::bigint)
     AND (@dueBy::bigint IS NULL OR run_at <= @dueBy::bigint)
     AND (@isTried::boolean IS NULL OR tried = @isTried::boolean)
   ORDER BY pk {DESC|ASC} LIMIT @rows::bigint
`;

// ── by address ────────────────────────────────────────────────────────────────────────────────

export const pksOfIds: Statement<{ readonly ids: readonly string[] }, Found> = sql`
  SELECT pk FROM jobyard.job WHERE id = ANY (@ids::text[])
`;
