/** Removed jobs, whole and with their events, for a day. */

import { DEFAULTS } from "../../nouns/defaults.ts";
import type { Instant, JobRef } from "../../nouns/job.ts";
import { bringIn, takeOut } from "./change.ts";
import { queueOf, type Row, type Store, type Trashed } from "./store.ts";

/** A job of the same address that was removed before is gone for good. */
export function toTrash(store: Store, row: Row, now: Instant): void {
  takeOut(store, row);
  queueOf(store, row.job.queue).trash.set(row.job.id, { row, at: now });
}

export function findInTrash(store: Store, ref: JobRef, now: Instant): Row | null {
  const trashed = store.queues.get(ref.queue)?.trash.get(ref.id);
  return trashed && !isRubbish(trashed, now) ? trashed.row : null;
}

/** Puts the job back as it was. */
export function restore(store: Store, row: Row, now: Instant): void {
  queueOf(store, row.job.queue).trash.delete(row.job.id);
  bringIn(store, row, now);
}

/** Too old to be restored. */
export const isRubbish = ({ at }: Trashed, now: Instant): boolean => now - at > DEFAULTS.trashMs;
