/**
 * Several walks through jobs as one: the keys of all in one order, none twice. How a walk is taken further, and how far
 * at a time, is for whoever takes the keys.
 */

import { edgeOf, inWalkOrder, type ListKey, type ListPlace } from "./cursor.ts";

export interface Stretch<Key extends ListKey = ListKey> {
  /** In the order of the walk. */
  readonly keys: readonly Key[];
  /** Where it goes on; null at the end. It is complete up to there, whether or not something was found. */
  readonly rest: ListPlace | null;
}

/** One of the walks, with what was found ahead. */
export class Leg<Walk, Key extends ListKey = ListKey> {
  readonly walk: Walk;
  #keys: readonly Key[] = [];
  #next = 0;
  #rest: ListPlace | null;

  constructor(walk: Walk, from: ListPlace) {
    this.walk = walk;
    this.#rest = from;
  }

  /** The key that comes next, if one was found. */
  get key(): Key | null {
    return this.#keys[this.#next] ?? null;
  }

  /** Where it goes on once the keys are taken; null at the end. */
  get rest(): ListPlace | null {
    return this.#rest;
  }

  /** No key of this walk comes earlier. Null: there is none any more. */
  get front(): Key | ListPlace | null {
    return this.key ?? this.#rest;
  }

  shift(): void {
    this.#next += 1;
  }

  /** It was taken further, from its rest on. */
  add({ keys, rest }: Stretch<Key>): void {
    this.#keys = keys;
    this.#next = 0;
    this.#rest = rest;
  }
}

const END = { key: null, rest: null };

export class Legs<Walk, Key extends ListKey = ListKey> {
  readonly #legs: readonly Leg<Walk, Key>[];
  readonly #side: ListPlace["side"];
  #last: Key | null = null;

  constructor(walks: readonly Walk[], from: ListPlace) {
    this.#side = from.side;
    this.#legs = walks.map((walk) => new Leg(walk, from));
  }

  /** Whose next key comes first, or could, if that is not known yet. Null at the end. */
  get first(): Leg<Walk, Key> | null {
    let first: Leg<Walk, Key> | null = null;
    for (const leg of this.#legs)
      if (leg.front !== null && (first?.front == null || this.#isBefore(leg.front, first.front))) first = leg;
    return first;
  }

  /** Those of which it is not known what comes next. */
  get unknown(): readonly Leg<Walk, Key>[] {
    return this.#legs.filter(({ key, rest }) => key === null && rest !== null);
  }

  /** Takes a leg's next key. Null if it came up in another one already. */
  take(leg: Leg<Walk, Key>): Key | null {
    const { key } = leg;
    leg.shift();
    if (key === null || (this.#last !== null && inWalkOrder(this.#last, key, this.#side) === 0)) return null;
    this.#last = key;
    return key;
  }

  /** From where it would go on, behind the last key that was taken; null at the end. */
  get rest(): ListPlace | null {
    const { key, rest } = this.first ?? END;
    const place = key === null ? rest : this.#before(key);
    const edge = this.#last && edgeOf(this.#last, this.#side);
    return place !== null && edge !== null && inWalkOrder(place, edge, this.#side) < 0 ? edge : place;
  }

  #before({ at, pk }: ListKey): ListPlace {
    return { side: this.#side, at, pk: this.#side === "older" ? pk + 1 : pk };
  }

  /** Of two at the same place the one that is not known yet: it might hold a key there. */
  #isBefore(a: ListKey, b: ListKey): boolean {
    const order = inWalkOrder(a, b, this.#side);
    return order < 0 || (order === 0 && "side" in a && !("side" in b));
  }
}
