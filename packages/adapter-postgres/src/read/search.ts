/**
 * Looking at jobs one after the other until enough match, in one snapshot and in portions of which none takes long: the
 * walks bring numbers of jobs, one statement for each portion answers with those that match.
 *
 * Two things bound it: rows that were looked at, and time. What an index passes over is not looked at.
 */

import {
  DEFAULTS,
  edgeOf,
  type ListKey,
  type ListPlace,
  LONGEST_SEARCH_MS,
  matchesFilter,
  type Ports,
  type Searchable,
  type SearchOutcome,
  type SearchRequest,
} from "@jobyard/core/adapter";
import { type LookedRow, lookedAt, type NamedLane, type WantedTexts } from "../sql/read.sql.ts";
import type { View } from "../step.ts";
import { SMALL_BYTES, textsFor, undecidedOf } from "./candidate.ts";
import { type Conditions, conditionsFor } from "./conditions.ts";
import { holdingsOf } from "./holdings.ts";
import { Merge } from "./merge.ts";
import { type Lanes, lanesFor, walksFor } from "./source.ts";

/** Rows of the first portion: twice what is wanted, for what is passed over, but neither more nor less than these. */
const SMALLEST_FIRST = 32;
const LARGEST_FIRST = 256;
const LARGEST_PORTION = 8_192;
const GROWTH = 8;
/** A portion is made small enough for this time, and for so many rows to be sent, going by the one before it. */
const PORTION_MS = 150;
const PORTION_SENT = 1_024;
/** Judging rows here, one after the other, ends after this time; the rest is judged as a portion of its own. */
const JUDGING_MS = 10;

export interface Search extends SearchRequest {
  /** Reads states as people see them, for whoever collects; so it does with names. */
  readonly withStates?: boolean;
  /** Gets each portion's matches, in order. */
  readonly collect: (matches: readonly Match[]) => void;
}

export interface Match {
  readonly key: ListKey;
  readonly row: LookedRow;
  readonly lane: NamedLane;
}

export async function search(view: View, ports: Ports, options: Search): Promise<SearchOutcome> {
  const running = await RunningSearch.begin(view, ports, options);
  const end = ports.monotonic() + LONGEST_SEARCH_MS;
  while (!(await running.portion())) if (ports.monotonic() >= end) break;
  return running.outcome();
}

class RunningSearch {
  readonly #view: View;
  readonly #ports: Ports;
  readonly #options: Search;
  readonly #lanes: ReadonlyMap<number, NamedLane>;
  readonly #open: readonly number[] | null;
  readonly #conditions: Conditions;
  readonly #texts: WantedTexts;
  readonly #merge: Merge;
  readonly #wanted: number;
  readonly #rows: number;
  /** Come up, and not looked at yet. */
  #ahead: readonly ListKey[] = [];
  #size: number;
  #looked = 0;
  #matches = 0;
  #rest: ListPlace;
  #reachedEnd = false;

  static async begin(view: View, ports: Ports, options: Search): Promise<RunningSearch> {
    const lanes = await lanesFor(view, options.filter);
    const walks = await walksFor(view, options.filter, options.order, lanes);
    return new RunningSearch(view, ports, options, lanes, new Merge(walks, options.from));
  }

  private constructor(view: View, ports: Ports, options: Search, lanes: Lanes, merge: Merge) {
    this.#view = view;
    this.#ports = ports;
    this.#options = options;
    this.#lanes = new Map(lanes.all.map((lane) => [lane.id, lane]));
    this.#open = lanes.ids;
    this.#conditions = conditionsFor(options.filter, view.now, (word) =>
      lanes.open.filter(({ name }) => name.toLowerCase().includes(word)).map(({ id }) => id),
    );
    const texts = textsFor(this.#conditions.undecided);
    this.#texts = options.withNames === true ? { ...texts, withNames: true } : texts;
    this.#merge = merge;
    this.#wanted = options.wanted ?? Number.POSITIVE_INFINITY;
    this.#rows = options.rows ?? DEFAULTS.searchRows;
    this.#size = Math.max(SMALLEST_FIRST, Math.min(LARGEST_FIRST, 2 * this.#wanted));
    this.#rest = options.from;
  }

  outcome(): SearchOutcome {
    return { matches: this.#matches, looked: this.#looked, reachedEnd: this.#reachedEnd, rest: this.#rest };
  }

  /** True if the search is over. */
  async portion(): Promise<boolean> {
    if (this.#ahead.length === 0) {
      const taken = await this.#merge.take(this.#view, Math.min(this.#size, this.#rows - this.#looked));
      if (taken === null) {
        this.#reachedEnd = true;
        return true;
      }
      this.#ahead = taken;
      this.#rest = this.#merge.rest ?? this.#rest;
    }
    if (this.#ahead.length > 0) await this.#look();
    return this.#matches >= this.#wanted || this.#looked >= this.#rows || this.#options.enough?.() === true;
  }

  async #look(): Promise<void> {
    const begun = this.#ports.monotonic();
    const rows = await this.#matching();
    this.#grow(this.#ports.monotonic() - begun, rows.size);
    const until = this.#ports.monotonic() + JUDGING_MS;
    const matches: Match[] = [];
    let seen = 0;
    for (const key of this.#ahead) {
      seen += 1;
      this.#rest = edgeOf(key, this.#options.from.side);
      const row = rows.get(key.pk);
      const lane = row && this.#lanes.get(row.lane);
      if (row && lane && (await this.#isMatch(row, lane))) matches.push({ key, row, lane });
      if (this.#matches + matches.length >= this.#wanted || this.#ports.monotonic() > until) break;
    }
    this.#ahead = this.#ahead.slice(seen);
    // Behind the last of them nothing is left up to where the walks have come.
    if (this.#ahead.length === 0) this.#rest = this.#merge.rest ?? this.#rest;
    this.#looked += seen;
    this.#matches += matches.length;
    this.#options.collect(matches);
  }

  #grow(tookMs: number, sent: number): void {
    const inTime = tookMs <= 0 ? GROWTH : PORTION_MS / tookMs;
    const factor = Math.min(GROWTH, inTime, sent === 0 ? GROWTH : PORTION_SENT / sent);
    this.#size = Math.max(1, Math.min(LARGEST_PORTION, Math.floor(this.#ahead.length * factor)));
  }

  /** Of those ahead. */
  async #matching(): Promise<ReadonlyMap<number, LookedRow>> {
    const pks = this.#ahead.map(({ pk }) => pk);
    const { text, values, asksLeases } = this.#conditions;
    const asked = asksLeases || this.#options.withNames === true || this.#options.withStates === true;
    const leased = asked ? [...(await holdingsOf(this.#view, pks))] : [];
    const rows = await this.#view.db.all(lookedAt(text), {
      ...{ ...values, ...this.#texts, pks, smallBytes: SMALL_BYTES },
      ...{ upTo: this.#options.upTo ?? null, lanes: this.#open },
      active: leased.map(([pk]) => pk),
      sessions: leased.map(([, { session }]) => session),
      claimed: leased.map(([, { claimedAt }]) => claimedAt),
    });
    return new Map(rows.map((row) => [row.pk, row]));
  }

  async #isMatch(row: LookedRow, lane: NamedLane): Promise<boolean> {
    const { undecided } = this.#conditions;
    if (undecided.length === 0) return true;
    const candidate = await undecidedOf(this.#view, row, lane, this.#texts);
    // It has what these terms ask for.
    return matchesFilter(candidate as Searchable, undecided, this.#view.now);
  }
}
