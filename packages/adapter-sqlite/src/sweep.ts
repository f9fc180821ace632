/** Sweeping: what time has ended. Overdue jobs, old trash, expired records and keys. */

import { DEFAULTS } from "@jobyard/core/adapter";
import { expireJob } from "./expire.ts";
import { jobByPk } from "./sql/job.sql.ts";
import { dropKeys, dropRecords, overdue } from "./sql/sweep.sql.ts";
import { oldTrash } from "./sql/trash.sql.ts";
import type { Step } from "./step.ts";
import { discard } from "./trash.ts";

export function expire(step: Step, limit: number): { readonly expired: number; readonly more: boolean } {
  const { db, now } = step;
  const met = db.all(overdue, { now, limit: limit + 1 });
  for (const { pk } of met.slice(0, limit)) {
    const row = db.get(jobByPk, { pk });
    if (row) expireJob(step, row);
  }
  const expired = Math.min(met.length, limit);
  return { expired, more: met.length > limit || dropRubbish(step, limit - expired) };
}

/** What can go without a job being changed, at most `room` of each kind. True if more is left. */
function dropRubbish(step: Step, room: number): boolean {
  const { db, now } = step;
  const trash = db.all(oldTrash, { before: now - DEFAULTS.trashMs, limit: room + 1 });
  for (const { pk } of trash.slice(0, room)) discard(step, pk);
  const keys = db.run(dropKeys, { now, limit: room });
  const records = db.run(dropRecords, { now, limit: room });
  return trash.length > room || (room > 0 && (keys === room || records === room));
}
