/** Settle: the end of one attempt, as core decided it, unless a pending cancel or a twin says otherwise. */

import {
  type Decision,
  type End,
  endOf,
  eventOf,
  type Holding,
  type JobRef,
  type Settled,
  type Settlement,
  storedEnd,
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
import type { JobRow } from "./rows.ts";
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

function end(step: Step, ref: JobRef, holding: Holding, decision: Decision): End {
  const stored = step.db.get(jobByRef, ref);
  if (stored === undefined) throw new Error(`job ${ref.queue}/${ref.id} vanished within one step`);
  const row = writeClaim(step, stored, holding);
  const cancelRequested = row.cancel_requested === 1;
  const ending = endOf(decision, { cancelRequested, meetsTwin: () => meetsTwin(step, row) });
  changeJob(step, row, "active", {
    ...eventOf(decision, ending, step.now),
    set: { ...storedEnd(row, holding, decision, ending, step.now), cancel_requested: 0, claim_written: 0 },
  });
  return ending;
}

const meetsTwin = (view: View, row: JobRow): boolean =>
  row.dedupe_while === "waiting" && otherHolder(view, row) !== null;
