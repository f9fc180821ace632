/**
 * Pages of a list, newest first. A cursor is a place between two rows, so that what arrives or goes elsewhere in
 * the list moves nothing: no row twice, none skipped.
 */

import {
  attentionStateOf,
  beginOf,
  type Filter,
  type Instant,
  type JobRef,
  type JobSummary,
  type ListRequest,
  mayHaveRows,
  OTHER_SIDE,
  otherSideOf,
  type Page,
  type Ports,
  type SearchRequest,
  toPage,
  toSummary,
} from "@jobyard/core/adapter";
import { summariesByPk } from "../sql/read.sql.ts";
import type { View } from "../step.ts";
import type { Store } from "../store.ts";
import { holdingsOfRows } from "./holdings.ts";
import { type Match, search } from "./search.ts";

export async function list(store: Store, { filter, cursor, limit }: ListRequest): Promise<Page<JobSummary>> {
  const { ports } = store;
  const order = attentionStateOf(filter) === null ? "enqueued" : "entered";
  const from = beginOf(order, filter, cursor);
  return store.read((view) => {
    const items = (found: readonly Match[]) => summariesOf(view, found);
    return pageOf({ view, ports, filter, order, from, cursor, limit, items });
  });
}

export async function scan(
  store: Store,
  filter: Filter,
  upTo: Instant,
  cursor: string | null,
  limit: number,
): Promise<Page<JobRef>> {
  const { ports } = store;
  const order = "scan";
  const from = beginOf(order, filter, cursor);
  const items = async (found: readonly Match[]) =>
    found.map(({ lane, row }) => ({ queue: lane.queue, id: row.id ?? "" }));
  return store.read((view) =>
    pageOf({ view, ports, filter, order, from, cursor, limit, upTo, items, withNames: true }),
  );
}

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

interface Asked<T> extends Pick<SearchRequest, "filter" | "order" | "from" | "upTo" | "withNames"> {
  readonly view: View;
  readonly ports: Ports;
  readonly cursor: string | null;
  readonly limit: number;
  /** What the page holds of each match. */
  readonly items: (found: readonly Match[]) => Promise<readonly T[]>;
}

async function pageOf<T>({ view, ports, cursor, limit, items: itemsOf, ...asked }: Asked<T>): Promise<Page<T>> {
  const { order, filter, from } = asked;
  const matches: Match[] = [];
  const collect = (portion: readonly Match[]): void => void matches.push(...portion);
  const found = await search(view, ports, { ...asked, wanted: limit + 1, collect });
  const keys = matches.map(({ key }) => key);
  const otherSide = otherSideOf(from, keys[0]);
  const aside = { ...asked, ...OTHER_SIDE, from: otherSide, collect: () => {} };
  const behind = cursor !== null && mayHaveRows(await search(view, ports, aside)) ? otherSide : null;
  const items = await itemsOf(matches.slice(0, limit));
  return toPage(order, filter, from, { limit, keys, items, search: found, behind });
}
