/** Several walks as one, each taken further by stretches that grow. */

import { type Leg, Legs, type ListKey, type ListPlace } from "@jobyard/core/adapter";
import type { View } from "../step.ts";
import type { Walk } from "./walks.ts";

/** Rows that a walk visits at first; each further stretch is twice as long, up to the longest. */
const FIRST_STRETCH = 64;
const LONGEST_STRETCH = 2_048;

export class Merge {
  readonly #legs: Legs<Walk>;
  readonly #stretches = new Map<Leg<Walk>, number>();

  constructor(walks: readonly Walk[], from: ListPlace) {
    this.#legs = new Legs(walks, from);
  }

  /**
   * The next keys, `most` at most; fewer, or none, if that many rows were visited. Null at the end.
   *
   * @param visits - rows after which it stops, about
   */
  take(
    view: View,
    most: number,
    visits: number,
  ): { readonly keys: readonly ListKey[]; readonly visited: number } | null {
    const keys: ListKey[] = [];
    let visited = 0;
    while (keys.length < most && visited < visits) {
      const leg = this.#legs.first;
      if (leg === null) return keys.length === 0 && visited === 0 ? null : { keys, visited };
      if (leg.key === null) visited += this.#goOn(view, leg);
      else {
        const key = this.#legs.take(leg);
        if (key !== null) keys.push(key);
      }
    }
    return { keys, visited };
  }

  /** From where it would go on; null at the end. */
  get rest(): ListPlace | null {
    return this.#legs.rest;
  }

  /** Rows that it may have visited. */
  #goOn(view: View, leg: Leg<Walk>): number {
    if (leg.rest === null) return 0;
    const rows = this.#stretches.get(leg) ?? FIRST_STRETCH;
    leg.add(leg.walk(view, leg.rest, rows));
    this.#stretches.set(leg, Math.min(LONGEST_STRETCH, 2 * rows));
    return rows;
  }
}
