/** Settlements that the script `settle` leaves to BullMQ's own script: what follows of them, only that knows. */

import { failureOf, type Settled, type Settlement } from "@jobyard/core/adapter";
import { receiptsOf, specOf } from "../enqueue.ts";
import { endNamed, fateOf, settle } from "../settle.ts";
import type { Store } from "../store.ts";
import { endByStock, type PlannedEnd } from "./end.ts";

export async function settleStock(store: Store, settlement: Settlement): Promise<Settled> {
  const { decision, followUps = [] } = settlement;
  const ended = await endByStock(store, planOf(settlement));
  if (ended === "again") {
    const [settled] = await settle(store, [settlement], (one) => settleStock(store, one));
    return settled ?? { ok: false, now: "missing" };
  }
  // What BullMQ has to say against it is the attempt's failure, and no other attempt would change it.
  if (ended === "has children") return settleStock(store, failed(settlement, "it has children that did not complete"));
  if (typeof ended === "string") return { ok: false, now: ended };
  const { state, reason } = endNamed(decision, ended.name);
  return { ok: true, state, reason, followUps: receiptsOf(followUps, ended.receipts) };
}

function planOf({ lease, guard, decision, followUps = [] }: Settlement): PlannedEnd {
  const failure = failureOf(decision);
  return {
    ...{ lease, guard },
    fate: decision.move === "complete" ? null : fateOf(decision),
    result: decision.move === "complete" ? decision.result : null,
    followUps: followUps.map(specOf),
    failedReason: (name) => failure?.message ?? `cancelled: ${endNamed(decision, name).reason}`,
    fields: failure && {
      failedReason: failure.message,
      stacktrace: JSON.stringify(failure.stack === null ? [] : [failure.stack]),
    },
  };
}

export const failed = ({ lease, guard }: Pick<Settlement, "lease" | "guard">, message: string): Settlement => ({
  ...{ lease, guard },
  decision: { move: "bury", failure: { code: "HANDLER_ERROR", message, stack: null } },
});
