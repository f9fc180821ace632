/** Settle: the end of one attempt, as core decided it, unless a pending cancel or a twin says otherwise. */

import {
  type AttemptError,
  type CancelReason,
  type Decision,
  type Ending,
  endingData,
  failureOf,
  isFinal,
  keepErrors,
  type Settled,
  type Settlement,
} from "@jobyard/core/adapter";
import { changeJob, writeClaim } from "./change.ts";
import { enqueue } from "./enqueue.ts";
import { followState, otherHolder } from "./keys.ts";
import { Leases, type OpenLease } from "./leases.ts";
import {
  COMPLETED,
  completion,
  countCompleted,
  PlainCompletions,
  plainLease,
  resultBytes,
} from "./plain-completions.ts";
import { errorsOf, type Holding, type JobRow, listText, type Mutable } from "./rows.ts";
import { jobByRef } from "./sql/job.sql.ts";
import { completeJob, type SettleRow, settleable } from "./sql/settle.sql.ts";
import type { Step, View } from "./step.ts";

export function settle(step: Step, settlements: readonly Settlement[]): readonly Settled[] {
  const leases = new Leases(step);
  const settled: Settled[] = [];
  const plain = new PlainCompletions(step, (settlement, index) => {
    settled[index] = settleOne(step, leases, settlement);
  });
  for (const [index, settlement] of settlements.entries()) {
    const lease = plainLease(leases, settlement);
    if (lease !== null) {
      settled[index] = COMPLETED;
      plain.add(lease, settlement, index);
    } else {
      plain.flush();
      settled[index] = settleOne(step, leases, settlement);
    }
  }
  plain.flush();
  leases.write();
  return settled;
}

function settleOne(step: Step, leases: Leases, { lease, guard, decision, followUps = [] }: Settlement): Settled {
  const row = step.db.get(settleable, lease.ref);
  if (row === undefined) return { ok: false, now: "missing" };
  const holding = leases.own(row, lease);
  if (holding === null) return { ok: false, now: "lost" };
  if (guard === "expired" && holding.deadline > step.now) return { ok: false, now: "live" };
  if (decision.move === "complete") {
    complete(step, row, holding, decision.result);
    return { ok: true, state: "completed", reason: null, followUps: enqueue(step, followUps, "unbounded") };
  }
  holding.lost(row.pk);
  const { state, reason } = end(step, lease.ref, holding, decision);
  return { ok: true, state, reason, followUps: [] };
}

/** The one end that is frequent, so it writes no more than the row: its claim and its end are events made when read. */
function complete(step: Step, row: SettleRow, holding: OpenLease, result: string | null): void {
  const { pk, epoch } = row;
  step.db.run(completeJob, { pk, epoch, ...completion(step, holding, result) });
  if (row.dedupe_key !== null) followState(step, row, "completed");
  countCompleted(step, row.queue, holding, [pk], row.bytes + resultBytes(result));
}

/** What an attempt's end means for the job. */
interface End {
  readonly kind: Ending["kind"];
  readonly state: Mutable["state"];
  readonly reason: CancelReason | null;
  /** For moves to `waiting`. */
  readonly delayMs: number;
  readonly givesBack: boolean;
}

function end(step: Step, ref: { queue: string; id: string }, holding: Holding, decision: NotComplete): End {
  const stored = step.db.get(jobByRef, ref);
  if (stored === undefined) throw new Error(`job ${ref.queue}/${ref.id} vanished within one step`);
  const row = writeClaim(step, stored, holding);
  const ending = endOf(step, row, decision);
  const runAt = step.now + ending.delayMs;
  changeJob(step, row, "active", {
    kind: ending.kind,
    data: endingData({ decision, kind: ending.kind, state: ending.state, reason: ending.reason, runAt }),
    set: ended(step, row, holding, decision, ending),
  });
  return ending;
}

type NotComplete = Exclude<Decision, { readonly move: "complete" }>;

function endOf(view: View, row: JobRow, decision: NotComplete): End {
  const decided = asDecided(decision);
  if (row.cancel_requested === 1) {
    const kind = decision.move === "rescue" ? "rescue" : "stop";
    return { kind, state: "cancelled", reason: "user", delayMs: 0, givesBack: false };
  }
  if (decided.state === "waiting" && meetsTwin(view, row))
    return { ...decided, kind: "yield", state: "cancelled", reason: "duplicate" };
  return decided;
}

const meetsTwin = (view: View, row: JobRow): boolean =>
  row.dedupe_while === "waiting" && otherHolder(view, row) !== null;

function asDecided(decision: NotComplete): End {
  const kind = decision.move;
  switch (decision.move) {
    case "retry":
      return { kind, state: "waiting", reason: null, delayMs: decision.delayMs, givesBack: false };
    case "release":
      return { kind, state: "waiting", reason: null, delayMs: decision.delayMs, givesBack: true };
    case "bury":
      return { kind, state: "dead", reason: null, delayMs: 0, givesBack: false };
    case "stop":
      return { kind, state: "cancelled", reason: decision.reason, delayMs: 0, givesBack: false };
    case "rescue": {
      const reason = decision.to === "cancelled" ? "user" : null;
      return { kind, state: decision.to, reason, delayMs: decision.delayMs, givesBack: !decision.charged };
    }
  }
}

function ended(
  { now }: View,
  row: JobRow,
  { session, claimedAt }: Holding,
  decision: NotComplete,
  { state, reason, delayMs, givesBack }: End,
): Partial<Mutable> {
  const running = row.attempt + 1;
  return {
    state,
    reason,
    attempt: givesBack ? running - 1 : running,
    errors: listText(errorsAfter(row, running, decision, now)),
    rescues: decision.move === "rescue" ? row.rescues + 1 : row.rescues,
    held_limit: heldLimitAfter(row, decision),
    epoch: isFinal(state) ? row.epoch : row.epoch + 1,
    cancel_requested: 0,
    claim_written: 0,
    started_at: claimedAt,
    worker: session,
    ...(isFinal(state) && { finished_at: now }),
    ...(state === "waiting" && { run_at: now + delayMs }),
  };
}

function errorsAfter(row: JobRow, attempt: number, decision: Decision, at: number): readonly AttemptError[] {
  const failure = failureOf(decision);
  return failure ? keepErrors(errorsOf(row), { at, attempt, ...failure }) : errorsOf(row);
}

function heldLimitAfter(row: JobRow, decision: Decision): number | null {
  if (decision.move === "rescue") return decision.heldLimit;
  return decision.move === "release" ? row.held_limit : null;
}
