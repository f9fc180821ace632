/** Jobyard through its public calls, with its defaults but for what is compared. */

import { type Adapter, createYard, defineJob } from "@jobyard/core";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Kind, Payload, Queue } from "../contender.ts";

/** Payloads pass unchecked: no other contender checks them. A Standard Schema that has nothing to say. */
const unchecked = {
  "~standard": { version: 1, vendor: "bench", validate: (value: unknown) => ({ value: value as Payload }) },
} as const satisfies StandardSchemaV1<Payload>;

const noop = defineJob("noop", { payload: unchecked });
const foreign = defineJob("foreign", { payload: unchecked });

const KINDS = {
  due: { job: noop, options: {} },
  later: { job: noop, options: { delay: "2h" } },
  foreign: { job: foreign, options: {} },
} as const satisfies Record<Kind, unknown>;

/** @param store - how to look at the store itself: our own counts stop at a bound */
export function queueOn(adapter: Adapter, store: Pick<Queue, "completed" | "close">): Queue {
  const yard = createYard({ adapter });
  return {
    add: (payload) => yard.enqueue(noop, payload),
    addMany: async (payloads, kind) => {
      const { job, options } = KINDS[kind];
      const receipts = await yard.enqueueMany(job, payloads, options);
      if (receipts.some((receipt) => !receipt.ok)) throw new Error("a job of the batch was refused");
    },
    work: async (concurrency, onJob) => {
      const handler = noop.handler(({ payload }) => onJob(payload as Payload));
      const worker = yard.worker({ jobs: [handler], queues: { default: { concurrency } } });
      await worker.start();
      return worker;
    },
    open: async () => (await yard.board.queue("default")).depth,
    completed: store.completed,
    close: async () => {
      await yard.close();
      await store.close();
    },
  };
}
