/** A search through the jobs of a store, from a place in a list on: what it is asked for, and how far it came. */

import type { Filter } from "../nouns/filter.ts";
import type { Instant } from "../nouns/job.ts";
import type { ListOrder, ListPlace } from "./cursor.ts";

/** A search that was not done by then, in ms, stops where it is, and says so. */
export const LONGEST_SEARCH_MS = 2_000;

export interface SearchRequest {
  readonly filter: Filter;
  readonly order: ListOrder;
  readonly from: ListPlace;
  /** Matches after which it stops; default: none are enough. */
  readonly wanted?: number;
  /** Asked after each portion: true stops it. */
  readonly enough?: () => boolean;
  /** Rows looked at after which it stops; default `DEFAULTS.searchRows`. */
  readonly rows?: number;
  /** Since when nothing new counts. */
  readonly upTo?: Instant;
  /** Reads names too (id, worker, tags …), for whoever collects. */
  readonly withNames?: boolean;
}

export interface SearchOutcome {
  readonly matches: number;
  readonly looked: number;
  /** False if it stopped before the end of the list. */
  readonly reachedEnd: boolean;
  /** From where it would go on. */
  readonly rest: ListPlace;
}
