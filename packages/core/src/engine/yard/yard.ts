/** The yard: one store, and what people do with it. Enqueues here; work and the board are made in their own files. */

import type { NewJob } from "../../contract/adapter.ts";
import { DEFAULTS } from "../../nouns/defaults.ts";
import { definitionOf } from "../../nouns/define.ts";
import { type Issue, isQueueError, QueueError } from "../../nouns/errors.ts";
import { badOption, checkInteger, checkKnown } from "../../nouns/options.ts";
import { systemPorts } from "../../nouns/ports.ts";
import { createBoard } from "../board/board.ts";
import type { Worker, Yard, YardOptions } from "../surface.ts";
import { createWorker } from "../worker/worker.ts";
import { printIssue } from "./payload.ts";
import { jobMaker, type Origin, prepareRaw } from "./prepare.ts";
import { checkTransactions, createProducer, toBulkReceipt, toReceipt } from "./producer.ts";

/**
 * A yard over an adapter that is open. `openYard(url)` of the package `jobyard` finds and opens the adapter too.
 *
 * @throws QueueError `BAD_OPTION`
 */
export function createYard(options: YardOptions): Yard {
  checkKnown(options, ["adapter", "ports", "maxPayloadBytes"], "createYard");
  const { adapter, ports = systemPorts } = options;
  const maxPayloadBytes = checkInteger(
    options.maxPayloadBytes ?? DEFAULTS.maxPayloadBytes,
    1,
    DEFAULTS.maxPayloadBytesLimit,
    "maxPayloadBytes",
  );
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
  const newcomer = (): Origin => ({ id: ports.newId(), parent: null });
  const checkTx = (tx: unknown): void => {
    if (tx !== undefined) checkTransactions(adapter);
  };

  return {
    adapter,
    board: createBoard(adapter, ports, { maxPayloadBytes }),

    enqueue: async (type, payload, callOptions) => {
      checkOpen();
      const make = jobMaker(definitionOf(type), callOptions, maxPayloadBytes);
      const job = await make(payload, newcomer());
      checkTx(callOptions?.tx);
      return toReceipt(await producer.one(job, callOptions?.tx), callOptions?.jobId === undefined);
    },

    enqueueMany: async (type, payloads, callOptions) => {
      checkOpen();
      const definition = definitionOf(type);
      if (callOptions !== undefined && "jobId" in callOptions)
        throw badOption("jobId", "one id cannot name many jobs; enqueue them one by one");
      checkTx(callOptions?.tx);
      const make = jobMaker(definition, callOptions, maxPayloadBytes);
      const jobs = await allOrFaults(payloads, (payload) => make(payload, newcomer()));
      return (await producer.many(jobs, callOptions?.tx)).map((receipt) => toBulkReceipt(receipt, true));
    },

    enqueueRaw: async (raw) => {
      checkOpen();
      const jobs = await allOrFaults(raw, (job) => prepareRaw(job, maxPayloadBytes, newcomer()));
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

/** All jobs, or one error that tells every fault with the index of its job. */
async function allOrFaults<T>(
  items: readonly T[],
  make: (item: T) => NewJob | Promise<NewJob>,
): Promise<readonly NewJob[]> {
  const jobs: NewJob[] = [];
  const faults: { readonly index: number; readonly error: QueueError }[] = [];
  for (let index = 0; index < items.length; index++) {
    try {
      const made = make(items[index] as T);
      jobs.push(made instanceof Promise ? await made : made);
    } catch (error) {
      if (!isQueueError(error)) throw error;
      faults.push({ index, error });
    }
  }
  if (faults.length === 0) return jobs;
  if (items.length === 1) throw (faults[0] as { readonly error: QueueError }).error;
  throw together(faults);
}

function together(faults: readonly { readonly index: number; readonly error: QueueError }[]): QueueError {
  const issues: Issue[] = faults.flatMap(({ index, error }) =>
    error.issues.length > 0
      ? error.issues.map(({ path, message }) => ({ path: path === "" ? `${index}` : `${index}.${path}`, message }))
      : [{ path: `${index}`, message: error.message }],
  );
  const codes = new Set(faults.map(({ error }) => error.code));
  const [code] = codes.size === 1 ? [...codes] : (["PAYLOAD_INVALID"] as const);
  return new QueueError(code ?? "PAYLOAD_INVALID", issues.slice(0, MAX_PRINTED).map(printIssue).join("; "), { issues });
}

/** All faults are in `issues`; the text names that many. */
const MAX_PRINTED = 20;
