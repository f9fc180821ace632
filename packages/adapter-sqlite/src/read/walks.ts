/**
 * Ways through the jobs, each along one index: from a place on, a stretch at a time.
 *
 * A stretch says how far it is complete, whether or not something was found in it. So a walk over many rows that are
 * of no interest is cut into pieces of which none takes long, and several walks can be merged without a gap.
 */

import { edgeOf, type ListKey, type ListPlace, type State, type Stretch } from "@jobyard/core/adapter";
import { blockOf, numbersIn } from "../lane-blocks.ts";
import { firstBlockFrom, lastBlockTo } from "../sql/lane.sql.ts";
import {
  firstJobFrom,
  type JobRange,
  jobsDown,
  jobsUp,
  lanesDown,
  lanesUp,
  lastJobBelow,
  newerAttention,
  newerInQueueState,
  newerInState,
  olderAttention,
  olderInQueueState,
  olderInState,
} from "../sql/walk.sql.ts";
import type { View } from "../step.ts";
import type { WaitingMap } from "./waiting-map.ts";

/** @param rows - that are visited at most */
export type Walk = (view: View, from: ListPlace, rows: number) => Stretch;

/** What a walk over `job` passes over by the row itself. */
export interface Wanted {
  /** As stored: active jobs are `waiting`. Null: all. */
  readonly states: readonly State[] | null;
  readonly createdFrom: number | null;
  readonly createdTo: number | null;
  readonly dueAfter: number | null;
  readonly dueBy: number | null;
}

/** Of a stretch in which there are more it ends with these. */
const MOST_KEYS = 256;
const END: Stretch = { keys: [], rest: null };
const byNumber = ({ pk }: { readonly pk: number }): ListKey => ({ at: 0, pk });
const placeAt = (side: ListPlace["side"], pk: number): ListPlace => ({ side, at: 0, pk });

/** A state's name is part of no other. */
const conditions = ({ states, ...others }: Wanted): Omit<JobRange, "low" | "high" | "most"> => ({
  states: states === null ? null : states.join(),
  ...others,
});

/** By the number of the job; numbers of jobs that are gone count as visited, but for a gap at the start. */
export const allJobs = (wanted: Wanted): Walk => {
  const asked = conditions(wanted);
  return ({ db }, { side, pk }, rows) => {
    const first = db.get(side === "older" ? lastJobBelow : firstJobFrom, { pk })?.pk;
    if (first === undefined) return END;
    const [low, high] = side === "older" ? [first - rows + 1, first] : [first, first + rows - 1];
    const found = db.all(side === "older" ? jobsDown : jobsUp, { low, high, most: MOST_KEYS, ...asked });
    return foundIn(side, found, placeAt(side, side === "older" ? low : high + 1));
  };
};

function foundIn(side: ListPlace["side"], found: readonly { readonly pk: number }[], end: ListPlace | null): Stretch {
  const last = found.at(-1);
  const rest = found.length === MOST_KEYS && last ? edgeOf(byNumber(last), side) : end;
  return { keys: found.map(byNumber), rest };
}

/** The jobs of some types, each in one queue: by the blocks of numbers in which there are any. */
export const jobsOfLanes = (ids: readonly number[], wanted: Wanted): Walk => {
  const asked = { lanes: JSON.stringify(ids), ...conditions(wanted) };
  return ({ db }, { side, pk }, rows) => {
    const found: { readonly pk: number }[] = [];
    let [place, left] = [pk, rows];
    while (left > 0 && found.length < MOST_KEYS) {
      const range = nextRange(db, asked.lanes, { side, at: 0, pk: place }, left);
      if (range === null) return foundIn(side, found, null);
      const most = MOST_KEYS - found.length;
      found.push(...db.all(side === "older" ? lanesDown : lanesUp, { ...range, ...asked, most }));
      left -= range.high - range.low + 1;
      place = side === "older" ? range.low : range.high + 1;
    }
    return foundIn(side, found, placeAt(side, place));
  };
};

/** In the nearest block of these lanes; numbers of jobs that are gone are passed over at its start only. */
function nextRange(
  db: View["db"],
  lanes: string,
  { side, pk }: ListPlace,
  numbers: number,
): { readonly low: number; readonly high: number } | null {
  const first = db.get(side === "older" ? lastJobBelow : firstJobFrom, { pk })?.pk;
  if (first === undefined) return null;
  const near = { lanes, block: blockOf(first) };
  const block = db.get(side === "older" ? lastBlockTo : firstBlockFrom, near)?.block ?? null;
  if (block === null) return null;
  const { low, high } = numbersIn(block);
  if (side === "older") {
    const start = Math.min(first, high);
    return { low: Math.max(low, start - numbers + 1), high: start };
  }
  const start = Math.max(first, low);
  return { low: start, high: Math.min(high, start + numbers - 1) };
}

/** Dead, cancelled or stale jobs by their number. */
export const attentionByNumber =
  (states: readonly State[]): Walk =>
  ({ db }, { side, pk }, rows) => {
    const statement = side === "older" ? olderAttention : newerAttention;
    return upTo(side, rows, db.all(statement, { states: states.join(), pk, rows }).map(byNumber));
  };

/** One of these states by when the jobs came into it; of one queue, or of all. */
export const attentionByEntry =
  (state: State, queue: string | null): Walk =>
  ({ db }, { side, at, pk }, rows) => {
    const place = { state, at, pk, rows };
    const found =
      queue === null
        ? db.all(side === "older" ? olderInState : newerInState, place)
        : db.all(side === "older" ? olderInQueueState : newerInQueueState, { ...place, queue });
    return upTo(side, rows, found);
  };

/** Rows in a row that are of no interest, after which it pays to find out where there are others. */
const BARREN_ROWS = 2_000;

/** Where nothing of interest is; found out a portion at a time. */
export interface Jumps {
  readonly isRead: boolean;
  readOn(view: View): void;
  /** The nearest place on the way that does not lie before what is of no interest. */
  skip(place: ListPlace): ListPlace;
}

/** The same, but once it comes upon nothing for long it finds out what it can jump over. */
export function jumping(walk: Walk, jumps: Jumps): Walk {
  return untilBarren(walk, jumps, (view, from, rows) => walk(view, jumps.skip(from), rows));
}

/** The same, but once it comes upon nothing for long it finds out which jobs wait, and goes from one to the next. */
export function stepping(walk: Walk, waiting: WaitingMap): Walk {
  return untilBarren(walk, waiting, (_, from, rows) => upTo(from.side, rows, waiting.take(from, rows)));
}

function untilBarren(walk: Walk, jumps: Jumps, then: Walk): Walk {
  let barren = 0;
  return (view, from, rows) => {
    if (barren < BARREN_ROWS) {
      const stretch = walk(view, from, rows);
      barren = stretch.keys.length > 0 ? 0 : barren + rows;
      return stretch;
    }
    if (jumps.isRead) return then(view, from, rows);
    jumps.readOn(view);
    return { keys: [], rest: from };
  };
}

/** Jobs that are known already. @param pks - ascending */
export const listed =
  (pks: Float64Array): Walk =>
  (_, { side, pk }, rows) => {
    const middle = placeOf(pks, pk);
    const part =
      side === "older" ? pks.slice(Math.max(0, middle - rows), middle).reverse() : pks.slice(middle, middle + rows);
    return upTo(
      side,
      rows,
      Array.from(part, (found) => byNumber({ pk: found })),
    );
  };

function upTo(side: ListPlace["side"], rows: number, keys: readonly ListKey[]): Stretch {
  const last = keys.at(-1);
  return { keys, rest: last === undefined || keys.length < rows ? null : edgeOf(last, side) };
}

/** How many are below. */
function placeOf(pks: Float64Array, pk: number): number {
  let low = 0;
  let high = pks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((pks[middle] as number) < pk) low = middle + 1;
    else high = middle;
  }
  return low;
}
