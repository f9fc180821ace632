/** Several walks as one: the keys of all in one order, none twice. */

import type { View } from "../step.ts";
import { inWalkOrder, type Key, type Place } from "./cursor.ts";
import type { Walk } from "./walks.ts";

/** Rows that a walk visits at first; each further stretch is twice as long, up to the longest. */
const FIRST_STRETCH = 64;
const LONGEST_STRETCH = 2_048;

export class Merge {
  readonly #legs: readonly Leg[];
  readonly #side: Place["side"];
  #last: Key | null = null;

  constructor(walks: readonly Walk[], from: Place) {
    this.#side = from.side;
    this.#legs = walks.map((walk) => new Leg(walk, from));
  }

  /**
   * The next keys, `most` at most; fewer, or none, if that many rows were visited. Null at the end.
   *
   * @param visits - rows after which it stops, about
   */
  take(view: View, most: number, visits: number): { readonly keys: readonly Key[]; readonly visited: number } | null {
    const keys: Key[] = [];
    let visited = 0;
    while (keys.length < most && visited < visits) {
      const leg = this.#first();
      if (leg === null) return keys.length === 0 && visited === 0 ? null : { keys, visited };
      const key = leg.shift();
      if (key === null) visited += leg.goOn(view);
      else if (this.#last === null || inWalkOrder(this.#last, key, this.#side) !== 0) {
        this.#last = key;
        keys.push(key);
      }
    }
    return { keys, visited };
  }

  /** From where it would go on; null at the end. */
  get rest(): Place | null {
    const front = this.#first()?.front ?? null;
    if (front === null || "side" in front) return front as Place | null;
    return { side: this.#side, at: front.at, pk: this.#side === "older" ? front.pk + 1 : front.pk };
  }

  /** Whose next key comes first, or could, if that is not known yet. */
  #first(): Leg | null {
    let first: Leg | null = null;
    for (const leg of this.#legs)
      if (leg.front !== null && (first?.front == null || this.#isBefore(leg.front, first.front))) first = leg;
    return first;
  }

  /** Of two at the same place the one that is not known yet: it might hold a key there. */
  #isBefore(a: Key, b: Key): boolean {
    return inWalkOrder(a, b, this.#side) < 0;
  }
}

/** One of the walks, with what was found ahead. */
class Leg {
  readonly #walk: Walk;
  #keys: readonly Key[] = [];
  #next = 0;
  #rest: Place | null;
  #stretch = FIRST_STRETCH;

  constructor(walk: Walk, from: Place) {
    this.#walk = walk;
    this.#rest = from;
  }

  /** No key of this walk comes earlier. Null: there is none any more. */
  get front(): Key | Place | null {
    return this.#keys[this.#next] ?? this.#rest;
  }

  shift(): Key | null {
    const key = this.#keys[this.#next];
    if (key === undefined) return null;
    this.#next += 1;
    return key;
  }

  /** Rows that it may have visited. */
  goOn(view: View): number {
    if (this.#rest === null) return 0;
    const rows = this.#stretch;
    const { keys, rest } = this.#walk(view, this.#rest, rows);
    this.#keys = keys;
    this.#next = 0;
    this.#rest = rest;
    this.#stretch = Math.min(LONGEST_STRETCH, 2 * rows);
    return rows;
  }
}
