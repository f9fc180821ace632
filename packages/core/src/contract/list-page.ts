/**
 * Pages of a list. A cursor is a place between two rows, so that what arrives or goes elsewhere in the list moves
 * nothing: no row twice, none skipped.
 */

import type { Filter } from "../nouns/filter.ts";
import type { Page } from "./adapter.ts";
import {
  edgeOf,
  type ListKey,
  type ListOrder,
  type ListPlace,
  NEWEST,
  OLDEST,
  readCursor,
  writeCursor,
} from "./cursor.ts";
import type { SearchOutcome } from "./search.ts";

/** So far is looked for a match on the other side of a page, to tell whether there is a page. */
export const OTHER_SIDE = { wanted: 1, rows: 1_000 } as const;

/** Where a page begins. @throws QueueError `BAD_CURSOR` */
export const beginOf = (order: ListOrder, filter: Filter, cursor: string | null): ListPlace =>
  cursor === null ? NEWEST : readCursor(order, filter, cursor);

/** Where the page on the other side begins, if there is one. @param first - the first row of this page, if it has one */
export function otherSideOf(from: ListPlace, first: ListKey | undefined): ListPlace {
  const side: ListPlace["side"] = from.side === "older" ? "newer" : "older";
  return first === undefined ? { ...from, side } : edgeOf(first, side);
}

/** False if there surely is no match where was looked. */
export const mayHaveRows = ({ matches, reachedEnd }: SearchOutcome): boolean => matches > 0 || !reachedEnd;

/** What a search for one match more than the page holds has found. */
export interface FoundPage<T> {
  readonly limit: number;
  /** Of all matches, in the order of the walk. */
  readonly keys: readonly ListKey[];
  /** Of the first `limit` of them. */
  readonly items: readonly T[];
  readonly search: SearchOutcome;
  /** Where the page on the other side begins; null if there surely is none. */
  readonly behind: ListPlace | null;
}

/** Whichever way it was walked: newest first. */
export function toPage<T>(order: ListOrder, filter: Filter, from: ListPlace, found: FoundPage<T>): Page<T> {
  const { keys, limit, items, search, behind } = found;
  const last = keys[limit - 1];
  const isCut = !search.reachedEnd && keys.length <= limit;
  const beyond = keys.length > limit && last ? edgeOf(last, from.side) : isCut ? search.rest : null;
  const [older, newer] = from.side === "older" ? [beyond, behind] : [behind, beyond];
  const cursorAt = (place: ListPlace | null): string | null => place && writeCursor(order, filter, place);
  return {
    items: from.side === "older" ? items : items.toReversed(),
    next: cursorAt(older),
    previous: cursorAt(newer),
    last: older && writeCursor(order, filter, OLDEST),
    searched: { rows: search.looked, all: !isCut },
  };
}
