/**
 * Which jobs wait: a bit for each, so that a walk to those that are over can jump across the many that came later.
 *
 * A job that is in it was waiting while the search went on, so a list of other states may leave it out.
 */

import { type Head, headsOf } from "../sql/claim.sql.ts";
import { allLanes } from "../sql/read.sql.ts";
import type { View } from "../step.ts";
import type { Store } from "../store.ts";
import type { Place } from "./cursor.ts";

/** Rows that are read between two breaths. */
const PORTION = 10_000;
const BITS = 16;
const IN_PAGE = 2 ** BITS;

export class WaitingMap {
  readonly #pages = new Map<number, Uint8Array>();

  static async of(store: Store): Promise<WaitingMap> {
    const map = new WaitingMap();
    for (const { id: lane } of await store.read(({ db }) => db.all(allLanes, {}))) {
      let last: Head | undefined = { priority: -1, ord: -1, pk: 0 };
      while (last !== undefined) {
        const from: Head = last;
        last = await store.read((view) => map.#addAfter(view, lane, from));
        if (last !== undefined) await new Promise(setImmediate);
      }
    }
    return map;
  }

  /** The nearest place on the way that is not before a job of the map. */
  skip({ side, at, pk }: Place): Place {
    let place = pk;
    if (side === "older") while (this.#has(place - 1)) place -= 1;
    else while (this.#has(place)) place += 1;
    return { side, at, pk: place };
  }

  /** Where it went on; undefined at the end of the lane. */
  #addAfter({ db }: View, lane: number, { priority, ord }: Head): Head | undefined {
    const rows = db.all(headsOf, { lane, priority, ord, limit: PORTION });
    for (const { pk } of rows) this.#add(pk);
    return rows.length === PORTION ? rows.at(-1) : undefined;
  }

  #add(pk: number): void {
    const number = Math.floor(pk / IN_PAGE);
    const page = this.#pages.get(number) ?? new Uint8Array(IN_PAGE / 8);
    this.#pages.set(number, page);
    const bit = pk % IN_PAGE;
    page[bit >> 3] = (page[bit >> 3] ?? 0) | (1 << (bit & 7));
  }

  #has(pk: number): boolean {
    const page = this.#pages.get(Math.floor(pk / IN_PAGE));
    const bit = pk % IN_PAGE;
    return page !== undefined && ((page[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0;
  }
}
