/** The yard: one store, and what people do with it. Enqueues here; work and the board are made in their own files. */

import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { NewJob } from "../../contract/adapter.ts";
import { DEFAULTS } from "../../nouns/defaults.ts";
import { definitionOf } from "../../nouns/define.ts";
import type { EnqueueOptions, JobDefinition } from "../../nouns/definition.ts";
import { type Issue, isQueueError, QueueError } from "../../nouns/errors.ts";
import type { JsonText } from "../../nouns/job.ts";
import { checkName } from "../../nouns/names.ts";
import { badOption, checkInteger, checkJobOptions, checkKnown } from "../../nouns/options.ts";
import { type Ports, systemPorts } from "../../nouns/ports.ts";
import { createBoard } from "../board/board.ts";
import type { RawJob, Worker, Yard, YardOptions } from "../surface.ts";
import { createWorker } from "../worker/worker.ts";
import { newJob } from "./new-job.ts";
import { checkSize, payloadInvalid, printIssue, type TextRule, toJsonText, validate } from "./payload.ts";
import { checkTransactions, createProducer, toBulkReceipt, toReceipt } from "./producer.ts";

/**
 * A yard over an adapter that is open. `openYard(url)` of the package `jobyard` finds and opens the adapter too.
 *
 * @throws QueueError `BAD_OPTION`
 */
export function createYard(options: YardOptions): Yard {
  checkKnown(options, ["adapter", "ports", "maxPayloadBytes"], "createYard");
  const { adapter, ports = systemPorts } = options;
  const maxBytes = checkInteger(
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
    if (closing !== null) throw new QueueError("STORE_CLOSED", "");
  };
  const checkTx = (tx: unknown): void => {
    if (tx !== undefined) checkTransactions(adapter);
  };

  return {
    adapter,
    board: createBoard(adapter, ports, { maxPayloadBytes: maxBytes }),

    enqueue: async (type, payload, callOptions) => {
      checkOpen();
      const job = await prepare({ ports, maxBytes }, definitionOf(type), payload, callOptions);
      checkTx(callOptions?.tx);
      return toReceipt(await producer.one(job, callOptions?.tx), callOptions?.jobId === undefined);
    },

    enqueueMany: async (type, payloads, callOptions) => {
      checkOpen();
      const definition = definitionOf(type);
      if (callOptions !== undefined && "jobId" in callOptions)
        throw badOption("jobId", "one id cannot name many jobs; enqueue them one by one");
      checkTx(callOptions?.tx);
      const jobs = await allOrFaults(payloads, (payload) =>
        prepare({ ports, maxBytes }, definition, payload, callOptions),
      );
      return (await producer.many(jobs, callOptions?.tx)).map((receipt) => toBulkReceipt(receipt, true));
    },

    enqueueRaw: async (raw) => {
      checkOpen();
      const jobs = await allOrFaults(raw, async (job) => prepareRaw({ ports, maxBytes }, job));
      for (const { options: own } of raw) checkTx(own?.tx);
      const receipts = await Promise.all(jobs.map((job, index) => producer.one(job, raw[index]?.options?.tx)));
      return receipts.map((receipt, index) => toBulkReceipt(receipt, raw[index]?.options?.jobId === undefined));
    },

    worker: (workerOptions) => {
      checkOpen();
      const worker = createWorker({ adapter, ports, maxPayloadBytes: maxBytes }, workerOptions);
      workers.add(worker);
      return worker;
    },

    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** What every preparation of a job needs to know of its yard. */
interface Limits {
  readonly ports: Ports;
  readonly maxBytes: number;
}

async function prepare<S extends StandardSchemaV1>(
  { ports, maxBytes }: Limits,
  definition: JobDefinition<S>,
  payload: StandardSchemaV1.InferInput<S>,
  options: EnqueueOptions | undefined,
): Promise<NewJob> {
  const answer = validate(definition.payload, payload);
  const checked = answer instanceof Promise ? await answer : answer;
  if (!checked.ok) throw payloadInvalid(definition.name, checked.issues);
  return newJob({
    type: definition,
    payload: toJsonText(payload, payloadRule(definition.name, maxBytes)),
    options,
    dedupe: options?.dedupe === undefined ? (definition.dedupe?.(payload) ?? null) : null,
    parent: null,
    id: ports.newId(),
  });
}

function prepareRaw({ ports, maxBytes }: Limits, { name, payload, version, options }: RawJob): NewJob {
  const type = {
    name: checkName(name, "name"),
    queue: DEFAULTS.queue,
    version: version === undefined ? 1 : checkInteger(version, 1, Number.MAX_SAFE_INTEGER, "version"),
    options: checkJobOptions({}),
  };
  const text = checkSize(checkJson(payload, name), payloadRule(name, maxBytes));
  return newJob({ type, payload: text, options, dedupe: null, parent: null, id: ports.newId() });
}

const payloadRule = (subject: string, maxBytes: number): TextRule => ({
  subject,
  maxBytes,
  unserialisable: "PAYLOAD_UNSERIALISABLE",
  tooLarge: "PAYLOAD_TOO_LARGE",
});

function checkJson(text: JsonText, subject: string): JsonText {
  try {
    JSON.parse(text);
    return text;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new QueueError("PAYLOAD_INVALID", `${subject}: not JSON: ${message}`, {
      issues: [{ path: "", message }],
      cause,
    });
  }
}

/** All jobs, or one error that tells every fault with the index of its job. */
async function allOrFaults<T>(items: readonly T[], make: (item: T) => Promise<NewJob>): Promise<readonly NewJob[]> {
  const jobs: NewJob[] = [];
  const faults: { readonly index: number; readonly error: QueueError }[] = [];
  for (const [index, item] of items.entries()) {
    try {
      jobs.push(await make(item));
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
