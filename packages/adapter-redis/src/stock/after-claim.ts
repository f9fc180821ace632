/**
 * What a worker of BullMQ's does between taking a job and running it: its scheduler makes the next one, and a job that
 * BullMQ has given up on fails.
 */

import type { Claim, LeasedJob } from "@jobyard/core/adapter";
import { hasLegacyRepeatableKeyShape, type JobsOptions, type Queue, type RepeatOptions } from "bullmq";
import type { Claimed, Foreign } from "../claim.ts";
import { append } from "../leases.ts";
import type { Store } from "../store.ts";
import { failed, settleStock } from "./settle.ts";

/** @returns the claim without the jobs that failed */
export async function afterClaim(store: Store, { claim, foreign }: Claimed): Promise<Claim> {
  if (foreign.length === 0) return claim;
  await Promise.all(foreign.map((one) => scheduleNext(store, one)));
  const givenUp = new Set<LeasedJob>();
  for (const { job, deferredFailure } of foreign) {
    if (deferredFailure === null) continue;
    await settleStock(store, failed({ lease: job.lease, guard: "held" }, deferredFailure));
    givenUp.add(job);
  }
  return { ...claim, jobs: claim.jobs.filter((job) => !givenUp.has(job)) };
}

/** The job runs whether this succeeds or not; if not, its events tell why. */
async function scheduleNext(store: Store, { job, scheduler }: Foreign): Promise<void> {
  if (scheduler === null) return;
  const { ref } = job.lease;
  const queue = await store.queue(ref.queue);
  const fault = await store.calls.run("may write", () => upsertNext(queue, ref.id, scheduler));
  if (fault === null) return;
  await append(store, [
    { lease: job.lease, kind: "log", data: JSON.stringify(`No next job of ${scheduler}: ${fault}`) },
  ]);
}

/** BullMQ's type of a job's options leaves out what its schedulers put there. */
interface StoredOptions extends JobsOptions {
  readonly repeat?: RepeatOptions;
}

/** @returns why it could not be done, or null; twice makes one */
async function upsertNext(queue: Queue, id: string, scheduler: string): Promise<string | null> {
  const schedulers = await queue.jobScheduler;
  if (hasLegacyRepeatableKeyShape(scheduler) && !(await schedulers.isJobScheduler(scheduler)))
    return "it was made by a program with BullMQ 5 as a repeatable job, which only such a program goes on with";
  const job = await queue.getJob(id);
  if (job === undefined) return null;
  const { repeat }: StoredOptions = job.opts;
  if (repeat === undefined) return "the job does not say when it is repeated";
  const how = { override: false, producerId: id };
  try {
    await schedulers.upsertJobScheduler(scheduler, repeat, job.name, job.data, job.opts, how);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
