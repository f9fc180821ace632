/** Where the outboxes of these tests lead to: the one place that says which backend it is. */

import { createYard, type Yard } from "@jobyard/core";
import type { Adapter, Job, JobRef, JobWriter, LeasedJob } from "@jobyard/core/adapter";
import { memoryAdapter } from "@jobyard/core/memory";
import { claimRequest } from "@jobyard/core/testing";
import { onTestFinished } from "vitest";

export interface Target {
  readonly adapter: Adapter;
  readonly yard: Yard;
  job(ref: JobRef): Promise<Job | null>;
  /** Claims what is due in the queue, of the type `greet`, in the order of claims. */
  claimed(queue: string): Promise<readonly LeasedJob[]>;
}

/** Closed with the test. */
export function openTarget(): Target {
  const adapter = memoryAdapter();
  const yard = createYard({ adapter });
  onTestFinished(() => yard.close());
  return {
    adapter,
    yard,
    job: async (ref) => (await adapter.reader.get([ref]))[0] ?? null,
    claimed: async (queue) => {
      const types = [{ name: "greet", maxVersion: 1 }];
      const request = claimRequest("all", { max: 10_000, queues: [{ queue, max: 10_000, types }] });
      return (await adapter.leaser.claim(request)).jobs;
    },
  };
}

/** A target whose answers are the test's own. */
export const targetThat = (enqueue: JobWriter["enqueue"]): { readonly writer: JobWriter } => ({ writer: { enqueue } });
