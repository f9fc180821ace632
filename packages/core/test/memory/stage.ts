/** The plainest legal calls, so that a test names only what it is about. */

import type { Adapter, ClaimRequest, NewJob } from "../../src/contract/adapter.ts";
import { type ManualPorts, manualPorts } from "../../src/testing/manual-ports.ts";
import { memoryAdapter } from "../../src/testing/memory/memory-adapter.ts";

export const QUEUE = "mail";

export function openStage(): { readonly ports: ManualPorts; readonly adapter: Adapter } {
  const ports = manualPorts();
  return { ports, adapter: memoryAdapter({ ports }) };
}

export const newJob = (id: string, over: Partial<NewJob> = {}): NewJob => ({
  queue: QUEUE,
  id,
  name: "greet",
  version: 1,
  payload: "{}",
  priority: 0,
  maxAttempts: 3,
  backoff: null,
  timeoutMs: null,
  start: { delayMs: 0 },
  expiresInMs: null,
  tags: [],
  group: null,
  dedupe: null,
  onLeaseLost: "retry",
  parent: null,
  ...over,
});

export const request = (over: Partial<ClaimRequest> = {}): ClaimRequest => ({
  session: "w1",
  token: "t1",
  leaseMs: 30_000,
  max: 10,
  queues: [{ queue: QUEUE, max: 10, types: [{ name: "greet", maxVersion: 1 }] }],
  waitMs: 0,
  held: false,
  ...over,
});

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
