/** Operator's moves of jobs in BullMQ's flows and schedules: what they mean for other jobs only BullMQ's scripts know. */

import {
  type ApplyOptions,
  type JobRef,
  type MoveResult,
  type OperatorMove,
  operatorData,
  ruleOf,
} from "@jobyard/core/adapter";
import { requeuedScript, takeScript } from "../lua/stock.lua.ts";
import { apply } from "../operate.ts";
import { packed } from "../packed.ts";
import type { Store } from "../store.ts";
import { endByStock } from "./end.ts";

/** A requeue of such a job cannot be taken back, and a removed one is gone: BullMQ has neither. */
export async function moveStock(
  store: Store,
  move: OperatorMove,
  ref: JobRef,
  options: ApplyOptions,
): Promise<MoveResult> {
  switch (move) {
    case "cancel":
      return cancel(store, ref, options);
    case "requeue":
      return requeue(store, ref, options);
    case "remove": {
      const isRemoved = await removeStock(store, ref.queue, ref.id);
      return { ref, outcome: isRemoved ? "done" : "refused", state: null };
    }
    default:
      return { ref, outcome: "changed", state: null };
  }
}

/** Its children stay. @returns false if it is locked, or the next job of a scheduler */
export async function removeStock(store: Store, queue: string, id: string): Promise<boolean> {
  const found = await store.queue(queue);
  return store.calls.run("may write", async () => {
    try {
      return (await found.getBackend().remove(id, false)) === 1;
    } catch (error) {
      if (Object(error).code === OF_A_SCHEDULER) return false;
      throw error;
    }
  });
}

/** What BullMQ's script answers. */
const OF_A_SCHEDULER = -8;

/** Only a job that is active can be ended by BullMQ's script. */
async function cancel(store: Store, ref: JobRef, options: ApplyOptions): Promise<MoveResult> {
  const token = store.ports.newId();
  const from = Object.fromEntries(ruleOf("cancel").from.map((state) => [state, state !== "active"]));
  const epoch = (await store.run(takeScript, packed({ ...ref, token, from }))) as number | null;
  if (epoch === null) return { ref, outcome: "changed", state: null };
  const data = operatorData("cancel", options, null);
  const end = { kind: "cancel", state: "cancelled", reason: "user", givesBack: true, data };
  const ended = await endByStock(store, {
    lease: { ref, epoch, token, session: "" },
    guard: "held",
    fate: { ends: { decided: end, cancelled: end, yielded: end }, rescue: false },
    ...{ result: null, followUps: [], fields: null },
    failedReason: () => "cancelled: user",
  });
  return { ref, outcome: typeof ended === "string" ? "changed" : "done", state: "cancelled" };
}

async function requeue(store: Store, ref: JobRef, options: ApplyOptions): Promise<MoveResult> {
  const queue = await store.queue(ref.queue);
  const isBack = await store.calls.run("may write", async () => {
    const job = await queue.getJob(ref.id);
    if (job === undefined || !(await job.isFailed())) return false;
    await job.retry("failed", { resetAttemptsMade: true });
    return true;
  });
  if (!isBack) return { ref, outcome: "changed", state: null };
  const { opId = null, payload, delayMs = 0 } = options;
  await store.run(requeuedScript, packed({ ...ref, opId, data: operatorData("requeue", options, null) }));
  const changes: readonly OperatorMove[] = [
    ...(payload === undefined ? [] : (["edit"] as const)),
    ...(delayMs > 0 ? (["reschedule"] as const) : []),
  ];
  for (const change of changes)
    await apply(store, (...how) => moveStock(store, ...how), store.ports.newId, change, [ref], options);
  return { ref, outcome: "done", state: "waiting" };
}
