/** An empty memory store on a clock of its own, and what its tests do all the time. */

import type { Adapter, ClaimRequest } from "../../src/contract/adapter.ts";
import { type ManualPorts, manualPorts } from "../../src/testing/manual-ports.ts";
import { memoryAdapter } from "../../src/testing/memory/memory-adapter.ts";
import { claimRequest } from "../../src/testing/plain-calls.ts";

export const QUEUE = "mail";

export function openStage(): { readonly ports: ManualPorts; readonly adapter: Adapter } {
  const ports = manualPorts();
  return { ports, adapter: memoryAdapter({ ports }) };
}

export const request = (over: Partial<ClaimRequest> = {}): ClaimRequest => claimRequest("t1", over);

/** Everything that is ready to run has run: one turn of the event loop. */
export const turnOfTheLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What is read now and then of a promise that should still be pending. */
export async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let pending = true;
  void promise.then(() => {
    pending = false;
  });
  await turnOfTheLoop();
  return pending;
}
