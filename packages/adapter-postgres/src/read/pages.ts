/**
 * Pages of a list, newest first. A cursor is a place between two rows, so that what arrives or goes elsewhere in
 * the list moves nothing: no row twice, none skipped.
 */

import type { Filter, Instant, JobRef, JobSummary, ListRequest, Page, Ports } from "@jobyard/core/adapter";
import { toSummary } from "../rows.ts";
import { summariesByPk } from "../sql/read.sql.ts";
import type { View } from "../step.ts";
import type { Store } from "../store.ts";
import { edgeOf, NEWEST, OLDEST, type Order, type Place, readCursor, writeCursor } from "./cursor.ts";
import { holdingsOfRows } from "./holdings.ts";
import { type Match, search } from "./search.ts";
import { attentionStateOf } from "./source.ts";

/** So far is looked for a match on the other side of a page, to tell whether there is a page. */
const OTHER_SIDE_ROWS = 1_000;

export async function list(store: Store, { filter, cursor, limit }: ListRequest): Promise<Page<JobSummary>> {
  const order = attentionStateOf(filter) === null ? "enqueued" : "entered";
  const from = placeOf(order, filter, cursor);
  return store.read((view) =>
    pageOf({
      view,
      ports: store.ports,
      filter,
      order,
      from,
      cursor,
      limit,
      items: (found) => summariesOf(view, found),
    }),
  );
}

export async function scan(
  store: Store,
  filter: Filter,
  upTo: Instant,
  cursor: string | null,
  limit: number,
): Promise<Page<JobRef>> {
  const order = "scan";
  const from = placeOf(order, filter, cursor);
  const items = async (found: readonly Match[]) =>
    found.map(({ lane, row }) => ({ queue: lane.queue, id: row.id ?? "" }));
  return store.read((view) =>
    pageOf({ view, ports: store.ports, filter, order, from, cursor, limit, upTo, items, withNames: true }),
  );
}

const placeOf = (order: Order, filter: Filter, cursor: string | null): Place =>
  cursor === null ? NEWEST : readCursor(order, filter, cursor);

async function summariesOf(view: View, found: readonly Match[]): Promise<readonly JobSummary[]> {
  if (found.length === 0) return [];
  const rows = await view.db.all(summariesByPk, { pks: found.map(({ key }) => key.pk) });
  const held = await holdingsOfRows(view, rows);
  const byPk = new Map(rows.map((row) => [row.pk, row]));
  return found.flatMap(({ key }) => {
    const row = byPk.get(key.pk);
    return row ? toSummary(row, row.state === "waiting" ? (held.get(row.pk) ?? null) : null) : [];
  });
}

interface Asked<T> {
  readonly view: View;
  readonly ports: Ports;
  readonly filter: Filter;
  readonly order: Order;
  readonly from: Place;
  readonly cursor: string | null;
  readonly limit: number;
  readonly upTo?: Instant;
  readonly withNames?: boolean;
  /** What the page holds of each match. */
  readonly items: (found: readonly Match[]) => Promise<readonly T[]>;
}

async function pageOf<T>({ view, ports, from, cursor, limit, items, ...common }: Asked<T>): Promise<Page<T>> {
  const { order, filter } = common;
  const found: Match[] = [];
  const ahead = await search(view, ports, {
    ...common,
    from,
    wanted: limit + 1,
    collect: (matches) => void found.push(...matches),
  });
  const shown = found.slice(0, limit);
  const isCut = !ahead.reachedEnd && found.length <= limit;
  const last = shown.at(-1)?.key;
  const beyond = found.length > limit && last ? edgeOf(last, from.side) : isCut ? ahead.rest : null;
  const behind = cursor === null ? null : await otherSide({ view, ports, from, first: shown[0], ...common });
  const [older, newer] = from.side === "older" ? [beyond, behind] : [behind, beyond];
  const listed = await items(shown);
  return {
    items: from.side === "older" ? listed : listed.toReversed(),
    next: toCursor(older),
    previous: toCursor(newer),
    last: older && writeCursor(order, filter, OLDEST),
    searched: { rows: ahead.looked, all: !isCut },
  };

  function toCursor(place: Place | null): string | null {
    return place && writeCursor(order, filter, place);
  }
}

interface OtherSide extends Pick<Asked<never>, "view" | "ports" | "filter" | "order" | "upTo" | "from"> {
  /** The first row of the page, if it has one. */
  readonly first: Match | undefined;
}

/** Where the page on the other side begins; null if there surely is none. */
async function otherSide({ view, ports, first, from, ...common }: OtherSide): Promise<Place | null> {
  const side: Place["side"] = from.side === "older" ? "newer" : "older";
  const edge: Place = first ? edgeOf(first.key, side) : { ...from, side };
  const { matches, reachedEnd } = await search(view, ports, {
    ...common,
    from: edge,
    wanted: 1,
    rows: OTHER_SIDE_ROWS,
    collect: () => {},
  });
  return matches > 0 || !reachedEnd ? edge : null;
}
