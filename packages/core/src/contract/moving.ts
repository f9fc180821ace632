/** How an operator's move of one job is judged, whatever it then does to the job. */

import type { Instant } from "../nouns/job.ts";
import { mayMove, type OperatorMove, type State } from "../nouns/lifecycle.ts";
import type { ApplyOptions, MoveResult } from "./adapter.ts";

export interface Judgement {
  readonly outcome: MoveResult["outcome"];
  readonly wrote: boolean;
}

export const DONE: Judgement = { outcome: "done", wrote: true };
export const untouched = (outcome: MoveResult["outcome"]): Judgement => ({ outcome, wrote: false });

/** Something was done to the job since the caller looked at it. */
export const isChanged = ({ epoch }: { readonly epoch: number }, { expectEpoch }: ApplyOptions): boolean =>
  expectEpoch !== undefined && epoch !== expectEpoch;

/** Why the move leaves a job that is there alone; null if it may go on. A restore finds its job elsewhere. */
export function objectionTo(
  move: Exclude<OperatorMove, "restore">,
  job: { readonly epoch: number; readonly state: State } | null,
  options: ApplyOptions,
): Judgement | null {
  if (job === null) return untouched("missing");
  if (isChanged(job, options)) return untouched("changed");
  if (mayMove(move, job.state)) return null;
  return untouched(move === "remove" && job.state === "active" ? "busy" : "refused");
}

/** When a job that is to wait may start. */
export const startOf = (now: Instant, { delayMs }: ApplyOptions): Instant => now + (delayMs ?? 0);
