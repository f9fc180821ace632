/** `ctx.complete(result, { tx })`: a job that is completed if and only if the handler's own transaction commits. */

import { badOption } from "../../../nouns/options.ts";
import { checkTransactions } from "../../yard/producer.ts";
import { storeRetryMs } from "../retry.ts";
import type { Shift } from "../shift.ts";
import type { Turn } from "../turn.ts";
import { leaseLost } from "./entry-writer.ts";
import { followUpJobs } from "./follow-ups.ts";
import { resultText } from "./outcome.ts";

/** @throws QueueError `LEASE_LOST`, `CAPABILITY_MISSING`, `BAD_OPTION`, and what a result can be refused for */
export async function completeInTx(shift: Shift, turn: Turn, result: unknown, tx: unknown): Promise<void> {
  if (tx === undefined) throw badOption("tx", "give the transaction that completes the job");
  checkTransactions(shift.adapter);
  if (turn.stage === "over") throw leaseLost(turn);
  const { lease } = turn.leased;
  const text = resultText(turn, result);
  const followUps = await followUpJobs(turn, result, shift.maxPayloadBytes);
  const [settled] = await shift.adapter.leaser.settle(
    [{ lease, guard: "held", decision: { move: "complete", result: text }, followUps }],
    { tx },
  );
  if (settled?.ok !== true) {
    shift.counts.refused += 1;
    throw leaseLost(turn);
  }
  turn.completedInTx = { result: text };
}

/** Asked once the handler is over. False if that could not be learned while the lease lasted: the fence judges then. */
export async function wasCommitted({ adapter, ports, clock, session, report }: Shift, turn: Turn): Promise<boolean> {
  for (let failures = 1; ; failures++) {
    try {
      const [job] = await adapter.reader.get([turn.leased.lease.ref]);
      return job?.state === "completed" && job.worker === session && job.epoch === turn.leased.lease.epoch;
    } catch (error) {
      report(error, "complete");
      const waitMs = storeRetryMs(failures, ports);
      if (ports.monotonic() + waitMs >= clock.validUntil) return false;
      await ports.sleep(waitMs);
    }
  }
}
