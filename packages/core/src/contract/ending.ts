/** What the end of an attempt means for its job: what core decided, unless a pending cancel or a twin says otherwise. */

import type { Instant, Job, JsonText } from "../nouns/job.ts";
import { isFinal, type State } from "../nouns/lifecycle.ts";
import type { Decision } from "./adapter.ts";
import { type Ending, endingData, failureOf, keepErrors } from "./entries.ts";

export interface End extends Pick<Ending, "kind" | "reason"> {
  readonly state: Exclude<State, "active">;
  /** For moves to `waiting`, in ms. */
  readonly delayMs: number;
  /** The attempt is not counted. */
  readonly givesBack: boolean;
}

/** What may change an end between its decision and its settlement. */
export interface Circumstances {
  readonly cancelRequested: boolean;
  /** While the job waited it would hold a dedupe key that another job has. Asked only if it is to wait. */
  readonly meetsTwin: () => boolean;
}

/** A completion is never anything else. */
export function endOf(decision: Decision, { cancelRequested, meetsTwin }: Circumstances): End {
  const decided = asDecided(decision);
  if (cancelRequested && decision.move !== "complete") {
    const kind = decision.move === "rescue" ? "rescue" : "stop";
    return { kind, state: "cancelled", reason: "user", delayMs: 0, givesBack: false };
  }
  if (decided.state === "waiting" && meetsTwin())
    return { ...decided, kind: "yield", state: "cancelled", reason: "duplicate" };
  return decided;
}

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
    case "rescue": {
      const reason = decision.to === "cancelled" ? "user" : null;
      return { kind, state: decision.to, reason, delayMs: decision.delayMs, givesBack: !decision.charged };
    }
  }
}

/** The event that an end writes. */
export const eventOf = (
  decision: Decision,
  end: End,
  now: Instant,
): { readonly kind: Ending["kind"]; readonly data: JsonText | null } => ({
  kind: end.kind,
  data: endingData({ ...end, decision, runAt: now + end.delayMs }),
});

/** Of a job in its attempt, which counts already. */
export type Attempted = Pick<Job, "attempt" | "errors" | "rescues" | "heldLimit" | "epoch">;

/** What an end changes of a job whatever its store. `cancelRequested` is over as well. */
export interface Ended extends Attempted, Pick<End, "state" | "reason"> {
  readonly finishedAt?: Instant;
  readonly runAt?: Instant;
}

export function afterEnd(job: Attempted, decision: Decision, end: End, now: Instant): Ended {
  const { state, reason, delayMs, givesBack } = end;
  return {
    state,
    reason,
    attempt: givesBack ? job.attempt - 1 : job.attempt,
    errors: errorsAfter(job, decision, now),
    rescues: decision.move === "rescue" ? job.rescues + 1 : job.rescues,
    heldLimit: heldLimitAfter(job, decision),
    epoch: isFinal(state) ? job.epoch : job.epoch + 1,
    ...(isFinal(state) && { finishedAt: now }),
    ...(state === "waiting" && { runAt: now + delayMs }),
  };
}

function errorsAfter({ errors, attempt }: Attempted, decision: Decision, at: Instant): Job["errors"] {
  const failure = failureOf(decision);
  return failure ? keepErrors(errors, { at, attempt, ...failure }) : errors;
}

function heldLimitAfter({ heldLimit }: Attempted, decision: Decision): number | null {
  if (decision.move === "rescue") return decision.heldLimit;
  return decision.move === "release" ? heldLimit : null;
}
