/**
 * graphile-worker: claims and completes job by job as it comes. `batched` takes its local queue and completes in
 * batches, with the sizes that a search by hand has found best for so many handlers. It deletes finished jobs.
 */

import { Logger, makeWorkerUtils, run } from "graphile-worker";
import pg from "pg";
import type { Kind, Payload, Queue } from "../contender.ts";
import { counterOn } from "./postgres-counter.ts";

const TYPE = "noop";
const POOL = 20;
const IN_TWO_HOURS_MS = 7_200_000;
/** From so many handlers on, the larger batches are the faster ones. */
const MANY = 100;

const silent = new Logger(() => (level, message) => {
  if (level === "error") console.error(message);
});

const specOf = (payload: Payload, kind: Kind) => ({
  identifier: kind === "foreign" ? "foreign" : TYPE,
  payload,
  ...(kind === "later" ? { runAt: new Date(Date.now() + IN_TWO_HOURS_MS) } : {}),
});

const batches = (concurrency: number) =>
  concurrency < MANY
    ? { localQueue: { size: 500 }, completeJobBatchDelay: 0 }
    : { localQueue: { size: 2_000 }, completeJobBatchDelay: 5 };

export async function open(url: string, { batched }: { readonly batched: boolean }): Promise<Queue> {
  const counter = await counterOn(url);
  const pool = poolOn(url);
  const utils = await makeWorkerUtils({ pgPool: pool, logger: silent });
  await utils.migrate();
  return {
    add: (payload) => utils.addJob(TYPE, payload),
    addMany: (payloads, kind) => utils.addJobs(payloads.map((payload) => specOf(payload, kind))),
    work: async (concurrency, onJob) => {
      const settings = batched ? batches(concurrency) : {};
      const task = async (payload: unknown): Promise<void> => onJob(payload as Payload);
      return run({
        preset: { worker: { logger: silent, concurrentJobs: concurrency, ...settings } },
        pgPool: pool,
        taskList: { [TYPE]: task },
        noHandleSignals: true,
      });
    },
    open: () => counter.count("SELECT count(*) AS n FROM graphile_worker._private_jobs"),
    completed: async () => null,
    close: async () => {
      await utils.release();
      await pool.end();
      await counter.close();
    },
  };
}

/** It wants the errors of idle connections to be listened to. */
function poolOn(url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: POOL });
  const tell = (error: Error): void => console.error(error);
  return pool.on("error", tell).on("connect", (client) => client.on("error", tell));
}
