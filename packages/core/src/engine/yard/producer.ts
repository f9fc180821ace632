/** Enqueues on their way to the store: coalesced, unless they travel in a transaction of the caller's own. */

import type { Adapter, NewJob, Receipt } from "../../contract/adapter.ts";
import { DEFAULTS } from "../../nouns/defaults.ts";
import { QueueError, QueueFullError } from "../../nouns/errors.ts";
import type { BulkReceipt, EnqueueReceipt } from "../surface.ts";
import { createCoalescer } from "./coalescer.ts";
import { isStoreDown } from "./store-errors.ts";

/** Jobs per call of the store: large enough to be cheap, small enough to block nobody for long. */
const MAX_BATCH = 1_000;

export interface Producer {
  /** Joins what else is enqueued in this turn of the event loop. */
  one(job: NewJob, tx?: unknown): Promise<Receipt>;
  /** Not coalesced: these travel in batches of 1,000 as they are. */
  many(jobs: readonly NewJob[], tx?: unknown): Promise<readonly Receipt[]>;
  flushed(): Promise<void>;
}

export function createProducer(adapter: Adapter): Producer {
  const { writer } = adapter;
  const coalescer = createCoalescer<NewJob, Receipt>({
    send: (jobs) => writer.enqueue(jobs),
    maxBatch: MAX_BATCH,
    alone: (error) => !isStoreDown(error),
  });

  const many = async (jobs: readonly NewJob[], tx?: unknown): Promise<readonly Receipt[]> => {
    const receipts: Receipt[] = [];
    for (let from = 0; from < jobs.length; from += MAX_BATCH) {
      const chunk = jobs.slice(from, from + MAX_BATCH);
      receipts.push(...(await writer.enqueue(chunk, tx === undefined ? undefined : { tx })));
    }
    return receipts;
  };

  return {
    many,
    one: async (job, tx) => (tx === undefined ? coalescer.add(job) : ((await many([job], tx))[0] as Receipt)),
    flushed: coalescer.flushed,
  };
}

/** @throws QueueError `CAPABILITY_MISSING` */
export function checkTransactions(adapter: Adapter): void {
  if (!adapter.capabilities.transactions)
    throw new QueueError("CAPABILITY_MISSING", `tx on ${adapter.name}`, { field: "tx" });
}

/**
 * @param fresh - the id was made for this call, so that a holder of it can only be our own earlier try
 * @throws QueueError `ID_CONFLICT`, `QUEUE_FULL`
 */
export function toReceipt(receipt: Receipt, fresh: boolean): EnqueueReceipt {
  const answer = toBulkReceipt(receipt, fresh);
  if (answer.ok) {
    const { queue, id, state, duplicate } = answer;
    return { queue, id, state, duplicate };
  }
  if (answer.code === "QUEUE_FULL") throw new QueueFullError(answer.ref.queue, DEFAULTS.queueFullRetryMs);
  throw new QueueError("ID_CONFLICT", `${answer.ref.queue}/${answer.ref.id}`, { field: "jobId" });
}

export function toBulkReceipt(receipt: Receipt, fresh: boolean): BulkReceipt {
  const { queue, id } = receipt.ref;
  switch (receipt.outcome) {
    case "full":
      return { ok: false, code: "QUEUE_FULL", ref: { queue, id }, retryAfterMs: DEFAULTS.queueFullRetryMs };
    case "conflict":
      return { ok: false, code: "ID_CONFLICT", ref: { queue, id }, retryAfterMs: null };
    default:
      return { ok: true, queue, id, state: receipt.state, duplicate: isDuplicate(receipt, fresh) };
  }
}

const isDuplicate = (receipt: Receipt, fresh: boolean): boolean =>
  receipt.outcome === "duplicate" && !(fresh && receipt.by === "id");
