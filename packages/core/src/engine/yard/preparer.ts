/** The jobs of an enqueue, checked and ready to be written: by a yard into its store, or by whoever writes elsewhere. */

import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { NewJob } from "../../contract/adapter.ts";
import { DEFAULTS } from "../../nouns/defaults.ts";
import { definitionOf } from "../../nouns/define.ts";
import type { Defined, EnqueueOptions } from "../../nouns/definition.ts";
import { type Issue, isQueueError, QueueError } from "../../nouns/errors.ts";
import { badOption, checkInteger } from "../../nouns/options.ts";
import type { Ports } from "../../nouns/ports.ts";
import type { RawJob } from "../surface.ts";
import { printIssue } from "./payload.ts";
import { jobMaker, type Origin, prepareRaw } from "./prepare.ts";

/** What each throws is what the call of the same name of a yard throws, but for what only a store can find. */
export interface Preparer {
  /** At once if the type's schema answers at once. */
  one<S extends StandardSchemaV1>(
    job: Defined<S>,
    payload: StandardSchemaV1.InferInput<S>,
    options: EnqueueOptions | undefined,
  ): NewJob | Promise<NewJob>;
  many<S extends StandardSchemaV1>(
    job: Defined<S>,
    payloads: readonly StandardSchemaV1.InferInput<S>[],
    options: EnqueueOptions | undefined,
  ): Promise<readonly NewJob[]>;
  raw(jobs: readonly RawJob[]): Promise<readonly NewJob[]>;
}

export interface PreparerOptions {
  /** Makes the ids of jobs that bring none. */
  readonly ports: Ports;
  /** Default 1 MiB, at most 8 MiB. */
  readonly maxPayloadBytes?: number | undefined;
}

/** @throws QueueError `BAD_OPTION` */
export function createPreparer({ ports, ...options }: PreparerOptions): Preparer {
  const maxPayloadBytes = checkMaxPayloadBytes(options.maxPayloadBytes);
  const newcomer = (): Origin => ({ id: ports.newId(), parent: null });
  return {
    one: (job, payload, callOptions) => jobMaker(definitionOf(job), callOptions, maxPayloadBytes)(payload, newcomer()),

    many: async (job, payloads, callOptions) => {
      const definition = definitionOf(job);
      if (callOptions !== undefined && "jobId" in callOptions)
        throw badOption("jobId", "one id cannot name many jobs; enqueue them one by one");
      const make = jobMaker(definition, callOptions, maxPayloadBytes);
      return allOrFaults(payloads, (payload) => make(payload, newcomer()));
    },

    raw: (jobs) => allOrFaults(jobs, (job) => prepareRaw(job, maxPayloadBytes, newcomer())),
  };
}

/** @throws QueueError `BAD_OPTION` */
export const checkMaxPayloadBytes = (bytes: number = DEFAULTS.maxPayloadBytes): number =>
  checkInteger(bytes, 1, DEFAULTS.maxPayloadBytesLimit, "maxPayloadBytes");

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
