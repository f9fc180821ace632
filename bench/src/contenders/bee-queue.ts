/**
 * bee-queue: one connection that waits for jobs, one script call for each that is done. Its best settings: no events,
 * no jobs kept in the process, a producer that is no worker.
 */

import BeeQueue from "bee-queue";
import type { Kind, Payload, Queue } from "../contender.ts";

const NAME = "bench";
const IN_TWO_HOURS_MS = 7_200_000;
const STOP_LIMIT_MS = 10_000;

export async function open(url: string): Promise<Queue> {
  const settings = { redis: { url }, getEvents: false, sendEvents: false, storeJobs: false };
  const queue = await opened({ ...settings, isWorker: false });
  const jobOf = (payload: Payload, kind: Kind): BeeQueue.Job<Payload> => {
    if (kind === "foreign") throw new Error("bee-queue has no types of jobs");
    const job = queue.createJob(payload);
    return kind === "later" ? job.delayUntil(Date.now() + IN_TWO_HOURS_MS) : job;
  };
  return {
    add: (payload) => jobOf(payload, "due").save(),
    addMany: async (payloads, kind) => {
      const refused = await queue.saveAll(payloads.map((payload) => jobOf(payload, kind)));
      for (const error of refused.values()) throw error;
    },
    work: async (concurrency, onJob) => {
      const worker = await opened({ ...settings, isWorker: true, activateDelayedJobs: true });
      worker.process(concurrency, async ({ data }) => onJob(data));
      return { stop: () => worker.close(STOP_LIMIT_MS) };
    },
    open: async () => {
      const { waiting, active, delayed, failed } = await queue.checkHealth();
      if (failed > 0) throw new Error(`${failed} jobs failed`);
      return waiting + active + delayed;
    },
    completed: async () => (await queue.checkHealth()).succeeded,
    close: () => queue.close(STOP_LIMIT_MS),
  };
}

function opened(settings: BeeQueue.QueueSettings): Promise<BeeQueue<Payload>> {
  const queue = new BeeQueue<Payload>(NAME, settings);
  queue.on("error", (error) => console.error(error));
  return queue.ready();
}
