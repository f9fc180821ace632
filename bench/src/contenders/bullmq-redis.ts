/** BullMQ on Redis: one Worker object with all handlers, or several that share the queue. */

import { Queue as BullQueue, Worker } from "bullmq";
import type { Queue } from "../contender.ts";
import { NAME, queueOn } from "./bullmq.ts";

/** @param workers - objects, each with so many handlers at once as are asked for */
export async function open(url: string, { workers }: { readonly workers: number }): Promise<Queue> {
  const connection = { url, maxRetriesPerRequest: null };
  return queueOn(new BullQueue(NAME, { connection }), (concurrency, run) =>
    Array.from({ length: workers }, () => new Worker(NAME, run, { connection, concurrency })),
  );
}
