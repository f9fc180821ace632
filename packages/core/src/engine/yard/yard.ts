/** The yard: one store, and what people do with it. Enqueues here; work and the board are made in their own files. */

import { QueueError } from "../../nouns/errors.ts";
import { checkKnown } from "../../nouns/options.ts";
import { systemPorts } from "../../nouns/ports.ts";
import { createBoard } from "../board/board.ts";
import type { Worker, Yard, YardOptions } from "../surface.ts";
import { createWorker } from "../worker/worker.ts";
import { checkMaxPayloadBytes, createPreparer } from "./preparer.ts";
import { checkTransactions, createProducer, toBulkReceipt, toReceipt } from "./producer.ts";

/**
 * A yard over an adapter that is open. `openYard(url)` of the package `jobyard` finds and opens the adapter too.
 *
 * @throws QueueError `BAD_OPTION`
 */
export function createYard(options: YardOptions): Yard {
  checkKnown(options, ["adapter", "ports", "maxPayloadBytes"], "createYard");
  const { adapter, ports = systemPorts } = options;
  const maxPayloadBytes = checkMaxPayloadBytes(options.maxPayloadBytes);
  const preparer = createPreparer({ ports, maxPayloadBytes });
  const producer = createProducer(adapter);
  const workers = new Set<Worker>();
  let closing: Promise<void> | null = null;

  const close = async (): Promise<void> => {
    await Promise.all([...workers].map((worker) => worker.stop()));
    await producer.flushed();
    await adapter.close();
  };
  const checkOpen = (): void => {
    // Handlers run on while their workers stop, and may need it.
    const isOver = closing !== null && [...workers].every(({ status }) => status.state === "stopped");
    if (isOver) throw new QueueError("STORE_CLOSED", "");
  };
  const checkTx = (tx: unknown): void => {
    if (tx !== undefined) checkTransactions(adapter);
  };

  return {
    adapter,
    board: createBoard(adapter, ports, { maxPayloadBytes }),

    enqueue: async (type, payload, callOptions) => {
      checkOpen();
      const job = await preparer.one(type, payload, callOptions);
      checkTx(callOptions?.tx);
      return toReceipt(await producer.one(job, callOptions?.tx), callOptions?.jobId === undefined);
    },

    enqueueMany: async (type, payloads, callOptions) => {
      checkOpen();
      const jobs = await preparer.many(type, payloads, callOptions);
      checkTx(callOptions?.tx);
      return (await producer.many(jobs, callOptions?.tx)).map((receipt) => toBulkReceipt(receipt, true));
    },

    enqueueRaw: async (raw) => {
      checkOpen();
      const jobs = await preparer.raw(raw);
      for (const { options: own } of raw) checkTx(own?.tx);
      const receipts = await Promise.all(jobs.map((job, index) => producer.one(job, raw[index]?.options?.tx)));
      return receipts.map((receipt, index) => toBulkReceipt(receipt, raw[index]?.options?.jobId === undefined));
    },

    worker: (workerOptions) => {
      if (closing !== null) throw new QueueError("STORE_CLOSED", "");
      const worker = createWorker({ adapter, ports, maxPayloadBytes }, workerOptions);
      workers.add(worker);
      return worker;
    },

    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
