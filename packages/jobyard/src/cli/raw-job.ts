/**
 * A job as the command line gives it: the payload's text as it was written, with the options of the
 * job type, if a module defines it, beneath those of the command.
 */

import {
  type Backoff,
  type BackoffOption,
  DEFAULTS,
  type EnqueueOptions,
  type JobDefinition,
  QueueError,
  type RawJob,
} from "@jobyard/core";
import { byteLength } from "@jobyard/core/adapter";
import { checkJson } from "./options.ts";

/** What the flags say; a flag that was not given is not there. */
export type Flags = Pick<
  EnqueueOptions,
  "queue" | "jobId" | "delay" | "runAt" | "priority" | "maxAttempts" | "dedupe" | "tags"
>;

/**
 * @param where - named in errors: `the payload`, or a line of a file
 * @throws QueueError `PAYLOAD_INVALID` if it is not JSON, or does not match the definition's schema; `PAYLOAD_TOO_LARGE`
 */
export async function rawJob(
  name: string,
  payload: string,
  where: string,
  flags: Flags,
  definition: JobDefinition | null,
): Promise<RawJob> {
  const value = checkJson(payload, where);
  const bytes = byteLength(payload);
  if (bytes > DEFAULTS.maxPayloadBytes)
    throw new QueueError("PAYLOAD_TOO_LARGE", `${where} has ${bytes} bytes, and may have ${DEFAULTS.maxPayloadBytes}`);
  if (!definition) return { name, payload, options: flags };
  await checkAgainst(definition, value);
  const dedupe = definition.dedupe?.(value);
  const options = { queue: definition.queue, ...optionsOf(definition), ...(dedupe && { dedupe }), ...flags };
  return { name, payload, version: definition.version, options };
}

async function checkAgainst({ name, payload }: JobDefinition, value: unknown): Promise<void> {
  const { issues = [] } = await payload["~standard"].validate(value);
  if (issues.length === 0) return;
  const told = issues.map(({ path, message }) => ({ path: pathText(path), message }));
  const text = told.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ");
  throw new QueueError("PAYLOAD_INVALID", `${name}: ${text}`, { issues: told });
}

/** The parts of a Standard Schema path are keys, or objects that hold one. */
const pathText = (path: readonly (PropertyKey | { readonly key: PropertyKey })[] = []): string =>
  path.map((part) => String(typeof part === "object" ? part.key : part)).join(".");

/** A definition's checked options in the form in which they are given to `enqueue`. */
function optionsOf({ options }: JobDefinition): EnqueueOptions {
  const { priority, maxAttempts, timeoutMs, expiresInMs, onLeaseLost, tags } = options;
  return {
    priority,
    maxAttempts,
    onLeaseLost,
    tags,
    // A function is no part of a job: its worker asks the definition's own.
    ...(typeof options.backoff !== "function" && { backoff: backoffOption(options.backoff) }),
    ...(timeoutMs !== null && { timeout: timeoutMs }),
    ...(expiresInMs !== null && { expiresIn: expiresInMs }),
  };
}

function backoffOption(backoff: Backoff): BackoffOption {
  if (!("type" in backoff)) return backoff;
  const { type, delayMs, maxDelayMs, jitter } = backoff;
  return { type, delay: delayMs, maxDelay: maxDelayMs, jitter };
}
