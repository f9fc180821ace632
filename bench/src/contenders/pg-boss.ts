/**
 * pg-boss: workers that fetch a batch and complete it as a whole. Its best settings: batches of 500 that follow each
 * other as long as they are full, four workers (one where one handler at a time is asked for), no maintenance beside.
 */

import { PgBoss } from "pg-boss";
import type { Kind, Payload, Queue } from "../contender.ts";
import { counterOn } from "./postgres-counter.ts";

const QUEUES = { due: "bench", later: "bench", foreign: "foreign" } as const satisfies Record<Kind, string>;
const BATCH = 500;
const WORKERS = 4;
/** The shortest that it allows. */
const POLL_S = 0.5;
const IN_TWO_HOURS_S = 7_200;

export async function open(url: string, { notify }: { readonly notify: boolean }): Promise<Queue> {
  const counter = await counterOn(url);
  const boss = new PgBoss({ connectionString: url, supervise: false, schedule: false, useListenNotify: notify });
  boss.on("error", (error) => console.error(error));
  await boss.start();
  for (const name of new Set(Object.values(QUEUES))) await boss.createQueue(name, { notify });
  const count = (states: string): Promise<number> =>
    counter.count(`SELECT count(*) AS n FROM pgboss.job WHERE name = '${QUEUES.due}' AND state ${states}`);
  return {
    add: (payload) => boss.send(QUEUES.due, payload),
    addMany: (payloads, kind) => {
      const options = kind === "later" ? { startAfter: IN_TWO_HOURS_S } : {};
      return boss.insert(
        QUEUES[kind],
        payloads.map((data) => ({ data, ...options })),
      );
    },
    work: async (concurrency, onJob) => {
      const options = {
        batchSize: BATCH,
        localConcurrency: Math.min(WORKERS, concurrency),
        pollingIntervalSeconds: POLL_S,
        notifyPollingIntervalSeconds: POLL_S,
        burstWhenBatchFull: true,
      };
      await boss.work<Payload>(QUEUES.due, options, async (jobs) => {
        for (const { data } of jobs) onJob(data);
      });
      return { stop: () => boss.offWork(QUEUES.due, { wait: true }) };
    },
    open: () => count("< 'completed'"),
    completed: () => count("= 'completed'"),
    close: async () => {
      await boss.stop({ close: true });
      await counter.close();
    },
  };
}
