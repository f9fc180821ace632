/** Counters, added up during a step and written once at its end: order numbers, depth, finals and their bytes. */

import type { RetainedState } from "@jobyard/core/adapter";
import type { Connection } from "./connection.ts";
import { addToTally, beginTally, readTally, takeNumbers } from "./sql/tally.sql.ts";

export type Counter = "depth" | RetainedState | `${RetainedState}Bytes`;

export class Tally {
  readonly #db: Connection;
  readonly #changes = new Map<string, { readonly queue: string; readonly name: Counter; n: number }>();
  #blockSize = 1;
  #next = 1;
  #last = 0;

  constructor(db: Connection) {
    this.#db = db;
  }

  add(queue: string, name: Counter, n: number): void {
    const key = `${name}:${queue}`;
    const change = this.#changes.get(key);
    if (change) change.n += n;
    else this.#changes.set(key, { queue, name, n });
  }

  /** As it will be after this step. */
  valueOf(queue: string, name: Counter): number {
    const stored = this.#db.get(readTally, { queue, name })?.value ?? 0;
    return stored + (this.#changes.get(`${name}:${queue}`)?.n ?? 0);
  }

  /** About to ask for so many numbers: they are taken from the store together. */
  expect(count: number): void {
    this.#blockSize = count;
  }

  /**
   * A fresh number, higher than all before it. Jobs are numbered when enqueued, and take a new number whenever
   * they get a new place in the order: so none is used twice.
   */
  number(): number {
    return this.numbers(1);
  }

  /** The first of so many that follow each other. */
  numbers(count: number): number {
    if (this.#next + count - 1 > this.#last) {
      const block = Math.max(count, this.#blockSize);
      this.#last = this.#db.get(takeNumbers, { count: block })?.value ?? 0;
      this.#next = this.#last - block + 1;
      this.#blockSize = 1;
    }
    const first = this.#next;
    this.#next += count;
    return first;
  }

  write(): void {
    for (const { queue, name, n } of this.#changes.values())
      if (n !== 0 && this.#db.run(addToTally, { queue, name, n }) === 0) this.#db.run(beginTally, { queue, name, n });
    this.#changes.clear();
  }
}
