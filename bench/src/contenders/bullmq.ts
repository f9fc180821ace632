/** BullMQ on its own Postgres backend. Its best setting: a pool of 40 connections. */

import { Queue as BullQueue, createPostgresBackend, Worker } from "bullmq";
import type { Payload, Queue } from "../contender.ts";

const NAME = "bench";
const POOL = 40;

export async function open(url: string): Promise<Queue> {
  const connection = { connectionString: url, max: POOL, migrate: true };
  const queue = new BullQueue(NAME, { connection }, createPostgresBackend);
  await queue.waitUntilReady();
  return {
    add: (payload) => queue.add("noop", payload),
    addMany: (payloads, kind) => {
      if (kind !== "due") throw new Error(`${kind} is not played here`);
      return queue.addBulk(payloads.map((data) => ({ name: "noop", data })));
    },
    work: async (concurrency, onJob) => {
      const run = async ({ data }: { readonly data: Payload }): Promise<void> => onJob(data);
      const worker = new Worker(NAME, run, { connection, concurrency }, createPostgresBackend);
      worker.on("error", (error) => console.error(error));
      await worker.waitUntilReady();
      return { stop: () => worker.close() };
    },
    open: async () => sum(await queue.getJobCounts("waiting", "active", "prioritized", "delayed")),
    completed: async () => sum(await queue.getJobCounts("completed")),
    close: () => queue.close(),
  };
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);
