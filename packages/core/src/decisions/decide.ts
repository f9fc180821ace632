/**
 * What becomes of an attempt. Pure: an adapter commits the answer, and the same facts always give the same answer.
 */

import type { Decision, DecisionFacts, Failure } from "../contract/adapter.ts";
import { ERROR_CODES } from "../nouns/errors.ts";
import type { JsonText } from "../nouns/job.ts";
import { backoffMs } from "./backoff.ts";

/** How one attempt ended, as the worker that ran it saw it. */
export type Outcome =
  | { readonly kind: "completed"; readonly result: JsonText | null }
  /**
   * The handler threw, its result cannot be stored, or its time was up. `final`: trying again cannot help.
   * `delayMs`: what the job type's own backoff function asked for.
   */
  | { readonly kind: "failed"; readonly failure: Failure; readonly final: boolean; readonly delayMs: number | null }
  | { readonly kind: "snoozed"; readonly delayMs: number }
  /** By the handler itself or by an operator; with what the handler had to say, if anything. */
  | { readonly kind: "cancelled"; readonly by: "handler" | "user"; readonly failure: Failure | null }
  /** Its time to start had passed before it could. */
  | { readonly kind: "expired" }
  /** Not by its own fault: it never started, the worker stops, or the worker's lease could not be renewed. */
  | { readonly kind: "unstarted" | "aborted" | "lost" };

/** What a decision about a worker's own attempt depends on. */
export type AttemptFacts = Pick<DecisionFacts, "attempt" | "maxAttempts" | "backoff">;

/** @param random - uniform in [0, 1), for the jitter of the backoff */
export function decide(facts: AttemptFacts, outcome: Outcome, random: number): Decision {
  switch (outcome.kind) {
    case "completed":
      return { move: "complete", result: outcome.result };
    case "failed":
      return afterFailure(facts, outcome, random);
    case "snoozed":
      return { move: "release", delayMs: outcome.delayMs };
    case "cancelled":
      return { move: "stop", reason: outcome.by, failure: outcome.failure };
    case "expired":
      return { move: "stop", reason: "expired", failure: null };
    default:
      return { move: "release", delayMs: 0 };
  }
}

function afterFailure(facts: AttemptFacts, outcome: Outcome & { readonly kind: "failed" }, random: number): Decision {
  const { failure } = outcome;
  if (outcome.final || facts.attempt >= facts.maxAttempts) return { move: "bury", failure };
  return { move: "retry", delayMs: outcome.delayMs ?? backoffMs(facts.backoff, facts.attempt, random), failure };
}

/** What is known of the session that lost the job. */
export interface LostSession {
  /** The session held this job and nothing else: the job is the suspect. */
  readonly alone: boolean;
  /** How many jobs it had not settled, this one included. */
  readonly unsettled: number;
  /** The job's queue holds what a restart finds (`onRestart: "hold"`), and this session was found dead by one. */
  readonly restarted?: boolean;
}

/**
 * What becomes of a job whose worker session is gone. Only a job that was lost alone pays with an attempt.
 * Others get it back, and may be claimed only with half as many companions as they died with: so a job that
 * kills its worker is alone after log2(n) rescues, and none of its companions was charged for it.
 *
 * @param random - uniform in [0, 1), for the jitter of the backoff
 */
export function decideRescue(facts: DecisionFacts, session: LostSession, random: number): Decision {
  const charged = session.alone;
  const rescued = { move: "rescue", charged, heldLimit: null, delayMs: 0, failure: LEASE_EXPIRED } as const;
  if (facts.cancelRequested) return { ...rescued, to: "cancelled" };
  if (facts.onLeaseLost === "dead") return { ...rescued, to: "dead" };
  if (facts.onLeaseLost === "hold" || session.restarted === true) return { ...rescued, to: "stale" };
  if (!charged) return { ...rescued, to: "waiting", heldLimit: Math.ceil(session.unsettled / 2) };
  if (facts.attempt >= facts.maxAttempts) return { ...rescued, to: "dead" };
  return {
    ...rescued,
    to: "waiting",
    heldLimit: facts.heldLimit,
    delayMs: backoffMs(facts.backoff, facts.attempt, random),
  };
}

const LEASE_EXPIRED: Failure = { code: "LEASE_EXPIRED", message: ERROR_CODES.LEASE_EXPIRED, stack: null };
