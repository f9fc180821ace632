/** A claim that waits for work: until something changes in its queues, a job becomes due, or nobody wants it any more. */

import type { Claim, ClaimRequest } from "../../contract/adapter.ts";
import { claimNow } from "./claim.ts";
import type { Store } from "./store.ts";

export async function claim(store: Store, request: ClaimRequest): Promise<Claim> {
  const end = store.ports.monotonic() + request.waitMs;
  for (;;) {
    const answer = claimNow(store, request);
    const leftMs = end - store.ports.monotonic();
    if (answer.jobs.length > 0 || leftMs <= 0) return answer;
    await somethingToSee(
      store,
      request,
      answer.nextDueAt === null ? leftMs : Math.min(leftMs, answer.nextDueAt - answer.now),
    );
    if (request.signal?.aborted || store.closed.signal.aborted) return answer;
  }
}

async function somethingToSee(store: Store, { queues, signal }: ClaimRequest, ms: number): Promise<void> {
  const seen = new AbortController();
  const unwatch = store.hints.watch((hint) => {
    if (hint.queues === null || queues.some(({ queue }) => hint.queues?.includes(queue))) seen.abort();
  });
  const signals = [seen.signal, store.closed.signal];
  await store.ports.sleep(ms, AbortSignal.any(signal ? [...signals, signal] : signals));
  unwatch();
}
