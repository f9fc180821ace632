/**
 * An enqueue of a process in which a claim sleeps and waits for just that: one step for both, and the job is on its way
 * when the producer has its receipt.
 */

import type { NewJob, Receipt } from "@jobyard/core/adapter";
import { enqueueAndClaim } from "./claim.ts";
import { enqueue, MOST_AT_ONCE, receiptsOf } from "./enqueue.ts";
import type { Service } from "./markers.ts";
import type { Store } from "./store.ts";

export function enqueueAndServe(store: Store, jobs: readonly NewJob[]): Promise<readonly Receipt[]> {
  const [first] = jobs;
  const service = first === undefined || jobs.length > MOST_AT_ONCE ? null : store.markers.serve(first.queue);
  return service === null ? enqueue(store, jobs) : served(store, jobs, service);
}

async function served(
  store: Store,
  jobs: readonly NewJob[],
  { request, give, fail }: Service,
): Promise<readonly Receipt[]> {
  try {
    const { enqueued, claimed } = await enqueueAndClaim(store, jobs, request, store.isOwn);
    give(claimed);
    return receiptsOf(jobs, enqueued);
  } catch (error) {
    fail(error);
    throw error;
  }
}
