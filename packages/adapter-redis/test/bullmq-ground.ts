/** Ours and BullMQ's programs on the same queues of a real server, each as its users have it. */

import type {
  Adapter,
  ClaimRequest,
  Decision,
  Failure,
  Job,
  JobEvent,
  LeasedJob,
  NewJob,
  Settled,
} from "@jobyard/core/adapter";
import { claimRequest, newJob } from "@jobyard/core/testing";
import { type KeysOfTest, newPrefix } from "@jobyard/servers";
import { urlOf } from "@jobyard/servers/vitest";
import { type Processor, Queue, QueueEvents, Worker, type WorkerOptions } from "bullmq";
import { Redis } from "ioredis";
import { inject, onTestFinished } from "vitest";
import { redisAdapter } from "../src/adapter.ts";
import type { Fleet } from "../src/options.ts";

export const QUEUE = "mail";

export interface Yard {
  readonly adapter: Adapter;
  readonly client: Redis;
  readonly url: string;
  readonly prefix: string;
  /** For BullMQ's classes, each on a connection of its own. */
  readonly options: { readonly prefix: string; readonly connection: { readonly url: string } };
  readonly queue: Queue;
  key(name: string, queue?: string): string;
  /** Of BullMQ's, closed with the test. */
  worker(process: Processor | null, options?: Partial<WorkerOptions>, queue?: string): Worker;
  events(queue?: string): Promise<QueueEvents>;
}

/** Under a prefix of its own, with which everything goes at the end. */
export async function openYard(fleet: Fleet = "v6"): Promise<Yard> {
  const [server] = inject("redis");
  if (server === undefined) throw new Error("no Redis was provided");
  const url = urlOf(server);
  const keys: KeysOfTest = newPrefix(url);
  const { prefix } = keys;
  const client = new Redis(url);
  const adapter = redisAdapter({ url, prefix, fleet });
  const options = { prefix, connection: { url } };
  const queue = new Queue(QUEUE, options);
  const open: { close(): Promise<unknown> }[] = [adapter, queue];
  onTestFinished(async () => {
    await Promise.all(open.map((one) => one.close()));
    client.disconnect();
    await keys.remove();
  });
  await queue.waitUntilReady();
  return {
    ...{ adapter, client, url, prefix, options, queue },
    key: (name, of = QUEUE) => `${prefix}:${of}:${name}`,
    worker: (process, more, of = QUEUE) => {
      // Processors are functions here; no processor, and jobs are asked for one by one.
      const worker = new Worker(of, process as Processor, { ...options, autorun: process !== null, ...more });
      worker.on("error", () => {});
      // Some have jobs that never end.
      open.push({ close: () => worker.close(true) });
      return worker;
    },
    events: async (of = QUEUE) => {
      const events = new QueueEvents(of, { ...options, lastEventId: "0-0" });
      open.push(events);
      await events.waitUntilReady();
      return events;
    },
  };
}

/** Claims of ours know every type that these tests use. */
const TYPES = ["greet", "flaky", "parent", "child", "tick"].map((name) => ({ name, maxVersion: 1 }));

const takes = (max: number, over: Partial<ClaimRequest>, queue: string): ClaimRequest =>
  claimRequest(`token-${++tokens}`, { max, queues: [{ queue, max, types: TYPES }], ...over });
let tokens = 0;

export async function claimJobs(
  yard: Yard,
  max: number,
  over: Partial<ClaimRequest> = {},
  queue: string = QUEUE,
): Promise<readonly LeasedJob[]> {
  return (await yard.adapter.leaser.claim(takes(max, over, queue))).jobs;
}

export const settleAll = (
  yard: Yard,
  jobs: readonly LeasedJob[],
  decision: Decision | ((job: LeasedJob) => Decision),
): Promise<readonly Settled[]> =>
  yard.adapter.leaser.settle(
    jobs.map((job) => ({
      ...{ lease: job.lease, guard: "held" },
      decision: typeof decision === "function" ? decision(job) : decision,
    })),
  );

export const complete = (result: string | null = null): Decision => ({ move: "complete", result });
export const failure = (message = "boom"): Failure => ({ code: "HANDLER_ERROR", message, stack: `Error: ${message}` });
export const retry = (delayMs = 0): Decision => ({ move: "retry", delayMs, failure: failure() });
export const bury = (message?: string): Decision => ({ move: "bury", failure: failure(message) });

export async function jobOf({ adapter }: Yard, id: string | undefined, queue: string = QUEUE): Promise<Job> {
  const [job] = await adapter.reader.get([{ queue, id: id ?? "" }]);
  if (!job) throw new Error(`no job ${id}`);
  return job;
}

export async function eventsOf(
  { adapter }: Yard,
  id: string | undefined,
  queue: string = QUEUE,
): Promise<readonly JobEvent[]> {
  return (await adapter.reader.events({ queue, id: id ?? "" }, 0, 100)) ?? [];
}

export const accepts = async (yard: Yard, ...jobs: readonly NewJob[]): Promise<void> => {
  await yard.adapter.writer.enqueue(jobs);
};

export { newJob };
