/** Sweeping: what time has ended. Overdue jobs, old trash, expired records and keys; finals past their retention. */

import { DEFAULTS, type Instant, type PurgeRule } from "@jobyard/core/adapter";
import { takeOut } from "./change.ts";
import { expireJob } from "./expire.ts";
import type { JobRow } from "./rows.ts";
import { removeEvents } from "./sql/event.sql.ts";
import { jobByPk } from "./sql/job.sql.ts";
import { completedOf, dropKeys, dropRecords, jobFrom, lastJob, oldFinals, overdue } from "./sql/sweep.sql.ts";
import { oldTrash, removeJob } from "./sql/trash.sql.ts";
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

export function purge(
  step: Step,
  rule: PurgeRule,
  limit: number,
): { readonly removed: number; readonly more: boolean } {
  const old = findOld(step, rule, limit + 1);
  for (const pk of old.slice(0, limit)) {
    const row = step.db.get(jobByPk, { pk });
    if (row) forget(step, row);
  }
  return { removed: Math.min(old.length, limit), more: old.length > limit };
}

function findOld(step: Step, { queue, state, olderThanMs }: PurgeRule, limit: number): readonly number[] {
  const before = step.now - olderThanMs;
  const found =
    state === "completed"
      ? step.db.all(completedOf, { queue, before, below: firstAfter(step, before), limit })
      : step.db.all(oldFinals, { queue, state, before, limit });
  return found.map(({ pk }) => pk);
}

/**
 * Where the jobs begin that were enqueued after `before`, so that a sweep looks at old ones only: jobs are numbered
 * in the order of their enqueue, which makes it a search by halves.
 */
function firstAfter({ db }: Step, before: Instant): number {
  let low = 0;
  let high = (db.get(lastJob, {})?.pk ?? 0) + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const job = db.get(jobFrom, { pk: middle });
    if (job && job.created_at <= before) low = job.pk + 1;
    else high = middle;
  }
  return low;
}

function forget(step: Step, row: JobRow): void {
  takeOut(step, row);
  step.db.run(removeJob, { pk: row.pk });
  step.db.run(removeEvents, { pk: row.pk });
}
