/** BullMQ through its public calls, on whichever of its backends. */

import type { Queue as BullQueue, Processor, Worker } from "bullmq";
import type { Kind, Payload, Queue } from "../contender.ts";

export const NAME = "bench";

const KINDS = { due: {}, later: { delay: 7_200_000 } } as const;

/** What the classes have in common, whose types tell the backends apart. */
type AnyQueue = Pick<BullQueue, "waitUntilReady" | "add" | "addBulk" | "getJobCounts" | "close">;
type AnyWorker = Pick<Worker, "waitUntilReady" | "close"> & {
  on(event: "error", listener: (error: Error) => void): unknown;
};

/** @param workersOf - so many handlers at once, as one Worker object or several */
export async function queueOn(
  queue: AnyQueue,
  workersOf: (concurrency: number, run: Processor<Payload>) => readonly AnyWorker[],
): Promise<Queue> {
  await queue.waitUntilReady();
  return {
    add: (payload) => queue.add("noop", payload),
    addMany: (payloads, kind) => {
      const opts = optionsOf(kind);
      return queue.addBulk(payloads.map((data) => ({ name: "noop", data, opts })));
    },
    work: async (concurrency, onJob) => {
      const workers = workersOf(concurrency, async ({ data }) => onJob(data));
      for (const worker of workers) worker.on("error", (error) => console.error(error));
      await Promise.all(workers.map((worker) => worker.waitUntilReady()));
      return { stop: () => Promise.all(workers.map((worker) => worker.close())) };
    },
    open: async () => sum(await queue.getJobCounts("waiting", "active", "prioritized", "delayed")),
    completed: async () => sum(await queue.getJobCounts("completed")),
    close: () => queue.close(),
  };
}

/** A worker takes jobs of every name: there is none that it does not know. */
function optionsOf(kind: Kind): { readonly delay?: number } {
  if (kind === "foreign") throw new Error("BullMQ's workers know every job");
  return KINDS[kind];
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);
