/**
 * Where the jobs of a type stand: for each lane the blocks of numbers, and the periods of time, in which any were
 * enqueued. They take the place of an index on lanes, which every enqueue would write once per job.
 *
 * Promised is one way only: where a job is, there is the block of its lane. A block may outlive its jobs.
 */

import type { Instant } from "@jobyard/core/adapter";

/** As the functions `block_of`, `block_start` and `period_of` have it. */
export const NUMBERS_IN_BLOCK = 128;
const PERIOD_MS = 600_000;

export const blockOf = (pk: number): number => Math.floor(pk / NUMBERS_IN_BLOCK);
/** Its lowest number. */
export const blockStart = (block: number): number => block * NUMBERS_IN_BLOCK;
export const periodOf = (at: Instant): number => Math.trunc(at / PERIOD_MS);
