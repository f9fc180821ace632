/**
 * The life of a job as data: which states there are, and which moves lead from one to another.
 *
 * Types, the conformance suite, the buttons of the dashboard and `docs/lifecycle.md` are made from
 * these two tables. Nothing else may say what a job can do next.
 */

/** What a store keeps. What people read is a {@link Phase}, derived from it. */
export const STATES = ["waiting", "blocked", "active", "stale", "completed", "dead", "cancelled"] as const;
export type State = (typeof STATES)[number];

/** Why a job was cancelled. `stale` and `dead` jobs tell their story in `errors` instead. */
export const CANCEL_REASONS = ["user", "expired", "dependency", "replaced", "duplicate", "handler"] as const;
export type CancelReason = (typeof CANCEL_REASONS)[number];

/** Who may ask for a move. `store` means: a consequence of another move, in the same step. */
export type Mover = "producer" | "worker" | "rescuer" | "operator" | "engine" | "store";

/**
 * Every change there is. `from: []` creates a job, `to: []` removes it.
 * `fenced`: the caller must show the token of a lease that is still the job's.
 */
export const MOVES = {
  enqueue: { from: [], to: ["waiting", "blocked"], by: "producer", fenced: false },
  claim: { from: ["waiting"], to: ["active"], by: "worker", fenced: false },
  complete: { from: ["active"], to: ["completed"], by: "worker", fenced: true },
  retry: { from: ["active"], to: ["waiting"], by: "worker", fenced: true },
  bury: { from: ["active"], to: ["dead"], by: "worker", fenced: true },
  stop: { from: ["active"], to: ["cancelled"], by: "worker", fenced: true },
  release: { from: ["active"], to: ["waiting"], by: "worker", fenced: true },
  rescue: { from: ["active"], to: ["waiting", "stale", "dead", "cancelled"], by: "rescuer", fenced: true },
  yield: { from: ["active"], to: ["cancelled"], by: "store", fenced: false },
  unblock: { from: ["blocked"], to: ["waiting"], by: "store", fenced: false },
  "fail-dependency": { from: ["blocked"], to: ["cancelled"], by: "store", fenced: false },
  expire: { from: ["waiting", "blocked"], to: ["cancelled"], by: "store", fenced: false },
  replace: { from: ["waiting"], to: ["cancelled"], by: "store", fenced: false },
  cancel: {
    from: ["waiting", "blocked", "stale", "active"],
    to: ["cancelled", "active"],
    by: "operator",
    fenced: false,
  },
  park: { from: ["waiting"], to: ["stale"], by: "engine", fenced: false },
  requeue: { from: ["dead", "cancelled", "stale"], to: ["waiting"], by: "operator", fenced: false },
  promote: { from: ["waiting"], to: ["waiting"], by: "operator", fenced: false },
  reschedule: { from: ["waiting"], to: ["waiting"], by: "operator", fenced: false },
  reprioritise: { from: ["waiting"], to: ["waiting"], by: "operator", fenced: false },
  edit: { from: ["waiting"], to: ["waiting"], by: "operator", fenced: false },
  revert: { from: ["waiting"], to: ["dead", "cancelled", "stale"], by: "operator", fenced: false },
  remove: {
    from: ["waiting", "blocked", "stale", "completed", "dead", "cancelled"],
    to: [],
    by: "operator",
    fenced: false,
  },
  restore: {
    from: [],
    to: ["waiting", "blocked", "stale", "completed", "dead", "cancelled"],
    by: "operator",
    fenced: false,
  },
} as const;
export type Move = keyof typeof MOVES;

/** One row of {@link MOVES}, for code that reads the table without knowing the row. */
export interface MoveRule {
  readonly from: readonly State[];
  readonly to: readonly State[];
  readonly by: Mover;
  readonly fenced: boolean;
}

/** The rule of a move, widened. */
export const ruleOf = (move: Move): MoveRule => MOVES[move];

/** The moves that an operator asks for, with `park`, which the engine asks for in the same way. */
export const OPERATOR_MOVES = [
  "cancel",
  "requeue",
  "promote",
  "reschedule",
  "reprioritise",
  "edit",
  "revert",
  "remove",
  "restore",
  "park",
] as const;
export type OperatorMove = (typeof OPERATOR_MOVES)[number];

/** States that a job leaves only by an operator's hand. */
export const FINAL_STATES: readonly State[] = ["completed", "dead", "cancelled"];
/** States that count towards a queue's depth (`maxSize`). */
export const DEPTH_STATES: readonly State[] = ["waiting", "blocked", "active"];
/** States of which people want to see first what came in last. */
export const ATTENTION_STATES: readonly State[] = ["stale", "dead", "cancelled"];

export const isFinal = (state: State): boolean => FINAL_STATES.includes(state);
export const needsAttention = (state: State): boolean => ATTENTION_STATES.includes(state);

/** True if `MOVES` lets this move leave from this state. */
export const mayMove = (move: Move, from: State): boolean => ruleOf(move).from.includes(from);

/**
 * The word people read. A waiting job is `scheduled` while its time is ahead and it was never tried,
 * `retrying` while its time is ahead and it was: derived when read, so nothing needs promoting.
 */
export const PHASES = [
  "waiting",
  "scheduled",
  "retrying",
  "blocked",
  "active",
  "stale",
  "completed",
  "dead",
  "cancelled",
] as const;
export type Phase = (typeof PHASES)[number];

export function phaseOf(
  job: { readonly state: State; readonly runAt: number; readonly attempt: number },
  now: number,
): Phase {
  if (job.state !== "waiting" || job.runAt <= now) return job.state;
  return job.attempt > 0 ? "retrying" : "scheduled";
}
