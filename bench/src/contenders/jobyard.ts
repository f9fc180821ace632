/** Jobyard through its public calls, with its defaults but for the durability that is compared. */

import { sqliteAdapter } from "@jobyard/adapter-sqlite";
import { createYard, defineJob } from "@jobyard/core";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import Database from "better-sqlite3";
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

export async function open(file: string, durability: "crash" | "power"): Promise<Queue> {
  const yard = createYard({ adapter: sqliteAdapter({ file, durability }) });
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
    completed: async () => completedIn(file),
    close: () => yard.close(),
  };
}

/** Asked of the file itself: our own counts stop at a bound. */
function completedIn(file: string): number {
  const database = new Database(file, { readonly: true });
  try {
    return Number(database.prepare("SELECT count(*) FROM jobyard_job WHERE state = 'completed'").pluck().get());
  } finally {
    database.close();
  }
}
