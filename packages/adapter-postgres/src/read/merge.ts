/** Several walks as one: the keys of all in one order, none twice. */

import type { View } from "../step.ts";
import { inWalkOrder, type Key, type Place } from "./cursor.ts";

export interface Stretch {
  /** In the order of the walk. */
  readonly keys: readonly Key[];
  /** Where it goes on; null at the end. It is complete up to there, whether or not something was found. */
  readonly rest: Place | null;
}

/** A way through the jobs along one index: from a place on, a stretch at a time. @param rows - at most, about */
export type Walk = (view: View, from: Place, rows: number) => Promise<Stretch>;

export class Merge {
  readonly #legs: readonly Leg[];
  readonly #side: Place["side"];
  #last: Key | null = null;

  constructor(walks: readonly Walk[], from: Place) {
    this.#side = from.side;
    this.#legs = walks.map((walk) => new Leg(walk, from));
  }

  /** The next keys, `most` at most; fewer, or none, where a walk stopped for breath. Null at the end. */
  async take(view: View, most: number): Promise<readonly Key[] | null> {
    if (this.#first() === null) return null;
    const keys: Key[] = [];
    const read = new Set<Leg>();
    for (let leg = this.#first(); leg !== null && keys.length < most; leg = this.#first()) {
      const key = leg.shift();
      if (key !== null) {
        if (this.#last !== null && inWalkOrder(this.#last, key, this.#side) === 0) continue;
        this.#last = key;
        keys.push(key);
        // Each walk is asked once, so that a page costs no more round trips than there are walks.
      } else if (read.has(leg)) break;
      else {
        read.add(leg);
        await leg.goOn(view, most);
      }
    }
    return keys;
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
    const order = inWalkOrder(a, b, this.#side);
    return order < 0 || (order === 0 && "side" in a && !("side" in b));
  }
}

/** One of the walks, with what was found ahead. */
class Leg {
  readonly #walk: Walk;
  #keys: readonly Key[] = [];
  #next = 0;
  #rest: Place | null;

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

  async goOn(view: View, rows: number): Promise<void> {
    if (this.#rest === null) return;
    const { keys, rest } = await this.#walk(view, this.#rest, rows);
    this.#keys = keys;
    this.#next = 0;
    this.#rest = rest;
  }
}
