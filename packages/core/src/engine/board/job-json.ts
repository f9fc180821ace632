/**
 * Jobs, events and queues as JSON for CLI and HTTP.
 *
 * What a producer or a handler wrote goes out byte for byte: the stored text is put into its place, never parsed,
 * so numbers beyond 2^53 and the order of keys survive. White space of its own is kept too, line breaks included.
 */

import type { QueueInfo } from "../../contract/adapter.ts";
import type { Job, JobEvent, JobSummary, JsonText } from "../../nouns/job.ts";
import { phaseOf } from "../../nouns/lifecycle.ts";

/** @param now - for the phase: waiting, scheduled or retrying */
export function jobJson(job: Job, now: number): JsonText {
  const { id, queue, name, state, payload, result, progress, errors } = job;
  return object({
    ...plain({ id, queue, name, state, phase: phaseOf(job, now) }),
    payload,
    result,
    progress,
    ...plain({ ...bookkeeping(job), errors, ...labels(job) }),
  });
}

/** A row of a list: without payload, result and errors, with the last error. */
export function jobSummaryJson(job: JobSummary, now: number): JsonText {
  const { id, queue, name, state, progress, lastError } = job;
  return object({
    ...plain({ id, queue, name, state, phase: phaseOf(job, now) }),
    progress,
    ...plain({ ...bookkeeping(job), lastError, ...labels(job) }),
  });
}

export function eventJson({ seq, at, kind, data }: JobEvent): JsonText {
  return object({ ...plain({ seq, at, kind }), data });
}

export function queueJson({ queue, paused, counts, depth, oldestDueAt, settings }: QueueInfo): JsonText {
  return JSON.stringify({ queue, paused, counts, depth, oldestDueAt, ...settings });
}

const bookkeeping = (job: Job | JobSummary): object => ({
  priority: job.priority,
  attempt: job.attempt,
  maxAttempts: job.maxAttempts,
  runAt: job.runAt,
  createdAt: job.createdAt,
  startedAt: job.startedAt,
  finishedAt: job.finishedAt,
  leaseUntil: job.leaseUntil,
  worker: job.worker,
});

const labels = (job: Job | JobSummary): object => ({
  tags: job.tags,
  group: job.group,
  dedupeKey: job.dedupeKey,
  reason: job.reason,
});

/** Each value as JSON text. */
const plain = (values: object): Readonly<Record<string, JsonText>> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, JSON.stringify(value)]));

const object = (members: Readonly<Record<string, JsonText | null>>): JsonText =>
  `{${Object.entries(members)
    .map(([key, text]) => `${JSON.stringify(key)}:${text ?? "null"}`)
    .join(",")}}`;
