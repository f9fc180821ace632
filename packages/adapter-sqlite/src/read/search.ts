/**
 * Looking at jobs one after the other until enough match, in portions between which the process does other things.
 *
 * Two things bound it: rows that were looked at, and time. What an index or the state of a row passes over is not
 * looked at.
 */

import {
  DEFAULTS,
  edgeOf,
  type Instant,
  type ListKey,
  type ListPlace,
  LONGEST_SEARCH_MS,
  matchesFilter,
  requiredCreated,
  type SearchOutcome,
  type SearchRequest,
} from "@jobyard/core/adapter";
import type { View } from "../step.ts";
import type { Store } from "../store.ts";
import { type Candidate, candidatesOf, textsFor } from "./candidate.ts";
import { createdBlocksOf } from "./created-blocks.ts";
import { Merge } from "./merge.ts";
import { walksFor } from "./source.ts";

/** Rows that are looked at between two breaths, at most; the first portion is one page. */
const PORTION = 1_000;
const FIRST_PORTION = 64;
/** Rows that are passed over between two breaths. */
const VISITS = 10_000;
/** Looking ends a portion after this time, however large the rows are. */
const PORTION_MS = 8;

export interface Search extends SearchRequest {
  /** Gets each portion's matches while the store is as they were found in it. */
  readonly collect: (view: View, matches: readonly Match[]) => void;
}

export interface Match {
  readonly key: ListKey;
  readonly job: Candidate;
}

export async function search(store: Store, options: Search): Promise<SearchOutcome> {
  const running = new RunningSearch(store, options);
  const end = store.ports.monotonic() + LONGEST_SEARCH_MS;
  while (!(await store.read((view) => running.portion(view)))) {
    if (store.ports.monotonic() >= end) break;
    await new Promise(setImmediate);
  }
  return running.outcome();
}

class RunningSearch {
  readonly #store: Store;
  readonly #options: Required<Omit<Search, "upTo" | "withNames">> & Pick<Search, "upTo">;
  readonly #texts: ReturnType<typeof textsFor>;
  #merge: Merge | null = null;
  #now: Instant = 0;
  /** Come up, and not looked at yet. */
  #ahead: readonly ListKey[] = [];
  #size = FIRST_PORTION;
  #looked = 0;
  #matches = 0;
  #rest: ListPlace;
  #reachedEnd = false;

  constructor(store: Store, options: Search) {
    this.#store = store;
    this.#options = { rows: DEFAULTS.searchRows, wanted: Number.POSITIVE_INFINITY, enough: () => false, ...options };
    const texts = textsFor(options.filter);
    this.#texts = options.withNames ? { ...texts, withNames: 1 } : texts;
    this.#rest = options.from;
  }

  outcome(): SearchOutcome {
    return { matches: this.#matches, looked: this.#looked, reachedEnd: this.#reachedEnd, rest: this.#rest };
  }

  /** True if the search is over. */
  portion(view: View): boolean {
    const { filter, order, from, wanted, rows, enough } = this.#options;
    if (this.#merge === null) {
      // Ages count back from one instant, however long the search takes.
      this.#now = view.now;
      this.#merge = new Merge(
        walksFor(view, filter, order, createdBlocksOf(this.#store, requiredCreated(filter, view.now))),
        from,
      );
    }
    if (this.#ahead.length === 0) {
      const taken = this.#merge.take(view, Math.min(this.#size, rows - this.#looked), VISITS);
      this.#size = PORTION;
      if (taken === null) {
        this.#reachedEnd = true;
        return true;
      }
      this.#ahead = taken.keys;
      this.#rest = this.#merge.rest ?? this.#rest;
    }
    this.#look(view);
    return this.#matches >= wanted || this.#looked >= rows || enough();
  }

  #look(view: View): void {
    const { filter, from, wanted, upTo = Number.POSITIVE_INFINITY, collect } = this.#options;
    const until = this.#store.ports.monotonic() + PORTION_MS;
    const found = candidatesOf(
      view,
      this.#ahead.map(({ pk }) => pk),
      this.#texts,
    );
    const byPk = new Map(found.map((job) => [job.pk, job]));
    const matches: Match[] = [];
    let seen = 0;
    for (const key of this.#ahead) {
      seen += 1;
      this.#rest = edgeOf(key, from.side);
      const job = byPk.get(key.pk);
      if (job && job.createdAt <= upTo && matchesFilter(job, filter, this.#now)) matches.push({ key, job });
      if (this.#matches + matches.length >= wanted || this.#store.ports.monotonic() > until) break;
    }
    this.#ahead = this.#ahead.slice(seen);
    this.#looked += seen;
    this.#matches += matches.length;
    collect(view, matches);
  }
}
