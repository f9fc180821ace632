/** Settle: the end of one attempt, as core decided it, unless a pending cancel or a twin says otherwise. */

import type { Decision, Settled, Settlement } from "../../contract/adapter.ts";
import { type Ending, endingData, failureOf, keepErrors } from "../../contract/entries.ts";
import type { AttemptError, Instant, Job } from "../../nouns/job.ts";
import { type CancelReason, isFinal, type State } from "../../nouns/lifecycle.ts";
import { type Change, change } from "./change.ts";
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
  const end = endOf(store, row, decision, now);
  change(store, row, now, {
    kind: end.kind,
    data: endingData({ decision, kind: end.kind, state: end.state, reason: end.reason, runAt: now + end.delayMs }),
    set: ended(row.job, decision, end, now),
  });
  const following = decision.move === "complete" ? followUps : [];
  const receipts = following.map((job) => enqueueOne(store, job, now, "unbounded"));
  return { ok: true, state: end.state, reason: end.reason, followUps: receipts };
}

function hasRunOut(store: Store, row: Row, now: Instant): boolean {
  const session = sessionOf(store, row);
  return session === undefined || isOver(session, now);
}

/** What an attempt's end means for the job. */
interface End {
  readonly kind: Ending["kind"];
  readonly state: State;
  readonly reason: CancelReason | null;
  /** For moves to `waiting`. */
  readonly delayMs: number;
  readonly givesBack: boolean;
}

function endOf(store: Store, row: Row, decision: Decision, now: Instant): End {
  const decided = asDecided(decision);
  if (row.job.cancelRequested && decision.move !== "complete") {
    const kind = decision.move === "rescue" ? "rescue" : "stop";
    return { kind, state: "cancelled", reason: "user", delayMs: 0, givesBack: false };
  }
  if (decided.state === "waiting" && meetsTwin(store, row, now))
    return { ...decided, kind: "yield", state: "cancelled", reason: "duplicate" };
  return decided;
}

const meetsTwin = (store: Store, row: Row, now: Instant): boolean =>
  row.dedupe?.while === "waiting" && otherHolder(queueOf(store, row.job.queue), row, now) !== null;

function asDecided(decision: Decision): End {
  const kind = decision.move;
  switch (decision.move) {
    case "complete":
      return { kind, state: "completed", reason: null, delayMs: 0, givesBack: false };
    case "retry":
      return { kind, state: "waiting", reason: null, delayMs: decision.delayMs, givesBack: false };
    case "release":
      return { kind, state: "waiting", reason: null, delayMs: decision.delayMs, givesBack: true };
    case "bury":
      return { kind, state: "dead", reason: null, delayMs: 0, givesBack: false };
    case "stop":
      return { kind, state: "cancelled", reason: decision.reason, delayMs: 0, givesBack: false };
    case "rescue":
      return {
        kind,
        state: decision.to,
        reason: decision.to === "cancelled" ? "user" : null,
        delayMs: decision.delayMs,
        givesBack: !decision.charged,
      };
  }
}

const ended = (job: Job, decision: Decision, end: End, now: Instant): Change["set"] => ({
  state: end.state,
  reason: end.reason,
  attempt: end.givesBack ? job.attempt - 1 : job.attempt,
  errors: errorsAfter(job, decision, now),
  rescues: decision.move === "rescue" ? job.rescues + 1 : job.rescues,
  heldLimit: heldLimitAfter(job, decision),
  epoch: isFinal(end.state) ? job.epoch : job.epoch + 1,
  cancelRequested: false,
  ...(decision.move === "complete" && { result: decision.result }),
  ...(isFinal(end.state) && { finishedAt: now }),
  ...(end.state === "waiting" && { runAt: now + end.delayMs }),
});

function errorsAfter(job: Job, decision: Decision, now: Instant): readonly AttemptError[] {
  const failure = failureOf(decision);
  return failure ? keepErrors(job.errors, { at: now, attempt: job.attempt, ...failure }) : job.errors;
}

function heldLimitAfter(job: Job, decision: Decision): number | null {
  if (decision.move === "rescue") return decision.heldLimit;
  return decision.move === "release" ? job.heldLimit : null;
}
