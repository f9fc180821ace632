/** What a handler's end means: which outcome its result or its error stands for. */

import type { Decision, LeasedJob } from "../../../contract/adapter.ts";
import { decide, type Outcome } from "../../../decisions/decide.ts";
import { failureOf } from "../../../decisions/failure.ts";
import { DEFAULTS } from "../../../nouns/defaults.ts";
import { durationMs } from "../../../nouns/duration.ts";
import { isQueueError } from "../../../nouns/errors.ts";
import type { JsonText } from "../../../nouns/job.ts";
import type { Ports } from "../../../nouns/ports.ts";
import { toJsonText } from "../../yard/payload.ts";
import type { Shift } from "../shift.ts";
import type { Turn } from "../turn.ts";

type Report = Shift["report"];
type Failed = Outcome & { readonly kind: "failed" };

/** The outcome of a handler that threw `error`, for whatever reason. */
export function outcomeOfError(turn: Turn, error: unknown, report: Report): Outcome {
  if (turn.asked !== null) return turn.asked;
  if (turn.aborted === "cancelled")
    return { kind: "cancelled", by: "user", failure: turn.isAbortReason(error) ? null : failureOf(error) };
  if (turn.aborted === "stopping") return { kind: "aborted" };
  if (turn.aborted === "lost") return { kind: "lost" };
  return failed(turn, error, report);
}

/**
 * A failed attempt. The delay is asked of the job type if it has a function for it.
 *
 * @param final - trying again cannot help
 */
export function failed(
  turn: Turn,
  error: unknown,
  report: Report,
  final: boolean = isQueueError(error, "UNRECOVERABLE"),
): Failed {
  return { kind: "failed", failure: failureOf(error), final, delayMs: final ? null : ownDelayMs(turn, error, report) };
}

export const decideTurn = (leased: LeasedJob, outcome: Outcome, ports: Ports): Decision =>
  decide(leased, outcome, outcome.kind === "failed" ? ports.random() : 0);

/**
 * What is stored as the job's result. Nothing returned is `null`.
 *
 * @throws QueueError `RESULT_UNSERIALISABLE`, `RESULT_TOO_LARGE`
 */
export function resultText(turn: Turn, result: unknown): JsonText | null {
  if (result === undefined) return null;
  return toJsonText(result, {
    subject: turn.leased.name,
    maxBytes: DEFAULTS.maxResultBytes,
    unserialisable: "RESULT_UNSERIALISABLE",
    tooLarge: "RESULT_TOO_LARGE",
  });
}

function ownDelayMs(turn: Turn, error: unknown, report: Report): number | null {
  const { backoff } = turn.bound.definition.options;
  if (turn.leased.backoff !== null || typeof backoff !== "function") return null;
  try {
    return durationMs(backoff({ attempt: turn.leased.attempt, error }), "backoff");
  } catch (fault) {
    report(fault, "backoff");
    return null;
  }
}
