/** Counters, added up during a step and written once at its end: order numbers, depth, completed jobs. */

import type { Connection } from "./connection.ts";
import { addToTally, beginTally, readTally, takeNumbers } from "./sql/tally.sql.ts";

export type Counter = "depth" | "completed";

export class Tally {
  readonly #db: Connection;
  readonly #changes = new Map<string, { readonly queue: string; readonly name: Counter; n: number }>();

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

  /**
   * The first of `count` fresh numbers in a row. Jobs are numbered by them when enqueued, and take a new one
   * whenever they get a new place in the order: so a number is never used twice.
   */
  numbers(count: number): number {
    const last = this.#db.get(takeNumbers, { count })?.value ?? 0;
    return last - count + 1;
  }

  write(): void {
    for (const { queue, name, n } of this.#changes.values())
      if (n !== 0 && this.#db.run(addToTally, { queue, name, n }) === 0) this.#db.run(beginTally, { queue, name, n });
    this.#changes.clear();
  }
}
