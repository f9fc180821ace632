/**
 * Pages of a list, newest first. A cursor is a place between two rows, so that what arrives or goes
 * elsewhere in the list moves nothing: no row twice, none skipped.
 */

import {
  edgeOf,
  type ListKey,
  type ListOrder,
  type ListPlace,
  OLDEST,
  readCursor,
  writeCursor,
} from "../../contract/cursor.ts";
import type { Filter } from "../../nouns/filter.ts";
import { countWhile } from "./sorted-rows.ts";
import type { Row } from "./store.ts";

/** A list's order. */
export interface Listing {
  readonly order: ListOrder;
  /** What the list is sorted by, before the number of the enqueue. */
  readonly at: (row: Row) => number;
}

export interface PageOfRows {
  readonly rows: readonly Row[];
  readonly next: string | null;
  readonly previous: string | null;
  readonly last: string | null;
  readonly looked: number;
}

/**
 * @param rows - oldest first
 * @throws QueueError `BAD_CURSOR`
 */
export function pageOf(
  { order, at }: Listing,
  filter: Filter,
  rows: readonly Row[],
  matches: (row: Row) => boolean,
  cursor: string | null,
  limit: number,
): PageOfRows {
  const place = cursor === null ? null : readCursor(order, filter, cursor);
  const isBefore = (row: Row, { at: time, pk }: ListPlace): boolean =>
    at(row) < time || (at(row) === time && row.number < pk);
  const split = place === null ? rows.length : countWhile(rows, (row) => isBefore(row, place));
  const older = search(rows, split - 1, -1, matches, place?.side === "newer" ? 1 : limit + 1);
  const newer = search(rows, split, 1, matches, place?.side === "newer" ? limit + 1 : 1);

  const forward = place?.side !== "newer";
  const page = forward ? older.found.slice(0, limit) : newer.found.slice(0, limit).reverse();
  const hasOlder = forward ? older.found.length > limit : older.found.length > 0;
  const hasNewer = forward ? newer.found.length > 0 : newer.found.length > limit;
  const first = page[0];
  const last = page.at(-1);
  const keyOf = (row: Row): ListKey => ({ at: at(row), pk: row.number });
  const placeAt = (row: Row | undefined, side: ListPlace["side"]): ListPlace | null =>
    row === undefined ? place && { ...place, side } : edgeOf(keyOf(row), side);
  const cursorAt = (to: ListPlace | null): string | null => to && writeCursor(order, filter, to);
  return {
    rows: page,
    next: hasOlder ? cursorAt(placeAt(last, "older")) : null,
    previous: hasNewer ? cursorAt(placeAt(first, "newer")) : null,
    last: hasOlder ? cursorAt(OLDEST) : null,
    looked: older.looked + newer.looked,
  };
}

function search(
  rows: readonly Row[],
  from: number,
  step: 1 | -1,
  matches: (row: Row) => boolean,
  wanted: number,
): { readonly found: readonly Row[]; readonly looked: number } {
  const found: Row[] = [];
  let looked = 0;
  for (let index = from; found.length < wanted; index += step) {
    const row = rows[index];
    if (row === undefined) break;
    looked += 1;
    if (matches(row)) found.push(row);
  }
  return { found, looked };
}
