/** A place in a list as people carry it about: between two rows, and good for the list that made it only. */

import { createHash } from "node:crypto";
import { QueueError } from "../nouns/errors.ts";
import type { Filter } from "../nouns/filter.ts";

/** What a list is sorted by: `entered` by when the job came into its state, the others by its number. */
export type ListOrder = "enqueued" | "entered" | "scan";

/** Of a row: its time, 0 in lists by number, and its number, which no other has. */
export interface ListKey {
  readonly at: number;
  readonly pk: number;
}

/** Just before the row of this time and number, if there is one. A list goes on from there to one side. */
export interface ListPlace extends ListKey {
  readonly side: "older" | "newer";
}

/** Beyond all rows of a list: from there everything is older. */
export const NEWEST: ListPlace = { side: "older", at: Number.MAX_SAFE_INTEGER, pk: Number.MAX_SAFE_INTEGER };
/** Before all rows of a list. */
export const OLDEST: ListPlace = { side: "newer", at: 0, pk: 0 };

/** The place next to a row, on one side of it. */
export const edgeOf = ({ at, pk }: ListKey, side: ListPlace["side"]): ListPlace => ({
  side,
  at,
  pk: side === "older" ? pk : pk + 1,
});

/** Below 0 if a walk to that side comes to `a` first. */
export const inWalkOrder = (a: ListKey, b: ListKey, side: ListPlace["side"]): number =>
  (side === "older" ? -1 : 1) * (a.at - b.at || a.pk - b.pk);

export const writeCursor = (order: ListOrder, filter: Filter, { side, at, pk }: ListPlace): string =>
  Buffer.from(JSON.stringify([order, markOf(filter), side, at, pk])).toString("base64url");

/** @throws QueueError `BAD_CURSOR` if it is none, or one of another list */
export function readCursor(order: ListOrder, filter: Filter, cursor: string): ListPlace {
  const text = Buffer.from(cursor, "base64url").toString();
  const match = /^\["([a-z]+)","([\w-]+)","(older|newer)",(-?\d{1,16}),(\d{1,16})\]$/.exec(text);
  const [at, pk] = [Number(match?.[4]), Number(match?.[5])];
  if (match?.[1] !== order || match[2] !== markOf(filter) || !Number.isSafeInteger(at) || !Number.isSafeInteger(pk))
    throw new QueueError("BAD_CURSOR", JSON.stringify(cursor.slice(0, 80)), { field: "cursor" });
  return { side: match[3] as ListPlace["side"], at, pk };
}

const markOf = (filter: Filter): string =>
  createHash("sha256").update(JSON.stringify(filter)).digest("base64url").slice(0, 8);
