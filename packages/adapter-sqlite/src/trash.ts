/** Removed jobs, whole and with their events, for a day. */

import { DEFAULTS, type Instant, type JobRef } from "@jobyard/core/adapter";
import { bringBack, takeOut } from "./change.ts";
import type { JobRow } from "./rows.ts";
import { enteredAt } from "./sql/attention.sql.ts";
import { removeEvents } from "./sql/event.sql.ts";
import { addToTrash, findTrash, removeFromTrash, removeJob, replacedTrash, restoreJob } from "./sql/trash.sql.ts";
import type { Step, View } from "./step.ts";

/** A removed job as it was when it went. */
export interface Trashed {
  readonly row: JobRow;
  readonly enteredAt: Instant | null;
}

/** A job of the same address that was removed before is gone for good. */
export function toTrash(step: Step, row: JobRow): void {
  const { db, now } = step;
  const { pk, queue, id } = row;
  const entered_at = db.get(enteredAt, { pk })?.at ?? null;
  takeOut(step, row);
  db.run(removeJob, { pk });
  const older = db.get(replacedTrash, { queue, id });
  if (older) discard(step, older.pk);
  db.run(addToTrash, { pk, queue, id, removed_at: now, entered_at, job: JSON.stringify(row) });
}

/** Null if it is not there, or for too long. */
export function findInTrash({ db, now }: View, { queue, id }: JobRef): Trashed | null {
  const found = db.get(findTrash, { queue, id, since: now - DEFAULTS.trashMs });
  return found ? { row: JSON.parse(found.job) as JobRow, enteredAt: found.entered_at } : null;
}

/** Puts the job back as it was, at the end of the order. */
export function restore(step: Step, { row, enteredAt }: Trashed): JobRow {
  const back = bringBack(step, row, enteredAt);
  step.db.run(restoreJob, back);
  step.blocks.cover(row.lane, row.pk, row.pk);
  step.db.run(removeFromTrash, { pk: row.pk });
  return back;
}

/** For good. */
export function discard({ db }: Step, pk: number): void {
  db.run(removeFromTrash, { pk });
  db.run(removeEvents, { pk });
}
