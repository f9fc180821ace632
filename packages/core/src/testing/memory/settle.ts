/** Settle: the end of one attempt, as core decided it, unless a pending cancel or a twin says otherwise. */

import type { Settled, Settlement } from "../../contract/adapter.ts";
import { afterEnd, endOf, eventOf } from "../../contract/ending.ts";
import type { Instant } from "../../nouns/job.ts";
import { change } from "./change.ts";
import { enqueueOne } from "./enqueue.ts";
import { otherHolder } from "./keys.ts";
import { isOver, isOwnLease } from "./lease.ts";
import { findRow, queueOf, type Row, type Store, sessionOf } from "./store.ts";

export function settle(store: Store, settlements: readonly Settlement[]): readonly Settled[] {
  const now = store.ports.now();
  return settlements.map((settlement) => settleOne(store, settlement, now));
}

function settleOne(store: Store, { lease, guard, decision, followUps = [] }: Settlement, now: Instant): Settled {
  const row = findRow(store, lease.ref);
  if (row === undefined) return { ok: false, now: "missing" };
  if (!isOwnLease(store, row, lease)) return { ok: false, now: "lost" };
  if (guard === "expired" && !hasRunOut(store, row, now)) return { ok: false, now: "live" };
  const { cancelRequested } = row.job;
  const end = endOf(decision, { cancelRequested, meetsTwin: () => meetsTwin(store, row, now) });
  change(store, row, now, {
    ...eventOf(decision, end, now),
    set: {
      ...afterEnd(row.job, decision, end, now),
      cancelRequested: false,
      ...(decision.move === "complete" && { result: decision.result }),
    },
  });
  const following = decision.move === "complete" ? followUps : [];
  const receipts = following.map((job) => enqueueOne(store, job, now, "unbounded"));
  return { ok: true, state: end.state, reason: end.reason, followUps: receipts };
}

function hasRunOut(store: Store, row: Row, now: Instant): boolean {
  const session = sessionOf(store, row);
  return session === undefined || isOver(session, now);
}

const meetsTwin = (store: Store, row: Row, now: Instant): boolean =>
  row.dedupe?.while === "waiting" && otherHolder(queueOf(store, row.job.queue), row, now) !== null;
