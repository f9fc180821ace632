/**
 * After a settlement whose answer was lost on the way: a second try is refused if the first one was stored.
 * The job itself tells which.
 */

import type { Settled, Settlement } from "../../../contract/adapter.ts";
import type { Job } from "../../../nouns/job.ts";
import { isFinal } from "../../../nouns/lifecycle.ts";
import type { Shift } from "../shift.ts";

/** The answer as it is, or the one that was lost. Follow-ups are not told again. */
export async function wasStored(shift: Shift, { lease, decision }: Settlement, answer: Settled): Promise<Settled> {
  const [job] = await shift.adapter.reader.get([lease.ref]).catch((error: unknown) => {
    shift.report(error, "settle");
    return [];
  });
  if (!job || job.worker !== lease.session || !isOutcomeOf(job, decision.move, lease.epoch)) return answer;
  return { ok: true, state: job.state, reason: job.reason, followUps: [] };
}

/** Ends that are not final raise the epoch by one; after that the next claim shows another worker or attempt. */
function isOutcomeOf(job: Job, move: Settlement["decision"]["move"], epoch: number): boolean {
  if (isFinal(job.state)) return job.epoch === epoch && (move === "complete") === (job.state === "completed");
  return job.epoch === epoch + 1 && job.state === "waiting" && (move === "retry" || move === "release");
}
