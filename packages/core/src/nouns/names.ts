/** What may be a queue's name, a job's name, an id, a tag or a key. */

import { QueueError } from "./errors.ts";

/** In code points, not UTF-16 units. */
export const NAME_MAX_LENGTH = 128;

/**
 * Printable Unicode without colon (it separates parts in Redis keys), control characters, lone
 * surrogates, or spaces at the ends.
 *
 * @throws QueueError `BAD_NAME` that names the field
 */
export function checkName(value: unknown, field: string): string {
  if (typeof value === "string" && isName(value)) return value;
  throw new QueueError("BAD_NAME", `${field}: ${preview(value)}`, { field });
}

const BESIDE_JOBS: ReadonlySet<string> = new Set([
  ...["active", "completed", "delayed", "failed", "paused", "prioritized", "priority", "wait", "waiting-children"],
  ...["de", "events", "id", "limiter", "marker", "meta", "pc", "repeat", "stalled", "stalled-check"],
]);

/** What BullMQ keeps in Redis beside the jobs of a queue, under a key that is made as those of the jobs. */
export const isBesideJobs = (id: string): boolean => BESIDE_JOBS.has(id);

/**
 * As {@link checkName}; besides, an id is not integer-like, because Redis producers number theirs, and not the name of
 * something else in Redis.
 */
export function checkId(value: unknown, field: string): string {
  const id = checkName(value, field);
  if (/^\d+$/.test(id) || BESIDE_JOBS.has(id))
    throw new QueueError("BAD_NAME", `${field}: ${preview(value)}`, { field });
  return id;
}

function isName(value: string): boolean {
  if (value.length === 0 || value.length > NAME_MAX_LENGTH * 2 || [...value].length > NAME_MAX_LENGTH) return false;
  return value.isWellFormed() && value.trim() === value && !/[:\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cn}\p{Co}]/u.test(value);
}

const preview = (value: unknown): string => {
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
};
