/** How many jobs there are in each phase, from the lines, the leases and the counters: no job is looked at. */

import { type Count, DEFAULTS, PHASES, type Phase } from "@jobyard/core/adapter";
import { countByLane, type LaneTotals, type QueueTotals, totalsOfLanes, totalsOfQueues } from "../sql/count.sql.ts";
import type { NamedLane } from "../sql/read.sql.ts";
import type { View } from "../step.ts";

export type PhaseCounts = Readonly<Record<Phase, Count>>;

/** Rows that are gone through for a count of some types of a queue. */
const MOST_ROWS = DEFAULTS.searchRows;

const ZERO: Count = { n: 0, exact: true };
export const NONE: PhaseCounts = Object.fromEntries(PHASES.map((phase) => [phase, ZERO])) as Record<Phase, Count>;

/** Not exact if any part is not. */
export const sumOf = (counts: readonly Count[]): Count => ({
  n: counts.reduce((sum, { n }) => sum + n, 0),
  exact: counts.every(({ exact }) => exact),
});

export const capped = ({ n, exact }: Count, cap: number): Count => ({ n: Math.min(n, cap), exact: exact && n <= cap });

const counted = (n: number): Count => ({ n, exact: true });

/** In the order of the queues. */
export async function totalsOf(view: View, queues: readonly string[], cap: number): Promise<readonly QueueTotals[]> {
  if (queues.length === 0) return [];
  const rows = await view.db.all(totalsOfQueues, { queues, now: view.now, limit: cap + 1 });
  const byQueue = new Map(rows.map((row) => [row.queue, row]));
  return queues.flatMap((queue) => byQueue.get(queue) ?? []);
}

export const phasesOfQueue = (totals: QueueTotals, cap: number): PhaseCounts => ({
  ...NONE,
  ...waitingCounts(totals, cap),
  active: counted(totals.active),
  stale: capped(counted(totals.stale), cap),
  completed: counted(totals.completed),
  dead: capped(counted(totals.dead), cap),
  cancelled: capped(counted(totals.cancelled), cap),
});

const waitingCounts = (
  { due, ahead, retrying }: Pick<QueueTotals, "due" | "ahead" | "retrying">,
  cap: number,
): Pick<PhaseCounts, "waiting" | "scheduled" | "retrying"> => ({
  waiting: capped(counted(due), cap),
  scheduled: { n: Math.max(0, Math.min(ahead, cap) - Math.min(retrying, cap)), exact: ahead <= cap },
  retrying: capped(counted(retrying), cap),
});

/** @param lanes - some of their queues' */
export async function phasesOfLanes(view: View, lanes: readonly NamedLane[], cap: number): Promise<PhaseCounts> {
  if (lanes.length === 0) return NONE;
  const asked = { lanes: lanes.map(({ id }) => id), rows: MOST_ROWS };
  const queues = [...new Set(lanes.map(({ queue }) => queue))];
  const totals = await view.db.get(totalsOfLanes, { ...asked, queues, now: view.now, limit: cap + 1 });
  if (totals === undefined) return NONE;
  const byLane = await view.db.all(countByLane, asked);
  const completed = byLane.reduce((sum, lane) => sum + lane.completed, 0);
  const waiting = waitingCounts(totals, cap);
  return {
    ...NONE,
    ...waiting,
    retrying: lookedThrough(waiting.retrying, totals, "retrying"),
    active: counted(totals.active),
    completed: capped({ n: completed, exact: isWhole(byLane) }, cap),
    stale: lookedThrough(capped(counted(totals.stale), cap), totals, "stale"),
    dead: lookedThrough(capped(counted(totals.dead), cap), totals, "dead"),
    cancelled: lookedThrough(capped(counted(totals.cancelled), cap), totals, "cancelled"),
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
