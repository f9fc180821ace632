/** A place in a list as people carry it about: between two rows, and good for the list that made it only. */

import { createHash } from "node:crypto";
import { type Filter, QueueError } from "@jobyard/core/adapter";

/** What a list is sorted by: `entered` by when the job came into its state, the others by its number. */
export type Order = "enqueued" | "entered" | "scan";

/** Just before the row of this time and number, if there is one. Lists by number have the time 0. */
export interface Key {
  readonly at: number;
  readonly pk: number;
}

export interface Place extends Key {
  readonly side: "older" | "newer";
}

export const writeCursor = (order: Order, filter: Filter, { side, at, pk }: Place): string =>
  Buffer.from(JSON.stringify([order, markOf(filter), side, at, pk])).toString("base64url");

/** @throws QueueError `BAD_CURSOR` */
export function readCursor(order: Order, filter: Filter, cursor: string): Place {
  const text = Buffer.from(cursor, "base64url").toString();
  const match = /^\["([a-z]+)","([\w-]+)","(older|newer)",(-?\d{1,15}),(\d{1,15})\]$/.exec(text);
  if (match?.[1] !== order || match[2] !== markOf(filter))
    throw new QueueError("BAD_CURSOR", JSON.stringify(cursor.slice(0, 80)), { field: "cursor" });
  return { side: match[3] as Place["side"], at: Number(match[4]), pk: Number(match[5]) };
}

const markOf = (filter: Filter): string =>
  createHash("sha256").update(JSON.stringify(filter)).digest("base64url").slice(0, 8);
