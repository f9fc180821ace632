/** A claim that waits for work: until there is some, a job becomes due, or nobody wants it any more. */

import type { ClaimRequest } from "@jobyard/core/adapter";
import { type Claimed, claimNow } from "./claim.ts";
import type { Store } from "./store.ts";

export async function claim(store: Store, request: ClaimRequest): Promise<Claimed> {
  if (request.waitMs > 0) store.hear();
  const end = store.ports.monotonic() + request.waitMs;
  for (;;) {
    const answer = await claimNow(store, request, store.isOwn);
    const { jobs, now, nextDueAt } = answer.claim;
    const leftMs = end - store.ports.monotonic();
    if (jobs.length > 0 || leftMs <= 0 || isOver(store, request)) return answer;
    const untilDueMs = nextDueAt === null ? leftMs : Math.min(leftMs, nextDueAt - now);
    const served = await store.markers.sleep(request, untilDueMs, answer.isForOthers);
    if (served !== null && served.claim.jobs.length > 0) return served;
    if (isOver(store, request)) return answer;
  }
}

const isOver = (store: Store, { signal }: ClaimRequest): boolean => signal?.aborted === true || store.closed.aborted;
