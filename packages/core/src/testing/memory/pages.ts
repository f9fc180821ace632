/**
 * Pages of a list, newest first. A cursor is a place between two rows, so that what arrives or goes
 * elsewhere in the list moves nothing: no row twice, none skipped.
 */

import { QueueError } from "../../nouns/errors.ts";
import { countWhile } from "./sorted-rows.ts";
import type { Row } from "./store.ts";

/** A list's order. */
export interface Listing {
  /** Set down in the cursor: one made for another order is refused. */
  readonly order: string;
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

interface Place {
  readonly side: "older" | "newer";
  /** The place is just before the row of this time and number, if there is one. */
  readonly at: number;
  readonly number: number;
}

/**
 * @param rows - oldest first
 * @throws QueueError `BAD_CURSOR`
 */
export function pageOf(
  { order, at }: Listing,
  rows: readonly Row[],
  matches: (row: Row) => boolean,
  cursor: string | null,
  limit: number,
): PageOfRows {
  const place = cursor === null ? null : readCursor(order, cursor);
  const isBefore = (row: Row, { at: time, number }: Place): boolean =>
    at(row) < time || (at(row) === time && row.number < number);
  const split = place === null ? rows.length : countWhile(rows, (row) => isBefore(row, place));
  const older = search(rows, split - 1, -1, matches, place?.side === "newer" ? 1 : limit + 1);
  const newer = search(rows, split, 1, matches, place?.side === "newer" ? limit + 1 : 1);

  const forward = place?.side !== "newer";
  const page = forward ? older.found.slice(0, limit) : newer.found.slice(0, limit).reverse();
  const hasOlder = forward ? older.found.length > limit : older.found.length > 0;
  const hasNewer = forward ? newer.found.length > 0 : newer.found.length > limit;
  const first = page[0];
  const last = page.at(-1);
  const olderThan = last ? { at: at(last), number: last.number } : place;
  const newerThan = first ? { at: at(first), number: first.number + 1 } : place;
  return {
    rows: page,
    next: hasOlder && olderThan ? writeCursor(order, { ...olderThan, side: "older" }) : null,
    previous: hasNewer && newerThan ? writeCursor(order, { ...newerThan, side: "newer" }) : null,
    last: hasOlder ? writeCursor(order, { side: "newer", at: 0, number: 0 }) : null,
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

const writeCursor = (order: string, { side, at, number }: Place): string =>
  Buffer.from(JSON.stringify([order, side, at, number])).toString("base64url");

function readCursor(order: string, cursor: string): Place {
  const text = Buffer.from(cursor, "base64url").toString();
  const match = /^\["([a-z]+)","(older|newer)",(-?\d+),(\d+)\]$/.exec(text);
  if (match?.[1] !== order) throw new QueueError("BAD_CURSOR", JSON.stringify(cursor), { field: "cursor" });
  return { side: match[2] as Place["side"], at: Number(match[3]), number: Number(match[4]) };
}
