/** Several walks as one. Each of them is asked once for a page, so that it costs no more round trips than there are. */

import { type Leg, Legs, type ListKey, type ListPlace, type Stretch } from "@jobyard/core/adapter";
import type { View } from "../step.ts";

/** A way through the jobs along one index: from a place on, a stretch at a time. @param rows - at most, about */
export type Walk = (view: View, from: ListPlace, rows: number) => Promise<Stretch>;

export class Merge {
  readonly #legs: Legs<Walk>;

  constructor(walks: readonly Walk[], from: ListPlace) {
    this.#legs = new Legs(walks, from);
  }

  /** The next keys, `most` at most; fewer, or none, where a walk stopped for breath. Null at the end. */
  async take(view: View, most: number): Promise<readonly ListKey[] | null> {
    if (this.#legs.first === null) return null;
    const keys: ListKey[] = [];
    const read = new Set<Leg<Walk>>();
    for (let leg = this.#legs.first; leg !== null && keys.length < most; leg = this.#legs.first) {
      if (leg.key !== null) {
        const key = this.#legs.take(leg);
        if (key !== null) keys.push(key);
      } else if (read.has(leg) || leg.rest === null) break;
      else {
        read.add(leg);
        leg.add(await leg.walk(view, leg.rest, most));
      }
    }
    return keys;
  }

  /** From where it would go on; null at the end. */
  get rest(): ListPlace | null {
    return this.#legs.rest;
  }
}
