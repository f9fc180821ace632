/** How many jobs there are in each phase, from the lines, the leases and the counters: no job is looked at. */

import { type Count, capped, DEFAULTS, exactly, NO_JOBS, type PhaseCounts, waitingCounts } from "@jobyard/core/adapter";
import { countByLane, type LaneTotals, type QueueTotals, totalsOfLanes, totalsOfQueues } from "../sql/count.sql.ts";
import type { NamedLane } from "../sql/read.sql.ts";
import type { View } from "../step.ts";

/** Rows that are gone through for a count of some types of a queue. */
const MOST_ROWS = DEFAULTS.searchRows;

/** In the order of the queues. */
export async function totalsOf(view: View, queues: readonly string[], cap: number): Promise<readonly QueueTotals[]> {
  if (queues.length === 0) return [];
  const rows = await view.db.all(totalsOfQueues, { queues, now: view.now, limit: cap + 1 });
  const byQueue = new Map(rows.map((row) => [row.queue, row]));
  return queues.flatMap((queue) => byQueue.get(queue) ?? []);
}

export const phasesOfQueue = (totals: QueueTotals, cap: number): PhaseCounts => ({
  ...NO_JOBS,
  ...waitingCounts(totals, cap),
  active: exactly(totals.active),
  stale: capped(exactly(totals.stale), cap),
  completed: exactly(totals.completed),
  dead: capped(exactly(totals.dead), cap),
  cancelled: capped(exactly(totals.cancelled), cap),
});

/** @param lanes - some of their queues' */
export async function phasesOfLanes(view: View, lanes: readonly NamedLane[], cap: number): Promise<PhaseCounts> {
  if (lanes.length === 0) return NO_JOBS;
  const asked = { lanes: lanes.map(({ id }) => id), rows: MOST_ROWS };
  const queues = [...new Set(lanes.map(({ queue }) => queue))];
  const totals = await view.db.get(totalsOfLanes, { ...asked, queues, now: view.now, limit: cap + 1 });
  if (totals === undefined) return NO_JOBS;
  const byLane = await view.db.all(countByLane, asked);
  const completed = byLane.reduce((sum, lane) => sum + lane.completed, 0);
  const waiting = waitingCounts(totals, cap);
  return {
    ...NO_JOBS,
    ...waiting,
    retrying: lookedThrough(waiting.retrying, totals, "retrying"),
    active: exactly(totals.active),
    completed: capped({ n: completed, exact: isWhole(byLane) }, cap),
    stale: lookedThrough(capped(exactly(totals.stale), cap), totals, "stale"),
    dead: lookedThrough(capped(exactly(totals.dead), cap), totals, "dead"),
    cancelled: lookedThrough(capped(exactly(totals.cancelled), cap), totals, "cancelled"),
  };
}

const lookedThrough = (
  { n, exact }: Count,
  totals: LaneTotals,
  kind: "retrying" | "stale" | "dead" | "cancelled",
): Count => ({ n, exact: exact && totals[`${kind}_looked`] < MOST_ROWS });

const isWhole = (byLane: readonly { readonly looked: number }[]): boolean => (byLane[0]?.looked ?? 0) < MOST_ROWS;

/** Whatever their phase; by lane. */
export async function countsOfLanes(view: View, lanes: readonly number[]): Promise<ReadonlyMap<number, Count>> {
  if (lanes.length === 0) return new Map();
  const byLane = await view.db.all(countByLane, { lanes, rows: MOST_ROWS });
  return new Map(byLane.map(({ lane, n }) => [lane, { n, exact: isWhole(byLane) }]));
}
