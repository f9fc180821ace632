/**
 * Pages of a list, newest first. A cursor is a place between two rows, so that what arrives or goes elsewhere in
 * the list moves nothing: no row twice, none skipped.
 */

import {
  DEFAULTS,
  type Filter,
  type Instant,
  type JobRef,
  type JobSummary,
  type ListRequest,
  type Page,
} from "@jobyard/core/adapter";
import { refOf } from "../rows.ts";
import type { Store } from "../store.ts";
import { type Key, type Order, type Place, readCursor, writeCursor } from "./cursor.ts";
import { type Found, NEWEST, type Outcome, search } from "./search.ts";
import { attentionStateOf } from "./source.ts";

/** So far is looked for a match on the other side of a page, to tell whether there is a page. */
const OTHER_SIDE_ROWS = 1_000;

export async function list(store: Store, { filter, cursor, limit }: ListRequest): Promise<Page<JobSummary>> {
  const order = attentionStateOf(filter) === null ? "enqueued" : "entered";
  const page = await pageOf(store, { filter, order, cursor, limit });
  return { ...page, items: page.items.map(({ summary }) => summary) };
}

export async function scan(
  store: Store,
  filter: Filter,
  upTo: Instant,
  cursor: string | null,
  limit: number,
): Promise<Page<JobRef>> {
  const page = await pageOf(store, { filter, order: "scan", cursor, limit, upTo });
  return { ...page, items: page.items.map(({ summary }) => refOf(summary)) };
}

interface Asked {
  readonly filter: Filter;
  readonly order: Order;
  readonly cursor: string | null;
  readonly limit: number;
  readonly upTo?: Instant;
}

async function pageOf(store: Store, { filter, order, cursor, limit, ...upTo }: Asked): Promise<Page<Found>> {
  const from = cursor === null ? NEWEST : readCursor(order, filter, cursor);
  const common = { filter, order, ...upTo };
  const ahead = await search(store, { ...common, from, wanted: limit + 1, rows: DEFAULTS.searchRows });
  const found = ahead.found.slice(0, limit);
  const beyond = beyondPage(ahead, found, limit);
  const side = from.side === "older" ? "newer" : "older";
  const edge = edgeOf(found[0]?.key ?? from, side);
  const behind = await search(store, { ...common, from: edge, wanted: 1, rows: OTHER_SIDE_ROWS });
  const ways = {
    [from.side]: beyond && edgeOf(beyond, from.side),
    [side]: behind.found.length > 0 || !behind.reachedEnd ? edge : null,
  };
  return {
    items: from.side === "older" ? found : found.toReversed(),
    next: toCursor(ways["older"]),
    previous: toCursor(ways["newer"]),
    searched: { rows: ahead.looked, all: ahead.reachedEnd || ahead.found.length > limit },
  };

  function toCursor(place: Place | null | undefined): string | null {
    return place ? writeCursor(order, filter, place) : null;
  }
}

/** Behind which row the next page begins; null if there is none. A search that was cut short goes on where it stopped. */
function beyondPage(ahead: Outcome, found: readonly Found[], limit: number): Key | null {
  if (ahead.found.length > limit) return found.at(-1)?.key ?? null;
  return ahead.reachedEnd ? null : ahead.last;
}

/** The place next to a row, on one side of it. */
const edgeOf = ({ at, pk }: Key, side: Place["side"]): Place => ({ side, at, pk: side === "older" ? pk : pk + 1 });
