/** One checked job, from its type, its payload's text and the options of this call. */

import type { NewJob } from "../../contract/adapter.ts";
import type { CheckedOptions, DedupeOption, EnqueueOptions } from "../../nouns/definition.ts";
import { durationMs } from "../../nouns/duration.ts";
import type { Dedupe, JsonText, Parent } from "../../nouns/job.ts";
import { checkId, checkName } from "../../nouns/names.ts";
import { badOption, checkDedupe, checkInteger, checkJobOptions, checkKnown, JOB_OPTIONS } from "../../nouns/options.ts";

/** What a job takes from its type, or from the defaults if only the type's name is known. */
export interface JobType {
  readonly name: string;
  readonly queue: string;
  readonly version: number;
  readonly options: CheckedOptions;
}

/** What the jobs of one call have in common: checked once, and shared by all of them. */
export interface JobForm extends Omit<NewJob, "id" | "payload" | "dedupe" | "parent"> {
  /** The call's own, `null` if it gave none. */
  readonly jobId: string | null;
  readonly dedupe: Dedupe | null;
}

/** @throws QueueError `BAD_NAME`, `BAD_OPTION`, `BAD_DURATION` */
export function jobForm(type: JobType, options: EnqueueOptions | undefined): JobForm {
  const own = options === undefined ? undefined : checkEnqueueOptions(options);
  const checked = options === undefined ? type.options : checkJobOptions(options, type.options);
  return {
    queue: own?.queue ?? type.queue,
    jobId: own?.jobId ?? null,
    name: type.name,
    version: type.version,
    priority: checked.priority,
    maxAttempts: checked.maxAttempts,
    backoff: typeof checked.backoff === "function" ? null : checked.backoff,
    timeoutMs: checked.timeoutMs,
    start: own?.start ?? NOW,
    expiresInMs: checked.expiresInMs,
    tags: checked.tags,
    group: own?.group ?? null,
    dedupe: own?.dedupe ?? null,
    onLeaseLost: checked.onLeaseLost,
  };
}

export interface JobParts {
  readonly payload: JsonText;
  /** Of the type; the call's own comes first. */
  readonly dedupe: DedupeOption | null;
  readonly parent: Parent | null;
  /** Taken if the form has no `jobId`. */
  readonly id: string;
}

/** @throws QueueError `BAD_OPTION`, `BAD_NAME`, `BAD_DURATION` if the type's `dedupe` made what is none */
export const newJob = (form: JobForm, { payload, dedupe, parent, id }: JobParts): NewJob => ({
  queue: form.queue,
  id: form.jobId ?? id,
  name: form.name,
  version: form.version,
  payload,
  priority: form.priority,
  maxAttempts: form.maxAttempts,
  backoff: form.backoff,
  timeoutMs: form.timeoutMs,
  start: form.start,
  expiresInMs: form.expiresInMs,
  tags: form.tags,
  group: form.group,
  dedupe: form.dedupe ?? (dedupe === null ? null : checkDedupe(dedupe)),
  onLeaseLost: form.onLeaseLost,
  parent,
});

/** @throws QueueError `BAD_OPTION` if the call carries an option that there is not */
export function checkEnqueueOptions(options: EnqueueOptions): OwnOptions {
  checkKnown(options, ENQUEUE_FIELDS, "enqueue");
  if (typeof options.backoff === "function")
    throw badOption("backoff", "a function belongs into the job type; a job can only store delays");
  return {
    queue: options.queue === undefined ? undefined : checkName(options.queue, "queue"),
    jobId: options.jobId === undefined ? undefined : checkId(options.jobId, "jobId"),
    group: options.group === undefined ? undefined : checkName(options.group, "group"),
    dedupe: options.dedupe === undefined ? undefined : checkDedupe(options.dedupe),
    start: startOf(options),
  };
}

export interface OwnOptions {
  readonly queue: string | undefined;
  readonly jobId: string | undefined;
  readonly group: string | undefined;
  readonly dedupe: Dedupe | undefined;
  readonly start: NewJob["start"];
}

const ENQUEUE_FIELDS: readonly string[] = [...JOB_OPTIONS, "queue", "jobId", "delay", "runAt", "dedupe", "group", "tx"];

const NOW = { delayMs: 0 } as const;

function startOf({ delay, runAt }: EnqueueOptions): NewJob["start"] {
  if (runAt === undefined) return delay === undefined ? NOW : { delayMs: durationMs(delay, "delay") };
  if (delay !== undefined) throw badOption("runAt", "give either delay or runAt, not both");
  return { at: checkInteger(Number(runAt), 0, LATEST_AT, "runAt") };
}

/** The last instant of a `Date`. */
const LATEST_AT = 8.64e15;
