/**
 * Pages of a list, newest first. A cursor is a place between two rows, so that what arrives or goes elsewhere in
 * the list moves nothing: no row twice, none skipped.
 */

import type { Filter, Instant, JobRef, JobSummary, ListRequest, Page } from "@jobyard/core/adapter";
import { holdings } from "../leases.ts";
import { toSummary } from "../rows.ts";
import { summariesByPk } from "../sql/read.sql.ts";
import type { View } from "../step.ts";
import type { Store } from "../store.ts";
import { edgeOf, type Key, NEWEST, OLDEST, type Order, type Place, readCursor, writeCursor } from "./cursor.ts";
import { type Match, search } from "./search.ts";
import { attentionStateOf } from "./source.ts";

/** So far is looked for a match on the other side of a page, to tell whether there is a page. */
const OTHER_SIDE_ROWS = 1_000;

export function list(store: Store, { filter, cursor, limit }: ListRequest): Promise<Page<JobSummary>> {
  const order = attentionStateOf(filter) === null ? "enqueued" : "entered";
  return pageOf(store, { filter, order, cursor, limit, items: summariesOf });
}

export function scan(
  store: Store,
  filter: Filter,
  upTo: Instant,
  cursor: string | null,
  limit: number,
): Promise<Page<JobRef>> {
  const items = (_: View, matches: readonly Match[]) => matches.map(({ job: { queue, id } }) => ({ queue, id }));
  return pageOf(store, { filter, order: "scan", cursor, limit, upTo, items, withNames: true });
}

function summariesOf(view: View, matches: readonly Match[]): readonly JobSummary[] {
  const rows = view.db.all(summariesByPk, { pks: JSON.stringify(matches.map(({ key }) => key.pk)) });
  const held = rows.some(({ state }) => state === "waiting") ? holdings(view) : null;
  return rows.map((row) => toSummary(row, row.state === "waiting" ? (held?.get(row.pk) ?? null) : null));
}

interface Asked<T> {
  readonly filter: Filter;
  readonly order: Order;
  readonly cursor: string | null;
  readonly limit: number;
  readonly upTo?: Instant;
  readonly withNames?: boolean;
  /** What the page holds of each match. */
  readonly items: (view: View, matches: readonly Match[]) => readonly T[];
}

async function pageOf<T>(store: Store, { filter, order, cursor, limit, items, ...others }: Asked<T>): Promise<Page<T>> {
  const from = cursor === null ? NEWEST : readCursor(order, filter, cursor);
  const common = { filter, order, ...others };
  const keys: Key[] = [];
  const found: T[] = [];
  const collect = (view: View, matches: readonly Match[]): void => {
    const shown = matches.slice(0, limit - found.length);
    keys.push(...matches.map(({ key }) => key));
    found.push(...items(view, shown));
  };
  const ahead = await search(store, { ...common, from, wanted: limit + 1, collect });
  const isCut = !ahead.reachedEnd && keys.length <= limit;
  const last = keys[limit - 1];
  const beyond = keys.length > limit && last ? edgeOf(last, from.side) : isCut ? ahead.rest : null;
  const behind = cursor === null ? null : await otherSide(store, { ...common, from, first: keys[0] });
  const [older, newer] = from.side === "older" ? [beyond, behind] : [behind, beyond];
  return {
    items: from.side === "older" ? found : found.toReversed(),
    next: toCursor(older),
    previous: toCursor(newer),
    last: older && writeCursor(order, filter, OLDEST),
    searched: { rows: ahead.looked, all: !isCut },
  };

  function toCursor(place: Place | null): string | null {
    return place && writeCursor(order, filter, place);
  }
}

interface OtherSide {
  readonly filter: Filter;
  readonly order: Order;
  readonly upTo?: Instant;
  readonly from: Place;
  /** The first row of the page, if it has one. */
  readonly first: Key | undefined;
}

/** Where the page on the other side begins; null if there surely is none. */
async function otherSide(store: Store, { first, from, ...common }: OtherSide): Promise<Place | null> {
  const side: Place["side"] = from.side === "older" ? "newer" : "older";
  const edge: Place = first ? edgeOf(first, side) : { ...from, side };
  const nothing = (): void => {};
  const { matches, reachedEnd } = await search(store, {
    ...common,
    from: edge,
    wanted: 1,
    rows: OTHER_SIDE_ROWS,
    collect: nothing,
  });
  return matches > 0 || !reachedEnd ? edge : null;
}
