/** A place in a list as people carry it about: between two rows, and good for the list that made it only. */

import { createHash } from "node:crypto";
import { type Filter, QueueError } from "@jobyard/core/adapter";

/** What a list is sorted by: `entered` by when the job came into its state, the others by its number. */
export type Order = "enqueued" | "entered" | "scan";

/** Of a row. Lists by number have the time 0. */
export interface Key {
  readonly at: number;
  readonly pk: number;
}

/** Just before the row of this time and number, if there is one. A list goes on from there to one side. */
export interface Place extends Key {
  readonly side: "older" | "newer";
}

/** The place beyond all rows of a list, from which everything is older. */
export const NEWEST: Place = { side: "older", at: Number.MAX_SAFE_INTEGER, pk: Number.MAX_SAFE_INTEGER };
/** The place before all rows of a list. */
export const OLDEST: Place = { side: "newer", at: 0, pk: 0 };

/** The place next to a row, on one side of it. */
export const edgeOf = ({ at, pk }: Key, side: Place["side"]): Place => ({
  side,
  at,
  pk: side === "older" ? pk : pk + 1,
});

/** Below 0 if a walk to that side comes to `a` first. */
export const inWalkOrder = (a: Key, b: Key, side: Place["side"]): number =>
  (side === "older" ? -1 : 1) * (a.at - b.at || a.pk - b.pk);

export const writeCursor = (order: Order, filter: Filter, { side, at, pk }: Place): string =>
  Buffer.from(JSON.stringify([order, markOf(filter), side, at, pk])).toString("base64url");

/** @throws QueueError `BAD_CURSOR` */
export function readCursor(order: Order, filter: Filter, cursor: string): Place {
  const text = Buffer.from(cursor, "base64url").toString();
  const match = /^\["([a-z]+)","([\w-]+)","(older|newer)",(-?\d{1,16}),(\d{1,16})\]$/.exec(text);
  const [at, pk] = [Number(match?.[4]), Number(match?.[5])];
  if (match?.[1] !== order || match[2] !== markOf(filter) || !Number.isSafeInteger(at) || !Number.isSafeInteger(pk))
    throw new QueueError("BAD_CURSOR", JSON.stringify(cursor.slice(0, 80)), { field: "cursor" });
  return { side: match[3] as Place["side"], at, pk };
}

const markOf = (filter: Filter): string =>
  createHash("sha256").update(JSON.stringify(filter)).digest("base64url").slice(0, 8);
