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
  type ListKey,
  type ListRequest,
  mayHaveRows,
  OTHER_SIDE,
  otherSideOf,
  type Page,
  type SearchRequest,
  toPage,
  toSummary,
} from "@jobyard/core/adapter";
import { holdings } from "../leases.ts";
import { summariesByPk } from "../sql/read.sql.ts";
import type { View } from "../step.ts";
import type { Store } from "../store.ts";
import { type Match, search } from "./search.ts";

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

interface Asked<T> extends Pick<SearchRequest, "filter" | "order" | "upTo" | "withNames"> {
  readonly cursor: string | null;
  readonly limit: number;
  /** What the page holds of each match. */
  readonly items: (view: View, matches: readonly Match[]) => readonly T[];
}

async function pageOf<T>(store: Store, { cursor, limit, items: itemsOf, ...common }: Asked<T>): Promise<Page<T>> {
  const { filter, order } = common;
  const from = beginOf(order, filter, cursor);
  const keys: ListKey[] = [];
  const items: T[] = [];
  const collect = (view: View, matches: readonly Match[]): void => {
    const shown = matches.slice(0, limit - items.length);
    keys.push(...matches.map(({ key }) => key));
    items.push(...itemsOf(view, shown));
  };
  const found = await search(store, { ...common, from, wanted: limit + 1, collect });
  const otherSide = otherSideOf(from, keys[0]);
  const aside = { ...common, ...OTHER_SIDE, from: otherSide, collect: () => {} };
  const behind = cursor !== null && mayHaveRows(await search(store, aside)) ? otherSide : null;
  return toPage(order, filter, from, { limit, keys, items, search: found, behind });
}
