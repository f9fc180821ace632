/** What the end of an attempt means for its job: the rules of Settle, but for completions. */

import {
  type AttemptError,
  type CancelReason,
  type Decision,
  type Ending,
  endingData,
  failureOf,
  type Instant,
  isFinal,
  keepErrors,
} from "@jobyard/core/adapter";
import type { Change } from "./changes.ts";
import type { Claimed, LockedJob } from "./locks.ts";
import { errorsIn, listText } from "./rows.ts";

export type NotComplete = Exclude<Decision, { readonly move: "complete" }>;

export interface End {
  readonly kind: Ending["kind"];
  readonly state: LockedJob["state"];
  readonly reason: CancelReason | null;
  /** For moves to `waiting`. */
  readonly delayMs: number;
  readonly givesBack: boolean;
}

/** @param meetsTwin - another job holds its dedupe key */
export function endOf(job: LockedJob, decision: NotComplete, meetsTwin: boolean): End {
  const decided = asDecided(decision);
  if (job.cancel_requested) {
    const kind = decision.move === "rescue" ? "rescue" : "stop";
    return { kind, state: "cancelled", reason: "user", delayMs: 0, givesBack: false };
  }
  if (decided.state === "waiting" && job.dedupe_while === "waiting" && meetsTwin)
    return { ...decided, kind: "yield", state: "cancelled", reason: "duplicate" };
  return decided;
}

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

/** @param job - with its claim written, and its errors */
export function changeBy(job: LockedJob, claimed: Claimed, decision: NotComplete, end: End, now: Instant): Change {
  const { kind, state, reason, delayMs } = end;
  const runAt = now + delayMs;
  const running = job.attempt + 1;
  return {
    kind,
    data: endingData({ decision, kind, state, reason, runAt }),
    set: {
      state,
      reason,
      attempt: end.givesBack ? running - 1 : running,
      errors: listText(errorsAfter(job, running, decision, now)),
      rescues: decision.move === "rescue" ? job.rescues + 1 : job.rescues,
      held_limit: heldLimitAfter(job, decision),
      epoch: isFinal(state) ? job.epoch : job.epoch + 1,
      cancel_requested: false,
      claim_written: false,
      started_at: claimed.claimedAt,
      worker: claimed.session,
      ...(isFinal(state) && { finished_at: now }),
      ...(state === "waiting" && { run_at: runAt }),
    },
  };
}

function errorsAfter(job: LockedJob, attempt: number, decision: Decision, at: Instant): readonly AttemptError[] {
  if (job.errors === null) throw new Error(`job ${job.queue}/${job.id} was read without its errors`);
  const errors = errorsIn(job.errors[0]);
  const failure = failureOf(decision);
  return failure ? keepErrors(errors, { at, attempt, ...failure }) : errors;
}

function heldLimitAfter(job: LockedJob, decision: NotComplete): number | null {
  if (decision.move === "rescue") return decision.heldLimit;
  return decision.move === "release" ? job.held_limit : null;
}
