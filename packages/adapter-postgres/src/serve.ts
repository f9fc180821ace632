/**
 * An enqueue that serves a claim of this process which waits for such jobs: one statement and one commit for both, so
 * the handler begins when the job is stored.
 */

import { type Claim, type NewJob, QueueError, type Receipt } from "@jobyard/core/adapter";
import { claimForm, claimIn, type Fronts } from "./claim.ts";
import { enqueue, receiptsOf } from "./enqueue.ts";
import { formsOf } from "./enqueue-runs.ts";
import { enqueueFormAndClaim, type OrderForm } from "./sql/enqueue.sql.ts";
import type { Call } from "./step.ts";
import type { Store } from "./store.ts";
import type { Service } from "./wake.ts";

/** As `enqueue`, in a step of its own. */
export async function enqueueAndServe(store: Store, jobs: readonly NewJob[]): Promise<readonly Receipt[]> {
  const alone = (): Promise<readonly Receipt[]> => store.call((call) => enqueue(call, jobs, "bounded"));
  const [first] = jobs;
  // The locks of a key do not go together with those of a claim.
  const service = first === undefined || first.dedupe !== null ? null : store.wake.serve(first.queue);
  if (service === null) return alone();
  try {
    const [form, ...others] = formsOf(jobs);
    if (form === undefined || others.length > 0) return await passedOver(service, alone);
    const [receipts, claim] = await store.call((call) => both(call, store.fronts, form, jobs, service));
    service.give(claim);
    return receipts;
  } catch (error) {
    if (error instanceof QueueError && error.code === "STORE_UNAVAILABLE") {
      service.fail(error);
      throw error;
    }
    // Nothing was kept. What keeps a claim from being made must not keep jobs out of the store.
    return passedOver(service, alone);
  }
}

function passedOver<T>(service: Service, alone: () => T): T {
  service.withdraw();
  return alone();
}

async function both(
  call: Call,
  fronts: Fronts,
  form: OrderForm,
  jobs: readonly NewJob[],
  { request }: Service,
): Promise<readonly [readonly Receipt[], Claim]> {
  const answer = await call.db.get(enqueueFormAndClaim, { ...form, ...claimForm(request, fronts) });
  if (answer === undefined) throw new Error("an enqueue was answered with nothing");
  const claim = claimIn(call, answer, request, fronts);
  call.touched.add(form.queue);
  // What was taken at once is nobody else's.
  const taken = new Set(claim.jobs.map(({ lease }) => lease.ref).map(({ queue, id }) => `${queue}:${id}`));
  if (jobs.some(({ queue, id }) => !taken.has(`${queue}:${id}`))) call.offered.add(form.queue);
  return [receiptsOf(jobs, answer.answer), claim];
}
