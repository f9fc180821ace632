/** The ways there are through the jobs of a queue, and several of them as one. */

import {
  edgeOf,
  type JobRef,
  type Leg,
  Legs,
  type ListKey,
  type ListPlace,
  type NumberRange,
} from "@jobyard/core/adapter";
import { walkScript } from "../lua/read/walk.lua.ts";
import { packed, unpacked } from "../packed.ts";
import type { Readable } from "./store.ts";

/** A job and where it stands in a list. */
export interface JobKey extends ListKey, JobRef {}

export type Walk =
  /** Along one of our indexes: all jobs of a queue by their enqueue, or those in a state by when they came into it. */
  | (Sieve & { readonly queue: string; readonly index: "jobs" | "dead" | "cancelled" | "stale" })
  /** Jobs that were gathered. */
  | { readonly listed: readonly JobKey[] };

/** Only jobs that stand in any of these ZSETs of BullMQ's, or in none of those. */
export type Sieve = { readonly any?: readonly Zset[] } | { readonly none?: readonly Zset[] };
export type Zset = "completed" | "failed" | "delayed" | "prioritized" | "waiting-children";

/** Fewer than that are not worth a call. */
const FEWEST_ROWS = 8;
const LEGS_AT_ONCE = 200;
const EVERYTHING: NumberRange = { from: null, to: null };

export class Merge {
  readonly #store: Readable;
  readonly #legs: Legs<Walk, JobKey>;
  readonly #side: ListPlace["side"];
  /** Of keys: whatever lies beyond is left out. */
  readonly #span: NumberRange;

  /** @param span - of the times by which the list is sorted */
  constructor(store: Readable, walks: readonly Walk[], from: ListPlace, span: NumberRange = EVERYTHING) {
    this.#store = store;
    this.#side = from.side;
    this.#span = span;
    this.#legs = new Legs(walks, within(from, span));
  }

  /** The next keys, `most` at most; fewer, or none, if much was passed over on the way. Null at the end. */
  async take(most: number): Promise<readonly JobKey[] | null> {
    if (this.#legs.first === null) return null;
    const keys: JobKey[] = [];
    let isBarren = false;
    for (let leg = this.#legs.first; leg !== null && keys.length < most; leg = this.#legs.first) {
      if (leg.key !== null) {
        const key = this.#legs.take(leg);
        if (key !== null) keys.push(key);
      } else if (isBarren) break;
      else {
        await this.#read(most - keys.length);
        isBarren = leg.key === null && leg.rest !== null;
      }
    }
    return keys;
  }

  /** From where it would go on; null at the end. */
  get rest(): ListPlace | null {
    return this.#legs.rest;
  }

  /** Takes all legs further of which nothing is known. */
  async #read(most: number): Promise<void> {
    const { unknown } = this.#legs;
    const rows = Math.min(most, Math.max(FEWEST_ROWS, Math.ceil((2 * most) / unknown.length)));
    const indexed: Indexed[] = [];
    for (const leg of unknown) {
      const { walk, rest } = leg;
      if (rest === null) continue;
      if ("listed" in walk) leg.add({ keys: this.#inOrder(walk.listed, rest), rest: null });
      else indexed.push({ leg, rest, walk });
    }
    for (let from = 0; from < indexed.length; from += LEGS_AT_ONCE)
      await this.#readIndexes(indexed.slice(from, from + LEGS_AT_ONCE), rows);
  }

  async #readIndexes(indexed: readonly Indexed[], rows: number): Promise<void> {
    const legs = indexed.map(({ walk, rest: { at, pk } }) => ({ ...walk, at, number: String(pk).padStart(16, "0") }));
    const ask = packed({ side: this.#side, rows, legs });
    const answers = unpacked<readonly Answer[]>(await this.#store.runForBuffers(walkScript, ask));
    for (const [index, { leg, walk }] of indexed.entries()) {
      const [isEnd, lastEntry, lastScore, ...found] = answers[index] ?? END;
      const last = lastEntry === false ? null : keyOf(walk.queue, lastEntry, lastScore || "");
      const isBeyond = last === null || this.#inSpan([last]).length === 0;
      const keys = this.#inSpan(keysIn(walk.queue, found));
      leg.add({ keys, rest: isEnd || isBeyond ? null : edgeOf(last, this.#side) });
    }
  }

  #inOrder(listed: readonly JobKey[], { at, pk }: ListPlace): readonly JobKey[] {
    const isNewer = (key: JobKey): boolean => key.at > at || (key.at === at && key.pk >= pk);
    const ahead = this.#inSpan(listed.filter((key) => isNewer(key) === (this.#side === "newer")));
    const sign = this.#side === "older" ? -1 : 1;
    return ahead.sort((a, b) => sign * (a.at - b.at || a.pk - b.pk));
  }

  #inSpan(keys: readonly JobKey[]): JobKey[] {
    const { from, to } = this.#span;
    return keys.filter(({ at }) => (from === null || at >= from) && (to === null || at <= to));
  }
}

/** As the script answers. */
type Answer = readonly [isEnd: boolean, lastEntry: string | false, lastScore: string | false, ...found: string[]];
const END: Answer = [true, false, false];

interface Indexed {
  readonly leg: Leg<Walk, JobKey>;
  readonly rest: ListPlace;
  readonly walk: Extract<Walk, { readonly index: string }>;
}

/** No further back than where the span begins. */
function within(place: ListPlace, { from, to }: NumberRange): ListPlace {
  if (place.side === "older")
    return to !== null && place.at > to ? { side: "older", at: Math.floor(to) + 1, pk: 0 } : place;
  return from !== null && place.at < from ? { side: "newer", at: Math.ceil(from), pk: 0 } : place;
}

/** @param found - entry, score, entry, score … */
function keysIn(queue: string, found: readonly string[]): JobKey[] {
  const keys: JobKey[] = [];
  for (let index = 0; index < found.length; index += 2)
    keys.push(keyOf(queue, found[index] ?? "", found[index + 1] ?? ""));
  return keys;
}

/** @param entry - of an index: the number in 16 digits, a colon, the id */
const keyOf = (queue: string, entry: string, score: string): JobKey => ({
  ...{ queue, id: entry.slice(17) },
  ...{ at: Number(score), pk: Number(entry.slice(0, 16)) },
});
