/** Counts and hooks after the store has answered a settlement: what really became of a run. */

import type { Receipt, Settled, Settlement } from "../../../contract/adapter.ts";
import { QueueError } from "../../../nouns/errors.ts";
import type { Shift } from "../shift.ts";
import type { Turn } from "../turn.ts";

export function tellSettled(shift: Shift, turn: Turn, settled: Settled, { decision }: Settlement): void {
  if (!settled.ok) {
    shift.counts.refused += 1;
    return;
  }
  if (decision.move === "complete") completed(shift, turn, decision.result);
  for (const receipt of settled.followUps) if (receipt.outcome === "conflict") idTaken(shift, receipt);
  if (decision.move === "retry" || decision.move === "bury")
    failed(shift, turn, decision.failure, {
      dead: settled.state === "dead",
      retryInMs: settled.state === "waiting" && decision.move === "retry" ? decision.delayMs : null,
    });
}

/** Ids that we make never meet another job; one that a follow-up brought along may, and then there is no such job. */
function idTaken({ report }: Shift, { ref: { queue, id } }: Receipt): void {
  report(new QueueError("ID_CONFLICT", `${queue}/${id}`, { field: "jobId" }), "followUps");
}

function completed({ counts, hooks }: Shift, turn: Turn, result: string | null): void {
  counts.completed += 1;
  const { onJobCompleted } = hooks.hooks;
  if (onJobCompleted === undefined) return;
  hooks.call("onJobCompleted", () => onJobCompleted(turn.toHookJob(), { durationMs: turn.tookMs, result }), turn);
}

function failed(
  { counts, hooks }: Shift,
  turn: Turn,
  error: { readonly code: string; readonly message: string; readonly stack: string | null },
  { dead, retryInMs }: { readonly dead: boolean; readonly retryInMs: number | null },
): void {
  counts.failed += 1;
  const { onJobFailed, onDead } = hooks.hooks;
  const job = turn.toHookJob();
  if (onJobFailed !== undefined)
    hooks.call("onJobFailed", () => onJobFailed(job, { durationMs: turn.tookMs, error, retryInMs }), turn);
  if (dead && onDead !== undefined) hooks.call("onDead", () => onDead(job, { error }), turn);
}
