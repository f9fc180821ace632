/** One job, ready for a store, from its type and what a person passes: for producers and follow-ups alike. */

import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { NewJob } from "../../contract/adapter.ts";
import { DEFAULTS } from "../../nouns/defaults.ts";
import type { EnqueueOptions, JobDefinition } from "../../nouns/definition.ts";
import type { Parent } from "../../nouns/job.ts";
import { checkName } from "../../nouns/names.ts";
import { checkInteger, checkJobOptions } from "../../nouns/options.ts";
import type { RawJob } from "../surface.ts";
import { newJob } from "./new-job.ts";
import { checkJson, checkSize, payloadInvalid, payloadRule, toJsonText, validate } from "./payload.ts";

export interface Circumstances {
  readonly maxPayloadBytes: number;
  /** Taken if the options have no `jobId`. */
  readonly id: string;
  readonly parent: Parent | null;
}

/**
 * @throws QueueError `PAYLOAD_INVALID`, `PAYLOAD_UNSERIALISABLE`, `PAYLOAD_TOO_LARGE`, `BAD_NAME`, `BAD_OPTION`,
 *   `BAD_DURATION`; and whatever the schema itself, or the type's `dedupe`, throws
 */
export async function prepareJob<S extends StandardSchemaV1>(
  definition: JobDefinition<S>,
  payload: StandardSchemaV1.InferInput<S>,
  options: EnqueueOptions | undefined,
  { maxPayloadBytes, id, parent }: Circumstances,
): Promise<NewJob> {
  const answer = validate(definition.payload, payload);
  const checked = answer instanceof Promise ? await answer : answer;
  if (!checked.ok) throw payloadInvalid(definition.name, checked.issues);
  return newJob({
    type: definition,
    payload: toJsonText(payload, payloadRule(definition.name, maxPayloadBytes)),
    options,
    dedupe: options?.dedupe === undefined ? (definition.dedupe?.(payload) ?? null) : null,
    parent,
    id,
  });
}

/** For a type that is known by name only: the text is stored as it is. @throws as {@link prepareJob} */
export function prepareRaw(
  { name, payload, version, options }: RawJob,
  { maxPayloadBytes, id, parent }: Circumstances,
): NewJob {
  const type = {
    name: checkName(name, "name"),
    queue: DEFAULTS.queue,
    version: version === undefined ? 1 : checkInteger(version, 1, Number.MAX_SAFE_INTEGER, "version"),
    options: checkJobOptions({}),
  };
  const text = checkSize(checkJson(payload, name), payloadRule(name, maxPayloadBytes));
  return newJob({ type, payload: text, options, dedupe: null, parent, id });
}
