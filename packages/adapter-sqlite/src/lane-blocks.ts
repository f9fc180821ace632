/**
 * Where the jobs of a type stand: for each lane the blocks of numbers in which it has any. They take the place of an
 * index, which every enqueue wrote once per job: that was a quarter of its work. A list of one type looks through the
 * rows of its lane's blocks, so a lane that is rare among many costs little, and one of several busy ones a few times
 * what its own rows would.
 *
 * Promised is one way only: where a job is, there is the block of its lane. A block may outlive its jobs.
 */

import type { Connection } from "./connection.ts";
import { addLaneBlock, removeLaneBlocks } from "./sql/lane.sql.ts";
import { firstJobFrom } from "./sql/walk.sql.ts";

/**
 * Enough that a bulk enqueue writes one block for every hundred jobs or so, few enough that a job in a few hundred is
 * found among the others for a page at a time. Migration 003 filled the table by it: it changes with another one only.
 */
export const NUMBERS_IN_BLOCK = 128;

/** Blocks that one purge removes at most. */
const MOST_REMOVED = 1_000;

export const blockOf = (pk: number): number => Math.floor(pk / NUMBERS_IN_BLOCK);

/** Both ends are in it. */
export const numbersIn = (block: number): { readonly low: number; readonly high: number } => ({
  low: block * NUMBERS_IN_BLOCK,
  high: (block + 1) * NUMBERS_IN_BLOCK - 1,
});

/**
 * Keeps the promise for the jobs of one step. What it remembers ends with the step: nothing that it relies on can have
 * been rolled back, or removed by another process.
 */
export class LaneBlocks {
  readonly #db: Connection;
  /** By lane the block that was written last. */
  readonly #written = new Map<number, number>();

  constructor(db: Connection) {
    this.#db = db;
  }

  /** To be called for all jobs that are written, by their numbers: both ends are among them. */
  cover(lane: number, first: number, last: number): void {
    for (let block = blockOf(first); block <= blockOf(last); block++) {
      if (this.#written.get(lane) === block) continue;
      this.#db.run(addLaneBlock, { lane, block });
      this.#written.set(lane, block);
    }
  }
}

/** Of all lanes, what lies before the oldest job. New jobs have higher numbers than all before them. */
export function forgetBlocks(db: Connection): void {
  const oldest = db.get(firstJobFrom, { pk: 0 })?.pk;
  if (oldest !== undefined) db.run(removeLaneBlocks, { before: blockOf(oldest), most: MOST_REMOVED });
}
