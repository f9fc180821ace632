/**
 * Whose turn it is: the waiting jobs of a queue.
 *
 * A job gets its order number when it is found due. Until then it stands in `later`, and every claim
 * first calls up those whose time has come: there is no promoter that could be late.
 */

import type { Instant } from "../../nouns/job.ts";
import type { SortedRows } from "./sorted-rows.ts";
import type { Queue, Row, Store } from "./store.ts";

export const isDue = (row: Row, now: Instant): boolean => row.job.runAt <= now;

/** Puts a job behind all that have a number; or takes its number, if its time is ahead. To be called outside the line. */
export function giveNumber(store: Store, row: Row, now: Instant): void {
  row.order = isDue(row, now) ? ++store.lastOrder : null;
}

/** Puts a waiting job where its number says, among those whose time is ahead, or among the held ones. */
export const joinLine = (queue: Queue, row: Row): void => lineOf(queue, row).add(row);

/** To be called before anything is changed by which the line is sorted. */
export const leaveLine = (queue: Queue, row: Row): void => lineOf(queue, row).delete(row);

function lineOf(queue: Queue, row: Row): SortedRows {
  if (row.job.heldLimit !== null) return queue.held;
  return row.order === null ? queue.later : queue.ready;
}

/** Gives numbers to the jobs whose time has come since, the earliest `runAt` first. */
export function callUp(store: Store, queue: Queue, now: Instant): void {
  for (let first = queue.later.rows[0]; first !== undefined && isDue(first, now); first = queue.later.rows[0]) {
    leaveLine(queue, first);
    giveNumber(store, first, now);
    joinLine(queue, first);
  }
}
