/** One process of a soak: it produces jobs or works them off, and tells how it is several times a second. */

import { sqliteAdapter } from "@jobyard/adapter-sqlite";
import { createYard, defineJob } from "@jobyard/core";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { EMPTY, type Ledger, withNumber } from "./ledger.ts";
import type { Note, Order, Task } from "./messages.ts";

const NOTE_EVERY_MS = 50;
const BATCH = 250;

interface Payload {
  readonly n: number;
  readonly text: string;
}
/** What comes out of the store is what this tool put in. */
const asItIs: StandardSchemaV1<Payload, Payload> = {
  "~standard": { version: 1, vendor: "soak", validate: (value) => ({ value: value as Payload }) },
};

const task = JSON.parse(process.argv[2] ?? "") as Task;
const yard = createYard({ adapter: sqliteAdapter({ file: task.file, durability: task.durability }) });
const soak = defineJob("soak", { queue: "soak", payload: asItIs });

let ledger: Ledger = EMPTY;
const telling = setInterval(tell, NOTE_EVERY_MS);
const { stop, onOrder } = task.role === "producer" ? produce() : await work();

process.on("message", (order: Order) => {
  if (order.kind === "go") onOrder(order);
  else void end();
});
// Without its parent it has nobody to work for.
const onOrphaned = (): void => process.exit(1);
process.on("disconnect", onOrphaned);

function tell(): void {
  const { rss, heapUsed } = process.memoryUsage();
  process.send?.({ ledger, rss, heap: heapUsed } satisfies Note);
}

async function end(): Promise<void> {
  clearInterval(telling);
  await stop();
  await yard.close();
  tell();
  process.off("disconnect", onOrphaned);
  process.disconnect();
}

interface Part {
  readonly stop: () => Promise<void>;
  readonly onOrder: (order: Extract<Order, { kind: "go" }>) => void;
}

/** Never more than `open` jobs ahead of what is done. */
function produce(): Part {
  const text = "x".repeat(task.payload);
  let order = { done: 0, upTo: 0 };
  let running: Promise<void> | null = null;
  const room = (): number => Math.min(order.upTo, order.done + task.open) - ledger.count;
  const run = async (): Promise<void> => {
    while (room() > 0) {
      const payloads = Array.from({ length: Math.min(BATCH, room()) }, (_, index) => ({
        n: ledger.count + index,
        text,
      }));
      for (const receipt of await yard.enqueueMany(soak, payloads)) if (!receipt.ok) throw new Error(receipt.code);
      for (const { n } of payloads) ledger = withNumber(ledger, n);
      // An enqueue answers without a turn of the event loop, in which orders come.
      await new Promise(setImmediate);
    }
  };
  return {
    stop: async () => {
      order = { done: 0, upTo: 0 };
      await running;
    },
    onOrder: (given) => {
      order = given;
      running ??= run().finally(() => {
        running = null;
      });
    },
  };
}

async function work(): Promise<Part> {
  const worker = yard.worker({
    jobs: [
      soak.handler(({ payload }) => {
        ledger = withNumber(ledger, payload.n);
      }),
    ],
    queues: { soak: { concurrency: 100 } },
    hooks: { onError: (error, doing) => console.error(`${doing}: ${String(error)}`) },
  });
  await worker.start();
  return { stop: () => worker.stop(), onOrder: () => {} };
}
