/**
 * When the jobs of a stretch of numbers were enqueued: for every few thousand of them the earliest and the latest, so
 * that a search by time jumps over stretches in which nothing can be. No clock is trusted to run forward for that.
 *
 * Kept as long as the store is open. Numbers go up and the time of an enqueue never changes, so a stretch that is full
 * is read once; what is removed from it later leaves its times too wide, which costs a look and hides nothing.
 */

import type { ListPlace, NumberRange } from "@jobyard/core/adapter";
import { createdBetween, lastJobBelow } from "../sql/walk.sql.ts";
import type { View } from "../step.ts";
import type { Store } from "../store.ts";
import type { Jumps } from "./walks.ts";

/** Numbers in a block. */
const IN_BLOCK = 4_096;
/** Blocks that are read in one go. */
const PORTION = 2;

type Times = readonly [earliest: number, latest: number];

/** Null: nothing is there now. */
const known = new WeakMap<Store, (Times | null)[]>();

export function createdBlocksOf(store: Store, range: NumberRange): Jumps {
  const blocks = known.get(store) ?? [];
  known.set(store, blocks);
  return new CreatedBlocks(blocks, range);
}

class CreatedBlocks implements Jumps {
  readonly #blocks: (Times | null)[];
  readonly #range: NumberRange;
  /** Blocks that were full when this search began. */
  #full: number | null = null;

  constructor(blocks: (Times | null)[], range: NumberRange) {
    this.#blocks = blocks;
    this.#range = range;
  }

  get isRead(): boolean {
    return this.#full !== null && this.#blocks.length >= this.#full;
  }

  readOn({ db }: View): void {
    this.#full ??= Math.floor((db.get(lastJobBelow, { pk: Number.MAX_SAFE_INTEGER })?.pk ?? 0) / IN_BLOCK);
    const end = Math.min(this.#full, this.#blocks.length + PORTION);
    while (this.#blocks.length < end) {
      const low = this.#blocks.length * IN_BLOCK;
      const times = db.get(createdBetween, { low, high: low + IN_BLOCK - 1 });
      this.#blocks.push(times?.earliest == null || times.latest === null ? null : [times.earliest, times.latest]);
    }
  }

  skip({ side, at, pk }: ListPlace): ListPlace {
    if (side === "older") {
      let block = Math.floor((pk - 1) / IN_BLOCK);
      if (!this.#isOutside(block)) return { side, at, pk };
      while (this.#isOutside(block)) block -= 1;
      return { side, at, pk: (block + 1) * IN_BLOCK };
    }
    let block = Math.floor(pk / IN_BLOCK);
    if (!this.#isOutside(block)) return { side, at, pk };
    while (this.#isOutside(block)) block += 1;
    return { side, at, pk: block * IN_BLOCK };
  }

  /** What is not known, or empty, could hold anything: a job may come back from the trash. */
  #isOutside(block: number): boolean {
    const times = this.#blocks[block];
    if (times == null) return false;
    const { from, to } = this.#range;
    return (from !== null && times[1] < from) || (to !== null && times[0] > to);
  }
}
