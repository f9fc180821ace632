/** Rows kept in an order, so that whoever needs the first of them need not sort. */

import type { Row } from "./store.ts";

export class SortedRows implements Iterable<Row> {
  readonly #rows: Row[] = [];
  readonly #compare: (a: Row, b: Row) => number;

  /** @param compare - total: 0 for a row and itself only */
  constructor(compare: (a: Row, b: Row) => number) {
    this.#compare = compare;
  }

  get rows(): readonly Row[] {
    return this.#rows;
  }

  [Symbol.iterator](): Iterator<Row> {
    return this.#rows[Symbol.iterator]();
  }

  add(row: Row): void {
    this.#rows.splice(this.#placeOf(row), 0, row);
  }

  /** The row must stand where `add` put it: what it is sorted by may not have changed since. */
  delete(row: Row): void {
    const place = this.#placeOf(row);
    if (this.#rows[place] !== row) return;
    // Claims take from the front, which is cheaper to cut off than any other place.
    if (place === 0) this.#rows.shift();
    else this.#rows.splice(place, 1);
  }

  #placeOf(row: Row): number {
    return countWhile(this.#rows, (other) => this.#compare(other, row) < 0);
  }
}

/** How many rows at the front satisfy a condition that, once false, stays false. */
export function countWhile(rows: readonly Row[], holds: (row: Row) => boolean): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(rows[middle] as Row)) low = middle + 1;
    else high = middle;
  }
  return low;
}
