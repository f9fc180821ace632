/** One job, ready for a store, from its type and what a person passes: for producers and follow-ups alike. */

import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { NewJob } from "../../contract/adapter.ts";
import { DEFAULTS } from "../../nouns/defaults.ts";
import { definitionOf } from "../../nouns/define.ts";
import type { CheckedOptions, DedupeOption, EnqueueOptions, JobDefinition } from "../../nouns/definition.ts";
import type { Parent } from "../../nouns/job.ts";
import { checkName } from "../../nouns/names.ts";
import { badOption, checkInteger, checkJobOptions } from "../../nouns/options.ts";
import type { RawJob } from "../surface.ts";
import { type JobForm, jobForm, newJob } from "./new-job.ts";
import { type Checked, checkSize, parseJson, payloadInvalid, payloadRule, toJsonText, validate } from "./payload.ts";

/** What differs from job to job besides the payload. */
export interface Origin {
  /** Taken if the options have no `jobId`. */
  readonly id: string;
  readonly parent: Parent | null;
}

export type JobMaker<S extends StandardSchemaV1> = (
  payload: StandardSchemaV1.InferInput<S>,
  origin: Origin,
) => NewJob | Promise<NewJob>;

/**
 * For the jobs of one call: what they share is checked here, once.
 *
 * What it makes throws QueueError `PAYLOAD_INVALID`, `PAYLOAD_UNSERIALISABLE`, `PAYLOAD_TOO_LARGE`, and whatever the
 * schema itself, or the type's `dedupe`, throws. It answers at once if the schema does: a bulk enqueue is not to wait
 * a turn for each of its jobs.
 *
 * @throws QueueError `BAD_NAME`, `BAD_OPTION`, `BAD_DURATION`
 */
export function jobMaker<S extends StandardSchemaV1>(
  definition: JobDefinition<S>,
  options: EnqueueOptions | undefined,
  maxPayloadBytes: number,
): JobMaker<S> {
  const form = jobForm(definition, options);
  const rule = payloadRule(definition.name, maxPayloadBytes);
  const make = (payload: StandardSchemaV1.InferInput<S>, checked: Checked, { id, parent }: Origin): NewJob => {
    assertValid(definition, checked);
    return newJob(form, {
      payload: toJsonText(payload, rule),
      dedupe: dedupeOf(definition, form, payload),
      parent,
      id,
    });
  };
  return (payload, origin) => {
    const answer = validate(definition.payload, payload);
    return answer instanceof Promise
      ? answer.then((checked) => make(payload, checked, origin))
      : make(payload, answer, origin);
  };
}

/** The type's own, asked for only if the call has none. */
const dedupeOf = (definition: JobDefinition, form: JobForm, payload: unknown): DedupeOption | null =>
  form.dedupe === null ? (definition.dedupe?.(payload) ?? null) : null;

/**
 * For a payload that is text already, which is stored as it is.
 *
 * @throws as {@link jobMaker} and what it makes
 */
export async function prepareRaw(raw: RawJob, maxPayloadBytes: number, { id, parent }: Origin): Promise<NewJob> {
  const { name, payload, version, options } = raw;
  const definition = raw.definition && definitionOf(raw.definition);
  if (definition && definition.name !== name)
    throw badOption("definition", `of ${definition.name}, and not of ${name}`);
  const text = checkSize(payload, payloadRule(name, maxPayloadBytes));
  const value = parseJson(text, name);
  if (definition) assertValid(definition, await validate(definition.payload, value));
  const type = definition ?? { name: checkName(name, "name"), queue: DEFAULTS.queue, version: 1, options: NO_OPTIONS };
  const form = jobForm(version === undefined ? type : { ...type, version: checkVersion(version) }, options);
  const dedupe = definition === undefined ? null : dedupeOf(definition, form, value);
  return newJob(form, { payload: text, dedupe, parent, id });
}

/**
 * Everything that an enqueue would find wrong with the job, without a store: for files that are checked as a whole
 * before their first line is written.
 *
 * @throws as {@link prepareRaw}
 */
export async function checkRawJob(
  raw: RawJob,
  { maxPayloadBytes = DEFAULTS.maxPayloadBytes }: { readonly maxPayloadBytes?: number } = {},
): Promise<void> {
  await prepareRaw(raw, maxPayloadBytes, { id: "unused", parent: null });
}

const NO_OPTIONS: CheckedOptions = checkJobOptions({});

const checkVersion = (version: number): number => checkInteger(version, 1, Number.MAX_SAFE_INTEGER, "version");

function assertValid({ name }: JobDefinition, checked: Checked): void {
  if (!checked.ok) throw payloadInvalid(name, checked.issues);
}
