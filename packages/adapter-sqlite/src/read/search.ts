/** Looking at jobs one after the other until enough match, in portions between which the process can do other things. */

import { DEFAULTS, type Filter, type Instant, type Job, type JobSummary, matchesFilter } from "@jobyard/core/adapter";
import { holdings } from "../leases.ts";
import { type Holding, type SummaryRow, toLazyJob, toSummary } from "../rows.ts";
import { largeTexts, summariesByPk } from "../sql/read.sql.ts";
import type { View } from "../step.ts";
import type { Store } from "../store.ts";
import type { Key, Order, Place } from "./cursor.ts";
import { type Source, sourceOf } from "./source.ts";

/** Rows between two breaths. */
const PORTION = 500;

export interface Found {
  readonly key: Key;
  readonly summary: JobSummary;
}

export interface Outcome {
  readonly found: readonly Found[];
  readonly looked: number;
  /** False if it stopped at a bound before the end of the list. */
  readonly reachedEnd: boolean;
  /** Of the last row that was looked at. */
  readonly last: Key | null;
}

export interface Search {
  readonly filter: Filter;
  readonly order: Order;
  readonly from: Place;
  /** Matches after which it stops. */
  readonly wanted: number;
  /** Rows after which it stops. */
  readonly rows: number;
  /** By when ages are judged and since when nothing new counts; default: the store's now. */
  readonly upTo?: Instant;
}

/** The place beyond all rows of a list. */
export const NEWEST: Place = { side: "older", at: Number.MAX_SAFE_INTEGER, pk: Number.MAX_SAFE_INTEGER };

export async function search(store: Store, { filter, order, from, wanted, rows, upTo }: Search): Promise<Outcome> {
  const found: Found[] = [];
  let looked = 0;
  let last: Key | null = null;
  let source: Source | null = null;
  for (;;) {
    const portion = Math.min(PORTION, rows - looked);
    const place: Place =
      last === null ? from : { side: from.side, at: last.at, pk: last.pk + (from.side === "older" ? 0 : 1) };
    const seen = await store.read((view) => {
      source ??= sourceOf(view, filter, order);
      return look(view, source(view, place, portion), filter, upTo);
    });
    for (const { key, match } of seen) {
      looked += 1;
      last = key;
      if (match) found.push({ key, summary: match });
      if (found.length === wanted) return { found, looked, reachedEnd: false, last };
    }
    if (seen.length < portion) return { found, looked, reachedEnd: true, last };
    if (looked >= rows) return { found, looked, reachedEnd: false, last };
    await new Promise(setImmediate);
  }
}

const NOBODY: ReadonlyMap<number, Holding> = new Map();

interface Seen {
  readonly key: Key;
  readonly match: JobSummary | null;
}

function look(view: View, keys: readonly Key[], filter: Filter, upTo = Number.POSITIVE_INFINITY): readonly Seen[] {
  const rows = view.db.all(summariesByPk, { pks: JSON.stringify(keys.map(({ pk }) => pk)) });
  const byPk = new Map(rows.map((row) => [row.pk, row]));
  const held = rows.some(({ state }) => state === "waiting") ? holdings(view) : NOBODY;
  return keys.map((key) => {
    const row = byPk.get(key.pk);
    if (row === undefined || row.created_at > upTo) return { key, match: null };
    const holding = holdingIn(held, row);
    return {
      key,
      match: matchesFilter(lazyJob(view, row, holding), filter, view.now) ? toSummary(row, holding) : null,
    };
  });
}

export const holdingIn = (held: ReadonlyMap<number, Holding>, { pk, state }: SummaryRow): Holding | null =>
  state === "waiting" ? (held.get(pk) ?? null) : null;

const lazyJob = ({ db }: View, row: SummaryRow, holding: Holding | null): Job =>
  toLazyJob(row, holding, () => db.get(largeTexts, { pk: row.pk }) ?? { payload: "null", result: null });

/** Every match that a bounded search sees; true if it saw all rows. */
export async function searchAll(store: Store, filter: Filter, wanted: number): Promise<Outcome> {
  return search(store, { filter, order: "enqueued", from: NEWEST, wanted, rows: DEFAULTS.searchRows });
}
