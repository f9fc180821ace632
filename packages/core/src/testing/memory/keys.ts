/** Dedupe keys: at most one holder per queue and key, whatever verb brings a job to where it would hold one. */

import { holdsKey } from "../../contract/dedupe.ts";
import type { Instant } from "../../nouns/job.ts";
import type { Queue, Row } from "./store.ts";

/** The job that holds the key now. One with a `{forMs}` key may be gone already, and holds it still. */
export function holderOf(queue: Queue, key: string, now: Instant): Row | null {
  const hold = queue.keys.get(key);
  return hold && (hold.until === null || hold.until > now) ? hold.row : null;
}

/** The holder of this job's key, if it is another job. */
export function otherHolder(queue: Queue, row: Row, now: Instant): Row | null {
  const holder = row.dedupe && holderOf(queue, row.dedupe.key, now);
  return holder === row ? null : holder;
}

/** True if the job's state entitles it to its key. */
export const wantsKey = ({ job, dedupe }: Row): boolean => dedupe !== null && holdsKey(dedupe.while, job.state);

/** Takes or frees the key as the job's state now says. */
export function followState(queue: Queue, row: Row): void {
  if (row.dedupe && wantsKey(row)) queue.keys.set(row.dedupe.key, { row, until: null });
  else freeKey(queue, row);
}

/** Starts the time of a `{forMs}` key, or starts it anew. */
export function startTimedKey(queue: Queue, row: Row, now: Instant): void {
  if (row.dedupe && typeof row.dedupe.while === "object")
    queue.keys.set(row.dedupe.key, { row, until: now + row.dedupe.while.forMs });
}

/** The job is over, or leaves the store: a key that is bound to its state is free. */
export function freeKey(queue: Queue, row: Row): void {
  const hold = row.dedupe && queue.keys.get(row.dedupe.key);
  if (row.dedupe && hold?.row === row && hold.until === null) queue.keys.delete(row.dedupe.key);
}
