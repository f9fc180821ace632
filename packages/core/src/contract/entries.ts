/**
 * What stands in the event that a move writes, and in its audit line: the same text on every backend.
 *
 * `null` data is `null` in the store. `enqueue`, `complete`, `expire`, `replace` and `unblock` have none.
 */

import type { Instant, JsonText } from "../nouns/job.ts";
import type { CancelReason, OperatorMove, State } from "../nouns/lifecycle.ts";
import type { ApplyOptions, Decision, Failure } from "./adapter.ts";

export const claimData = (session: string, attempt: number): JsonText => JSON.stringify({ worker: session, attempt });

/** What a settlement became, which is not always what was decided: see {@link Settlement}. */
export interface Ending {
  readonly decision: Decision;
  readonly kind: "complete" | "retry" | "bury" | "stop" | "release" | "rescue" | "yield";
  readonly state: State;
  readonly reason: CancelReason | null;
  /** For moves to `waiting`. */
  readonly runAt: Instant;
}

export function endingData({ decision, kind, state, reason, runAt }: Ending): JsonText | null {
  if (kind === "complete") return null;
  const error = failureOf(decision);
  return JSON.stringify({
    ...(error && { error: { code: error.code, message: error.message } }),
    ...(kind === "rescue" &&
      decision.move === "rescue" && { to: state, charged: decision.charged, heldLimit: decision.heldLimit }),
    ...(reason !== null && { reason }),
    ...(state === "waiting" && { runAt }),
  });
}

/** The failure that the job keeps in `errors`. */
export const failureOf = (decision: Decision): Failure | null => ("failure" in decision ? decision.failure : null);

/** @param previousPayload - what an edit replaced, so that it can be read again */
export function operatorData(move: OperatorMove, options: ApplyOptions, previousPayload: JsonText | null): JsonText {
  return JSON.stringify({
    by: options.actor,
    ...(options.reason !== undefined && { reason: options.reason }),
    ...(options.opId !== undefined && { op: options.opId }),
    ...(move === "reprioritise" && { priority: options.priority }),
    ...(previousPayload !== null && { previousPayload }),
  });
}

/** Kind of the records that tell who did what. Their ids sort by time. */
export const AUDIT_KIND = "audit";

/** Who does something about a queue as a whole. */
export interface Doer {
  readonly actor: string;
  readonly reason?: string;
}

export interface AuditLine {
  readonly at: Instant;
  readonly actor: string;
  readonly action: OperatorMove | "pause" | "resume" | "configure";
  readonly queue: string | null;
  /** At most 100 of them; `count` is the true number. */
  readonly jobs: readonly string[];
  readonly count: number;
  readonly reason: string | null;
  readonly op: string | null;
}

/** @param refs - the jobs that the move changed; none, no line */
export function auditLine(
  at: Instant,
  action: AuditLine["action"],
  options: Doer & { readonly opId?: string },
  target: { readonly queue?: string; readonly refs?: readonly { readonly queue: string; readonly id: string }[] },
): JsonText {
  const refs = target.refs ?? [];
  const line: AuditLine = {
    at,
    actor: options.actor,
    action,
    queue: target.queue ?? null,
    jobs: refs.slice(0, 100).map((ref) => `${ref.queue}/${ref.id}`),
    count: refs.length,
    reason: options.reason ?? null,
    op: options.opId ?? null,
  };
  return JSON.stringify(line);
}

/** How many failures a job keeps: the first and the last of them. */
export const KEPT_ERRORS_EACH_END = 20;

/** Appends a failure, dropping from the middle once there are more than 40. */
export function keepErrors<T>(errors: readonly T[], next: T): readonly T[] {
  const all = [...errors, next];
  if (all.length <= 2 * KEPT_ERRORS_EACH_END) return all;
  return [...all.slice(0, KEPT_ERRORS_EACH_END), ...all.slice(-KEPT_ERRORS_EACH_END)];
}
