/**
 * An enqueue of a process in which a claim sleeps and waits for just that: one step for both, and the job is on its way
 * when the producer has its receipt.
 */

import type { NewJob, Receipt } from "@jobyard/core/adapter";
import { enqueueAndClaim } from "./claim.ts";
import { enqueue, portionsOf, receiptsOf } from "./enqueue.ts";
import { isUndone } from "./faults.ts";
import type { Service } from "./markers.ts";
import { assertNotReserved } from "./reserved-ids.ts";
import type { Store } from "./store.ts";

/** @throws QueueError as {@link enqueue} */
export async function enqueueAndServe(store: Store, jobs: readonly NewJob[]): Promise<readonly Receipt[]> {
  for (const { id } of jobs) assertNotReserved(id);
  const [first] = jobs;
  const service = first === undefined || portionsOf(jobs).length > 1 ? null : store.markers.serve(first.queue);
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
    // What is wrong with the jobs is no matter of the claim's.
    if (isUndone(Object(error).cause)) give(null);
    else fail(error);
    throw error;
  }
}
