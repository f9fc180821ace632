/** Sweeping: what time has ended. Overdue jobs, old trash, expired records and keys; finals past their retention. */

import type { PurgeRule } from "../../contract/adapter.ts";
import type { Instant, Job } from "../../nouns/job.ts";
import type { State } from "../../nouns/lifecycle.ts";
import { type Retention, retainedBytes } from "../../nouns/retention.ts";
import { takeOut } from "./change.ts";
import { expireJob, isOverdue } from "./expire.ts";
import { isExpired } from "./records.ts";
import type { Row, Store } from "./store.ts";
import { isRubbish } from "./trash.ts";

const EXPIRING_STATES: readonly State[] = ["waiting", "blocked"];

export function expire(store: Store, limit: number): { readonly expired: number; readonly more: boolean } {
  const now = store.ports.now();
  const overdue = [...store.rows]
    .filter((row) => EXPIRING_STATES.includes(row.job.state) && isOverdue(row, now))
    .sort(longestPast((job) => job.expiresAt));
  const met = overdue.slice(0, limit);
  for (const row of met) expireJob(store, row, now);
  const rubbish = [...rubbishOf(store, now)];
  const room = limit - met.length;
  for (const discard of rubbish.slice(0, room)) discard();
  return { expired: met.length, more: overdue.length > limit || rubbish.length > room };
}

/** What is longest past goes first, so that nothing is put off for ever by what comes after it. */
const longestPast =
  (instant: (job: Job) => Instant | null) =>
  (a: Row, b: Row): number =>
    (instant(a.job) ?? 0) - (instant(b.job) ?? 0);

/** What can go without a job being changed; each is gone when its function is called. */
function* rubbishOf(store: Store, now: Instant): Generator<() => void> {
  for (const { trash, keys } of store.queues.values()) {
    for (const [id, trashed] of trash) if (isRubbish(trashed, now)) yield () => trash.delete(id);
    for (const [key, { until }] of keys) if (until !== null && until <= now) yield () => keys.delete(key);
  }
  for (const ofKind of store.records.values())
    for (const [id, record] of ofKind) if (isExpired(record, now)) yield () => ofKind.delete(id);
}

export function purge(
  store: Store,
  rule: PurgeRule,
  limit: number,
): { readonly removed: number; readonly more: boolean } {
  const rows = [...(store.queues.get(rule.queue)?.rows.values() ?? [])];
  const finals = rows.filter(({ job }) => job.state === rule.state).sort(byEnd);
  const beyond = [...beyondBounds(finals, rule.keep, store.ports.now())];
  for (const row of beyond.slice(0, limit)) takeOut(store, row);
  return { removed: Math.min(beyond.length, limit), more: beyond.length > limit };
}

const byEnd = (a: Row, b: Row): number => longestPast((job) => job.finishedAt)(a, b) || a.number - b.number;

/** From the oldest on, until what is left fits every bound. */
function* beyondBounds(finals: readonly Row[], { ageMs, count, bytes }: Retention, now: Instant): Generator<Row> {
  let left = finals.length;
  let leftBytes = finals.reduce((sum, { job }) => sum + retainedBytes(job), 0);
  for (const row of finals) {
    const isOld = ageMs !== null && (row.job.finishedAt ?? 0) <= now - ageMs;
    const isOneTooMany = count !== null && left > count;
    const isTooMuch = bytes !== null && leftBytes > bytes;
    if (!isOld && !isOneTooMany && !isTooMuch) return;
    yield row;
    left -= 1;
    leftBytes -= retainedBytes(row.job);
  }
}
