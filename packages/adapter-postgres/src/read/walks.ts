/** The walks there are: each along one index, from a place on, in stretches of bounded work. */

import {
  edgeOf,
  type ListKey,
  type ListPlace,
  type NumberRange,
  type State,
  type Stretch,
} from "@jobyard/core/adapter";
import { blockOf, blockStart, NUMBERS_IN_BLOCK, periodOf } from "../lane-blocks.ts";
import {
  attentionFrom,
  blocksFrom,
  completedFrom,
  enteredFrom,
  enteredInQueueFrom,
  type Found,
  jobsFrom,
  jobsInRanges,
  type LineGroup,
  laterFrom,
  readyFrom,
  readySortedFrom,
  type Waiting,
} from "../sql/walk.sql.ts";
import type { View } from "../step.ts";
import type { Walk } from "./merge.ts";

/** Blocks that are gone through in a stretch that finds less than is wanted: so many at first, then more and more. */
const FIRST_BLOCKS = 32;
/** Of all blocks there are, where few are needed or none helps. */
const FIRST_OF_ALL = 8;
const MOST_BLOCKS = 512;
const GROWTH = 2;
/** Stretches in a row without anything of interest, after which it pays to look elsewhere. */
const MOST_BARREN = 2;

const END: Stretch = { keys: [], rest: null };
const byNumber = ({ pk }: Found): ListKey => ({ at: 0, pk });
const placeAt = (side: ListPlace["side"], pk: number): ListPlace => ({ side, at: 0, pk });

function upTo(side: ListPlace["side"], rows: number, keys: readonly ListKey[]): Stretch {
  const last = keys.at(-1);
  return { keys, rest: last === undefined || keys.length < rows ? null : edgeOf(last, side) };
}

/** Jobs that are known already. */
export function listed(found: readonly Found[]): Walk {
  const pks = found.map(({ pk }) => pk).sort((a, b) => a - b);
  return async (_, { side, pk }, rows) => {
    const ahead = side === "older" ? pks.filter((one) => one < pk).reverse() : pks.filter((one) => one >= pk);
    return upTo(
      side,
      rows,
      ahead.slice(0, rows).map((one) => byNumber({ pk: one })),
    );
  };
}

export const allJobs: Walk = async ({ db }, { side, pk }, rows) =>
  upTo(side, rows, (await db.all(jobsFrom[side], { pk, rows })).map(byNumber));

/** What is asked of the jobs themselves on the way. */
export interface Passing {
  /** Those that matches can be in. */
  readonly lanes: readonly number[];
  /** Null: all lanes there are. */
  readonly asked: readonly number[] | null;
  readonly created: NumberRange;
  readonly isCompleted: boolean | null;
}

/** Jobs of some types, or of some time: by the blocks of numbers in which there are any. */
export function jobsInBlocks(passing: Passing): Walk {
  const { from, to } = passing.created;
  const periods = { periodFrom: from === null ? null : periodOf(from), periodTo: to === null ? null : periodOf(to) };
  return widening(passing, FIRST_BLOCKS, async ({ db }, { side, pk }, most) => {
    const block = blockOf(side === "older" ? pk - 1 : pk);
    const asked = { lanes: passing.lanes, block, most, ...periods };
    const found = await db.all(blocksFrom[side], asked);
    const blocks = found.map((one) => one.block);
    const last = blocks.at(-1);
    if (last === undefined) return null;
    const end = placeAt(side, blockStart(side === "older" ? last : last + 1));
    return { spans: spansOf(blocks, side, pk), end: blocks.length < most ? null : end };
  });
}

/** Numbers, both ends among them. */
interface Span {
  readonly low: number;
  readonly high: number;
}

/** Blocks that follow each other are one span. What lies behind the place is not in it. */
function spansOf(blocks: readonly number[], side: ListPlace["side"], pk: number): readonly Span[] {
  const spans: Span[] = [];
  for (const block of blocks) {
    const low = blockStart(block);
    const high = blockStart(block + 1) - 1;
    const before = spans.at(-1);
    if (before?.low === high + 1) spans[spans.length - 1] = { low, high: before.high };
    else if (before?.high === low - 1) spans[spans.length - 1] = { low: before.low, high };
    else spans.push(side === "older" ? { low, high: Math.min(high, pk - 1) } : { low: Math.max(low, pk), high });
  }
  return spans;
}

/** The next spans of about so many blocks, and where it goes on behind them; null if there is none. */
type NextSpans = (
  view: View,
  from: ListPlace,
  blocks: number,
) => Promise<{ readonly spans: readonly Span[]; readonly end: ListPlace | null } | null>;

/** Goes through more blocks at a time the less it finds. */
function widening({ asked: lanes, created, isCompleted }: Passing, first: number, next: NextSpans): Walk {
  let blocks = first;
  return async (view, from, rows) => {
    const ahead = await next(view, from, blocks);
    if (ahead === null) return END;
    const found = await view.db.all(jobsInRanges[from.side], {
      lows: ahead.spans.map(({ low }) => low),
      highs: ahead.spans.map(({ high }) => high),
      ...{ lanes, createdFrom: created.from, createdTo: created.to, isCompleted, rows },
    });
    const keys = found.map(byNumber);
    const last = keys.at(-1);
    if (keys.length === rows && last) return { keys, rest: edgeOf(last, from.side) };
    blocks = Math.min(MOST_BLOCKS, blocks * GROWTH);
    return { keys, rest: ahead.end };
  };
}

/**
 * Completed jobs. They stand among all others, and often behind the many that were enqueued since and wait: a walk that
 * comes upon none goes on by the order of completion, which holds nothing else but has to be sorted for each stretch.
 */
export function completedJobs(passing: Passing, queues: readonly string[] | null): Walk {
  const completed = { ...passing, isCompleted: true };
  const isNarrow = passing.asked !== null || passing.created.from !== null || passing.created.to !== null;
  const among = isNarrow ? jobsInBlocks(completed) : widening(completed, FIRST_OF_ALL, nextNumbers);
  let barren = 0;
  return async (view, from, rows) => {
    if (barren < MOST_BARREN) {
      const stretch = await among(view, from, rows);
      barren = stretch.keys.length > 0 ? 0 : barren + 1;
      return stretch;
    }
    const statement = completedFrom[from.side];
    return upTo(from.side, rows, (await view.db.all(statement, { pk: from.pk, queues, rows })).map(byNumber));
  };
}

/** All numbers there are; those of jobs that are gone are passed over at the start only. */
const nextNumbers: NextSpans = async ({ db }, { side, pk }, blocks) => {
  const [first] = await db.all(jobsFrom[side], { pk, rows: 1 });
  if (first === undefined) return null;
  const numbers = blocks * NUMBERS_IN_BLOCK;
  return side === "older"
    ? { spans: [{ low: first.pk - numbers + 1, high: first.pk }], end: placeAt(side, first.pk - numbers + 1) }
    : { spans: [{ low: first.pk, high: first.pk + numbers - 1 }], end: placeAt(side, first.pk + numbers) };
};

/** Dead, cancelled or stale jobs by their number. */
export const attentionByNumber =
  (states: readonly State[]): Walk =>
  async ({ db }, { side, pk }, rows) =>
    upTo(side, rows, (await db.all(attentionFrom[side], { states, pk, rows })).map(byNumber));

/** One of these states by when the jobs came into it; of one queue, or of all. */
export const attentionByEntry =
  (state: State, queue: string | null): Walk =>
  async ({ db }, { side, at, pk }, rows) => {
    const place = { state, at, pk, rows };
    const found =
      queue === null
        ? await db.all(enteredFrom[side], place)
        : await db.all(enteredInQueueFrom[side], { ...place, queue });
    return upTo(side, rows, found);
  };

/** Due jobs. @param groups - the lanes with their priorities; null: there are too many of them */
export const readyJobs =
  (lanes: readonly number[], groups: readonly LineGroup[] | null): Walk =>
  async ({ db }, { side, pk }, rows) => {
    const found =
      groups === null
        ? await db.all(readySortedFrom[side], { lanes, pk, rows })
        : await db.all(readyFrom[side], {
            lanes: groups.map(({ lane }) => lane),
            priorities: groups.map(({ priority }) => priority),
            pk,
            rows,
          });
    return upTo(side, rows, found.map(byNumber));
  };

/** Jobs whose time is ahead, or came since the last claim. */
export const laterJobs =
  (waiting: Waiting): Walk =>
  async ({ db }, { side, pk }, rows) =>
    upTo(side, rows, (await db.all(laterFrom[side], { ...waiting, pk, rows })).map(byNumber));
