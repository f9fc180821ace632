/**
 * How many jobs there are in each phase, from the lines, the leases and the counters. No job is looked at, but for how
 * many of one type completed.
 */

import {
  type Count,
  capped,
  DEFAULTS,
  exactly,
  NO_JOBS,
  type PhaseCounts,
  type State,
  sumOf,
  waitingCounts,
} from "@jobyard/core/adapter";
import { NUMBERS_IN_BLOCK } from "../lane-blocks.ts";
import { lanesOf } from "../sql/claim.sql.ts";
import {
  activeInLanes,
  attentionInLanes,
  type Counted,
  completedInLane,
  countActive,
  countAhead,
  countAheadInLane,
  countAttention,
  countBlocks,
  countDue,
  countDueInLane,
  countReady,
  countRetrying,
  heldInLanes,
  type Looked,
  retryingInLanes,
} from "../sql/count.sql.ts";
import { readTally } from "../sql/tally.sql.ts";
import type { View } from "../step.ts";

/** Rows that are gone through for a count of some types of a queue. */
const MOST_ROWS = DEFAULTS.searchRows;

export function phasesOfQueue(view: View, queue: string, cap: number): PhaseCounts {
  const { db, now } = view;
  const limit = cap + 1;
  const attention = (state: State): Count =>
    capped(exactly(db.get(countAttention, { queue, state, limit })?.n ?? 0), cap);
  const ready = db
    .all(lanesOf, { queue })
    .reduce((n, { id }) => n + (n > cap ? 0 : (db.get(countReady, { lane: id, limit })?.n ?? 0)), 0);
  const inLine = {
    due: ready + (db.get(countDue, { queue, now, limit })?.n ?? 0),
    ahead: db.get(countAhead, { queue, now, limit })?.n ?? 0,
    retrying: db.get(countRetrying, { queue, now, limit })?.n ?? 0,
  };
  return {
    ...NO_JOBS,
    ...waitingCounts(inLine, cap),
    active: exactly(db.get(countActive, { queue })?.n ?? 0),
    stale: attention("stale"),
    completed: exactly(db.get(readTally, { queue, name: "completed" })?.value ?? 0),
    dead: attention("dead"),
    cancelled: attention("cancelled"),
  };
}

/** @param lanes - some of the queue's */
export function phasesOfLanes(view: View, queue: string, lanes: readonly number[], cap: number): PhaseCounts {
  const { db, now } = view;
  const limit = cap + 1;
  const some = { queue, lanes: JSON.stringify(lanes), rows: MOST_ROWS };
  const held = db.all(heldInLanes, some);
  const retrying = db.get(retryingInLanes, { ...some, now }) ?? NOTHING;
  const sum = (count: (lane: number) => Counted | undefined): number =>
    lanes.reduce((n, lane) => n + (count(lane)?.n ?? 0), 0);
  const attention = (state: State): Count => found(db.get(attentionInLanes, { ...some, state }) ?? NOTHING, cap);
  const inLine = {
    due:
      sum((lane) => db.get(countReady, { lane, limit })) +
      sum((lane) => db.get(countDueInLane, { lane, now, limit })) +
      held.filter(({ run_at }) => run_at <= now).length,
    ahead:
      sum((lane) => db.get(countAheadInLane, { lane, now, limit })) + held.filter(({ run_at }) => run_at > now).length,
    retrying: retrying.n + held.filter(({ run_at, tried }) => run_at > now && tried === 1).length,
  };
  const waiting = waitingCounts(inLine, cap);
  const completed = lanes.map((lane) => completedIn(view, lane, cap));
  return {
    ...NO_JOBS,
    ...waiting,
    retrying: { ...waiting.retrying, exact: waiting.retrying.exact && retrying.looked < MOST_ROWS },
    active: exactly(db.get(activeInLanes, some)?.n ?? 0),
    stale: attention("stale"),
    completed: sumOf(completed),
    dead: attention("dead"),
    cancelled: attention("cancelled"),
  };
}

const NOTHING: Looked = { n: 0, looked: 0 };

const found = ({ n, looked }: Looked, cap: number): Count => capped({ n, exact: looked < MOST_ROWS }, cap);

/** Counted from the oldest: those are the completed ones. Exact if all blocks together have no more rows. */
function completedIn({ db }: View, lane: number, cap: number): Count {
  const rows = { lane, inBlock: NUMBERS_IN_BLOCK, rows: MOST_ROWS };
  const n = db.get(completedInLane, { ...rows, limit: cap + 1 })?.n ?? 0;
  const most = Math.floor(MOST_ROWS / NUMBERS_IN_BLOCK);
  const blocks = db.get(countBlocks, { lane, limit: most + 1 })?.n ?? 0;
  return capped({ n, exact: blocks <= most }, cap);
}
