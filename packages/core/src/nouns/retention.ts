/** How much is kept of the jobs that are over: by age, by number, by bytes. */

import { type Duration, durationMs } from "./duration.ts";
import type { Job } from "./job.ts";
import { byteLength } from "./json.ts";
import type { State } from "./lifecycle.ts";
import { badOption, checkInteger, checkKnown } from "./options.ts";
import { type Size, sizeBytes } from "./size.ts";

export const RETAINED_STATES = ["completed", "dead", "cancelled"] as const;
export type RetainedState = (typeof RETAINED_STATES)[number];
export const isRetained = (state: State): state is RetainedState =>
  (RETAINED_STATES as readonly State[]).includes(state);

/**
 * Bounds for the jobs of one queue and state. Jobs go, the one that finished first before all others, until every
 * bound holds. `null`: no such bound.
 */
export interface Retention {
  /** A job goes once it finished this long ago, in ms. */
  readonly ageMs: number | null;
  /** Most jobs that stay. */
  readonly count: number | null;
  /** Most bytes that the jobs that stay may have together, as {@link retainedBytes} counts them. */
  readonly bytes: number | null;
}

/** A bare duration is a bound by age alone, `null` keeps everything; an object names all bounds that there are. */
export type RetentionOption =
  | Duration
  | null
  | { readonly age?: Duration | null; readonly count?: number | null; readonly bytes?: Size | null }
  | Retention;

/** What a job counts towards `bytes`: the UTF-8 length of payload, result, and errors (as JSON, if there are any). */
export const retainedBytes = ({ payload, result, errors }: Pick<Job, "payload" | "result" | "errors">): number =>
  byteLength(payload) +
  (result === null ? 0 : byteLength(result)) +
  (errors.length === 0 ? 0 : byteLength(JSON.stringify(errors)));

/** True if nothing ever goes. */
export const keepsAll = ({ ageMs, count, bytes }: Retention): boolean =>
  ageMs === null && count === null && bytes === null;

export const sameRetention = (a: Retention, b: Retention): boolean =>
  a.ageMs === b.ageMs && a.count === b.count && a.bytes === b.bytes;

/**
 * The states that are named, checked; others stay as they are.
 *
 * @throws QueueError `BAD_OPTION`, `BAD_DURATION`, with the field
 */
export function checkRetention(
  given: Partial<Record<RetainedState, RetentionOption>>,
): Partial<Record<RetainedState, Retention>> {
  checkKnown(given, RETAINED_STATES, "retention");
  const checked: Partial<Record<RetainedState, Retention>> = {};
  for (const state of RETAINED_STATES) {
    const option = given[state];
    if (option !== undefined) checked[state] = checkOne(option, `retention.${state}`);
  }
  return checked;
}

function checkOne(option: RetentionOption, field: string): Retention {
  if (option === null) return { ageMs: null, count: null, bytes: null };
  if (typeof option !== "object") return { ageMs: durationMs(option, field), count: null, bytes: null };
  checkKnown(option, ["age", "ageMs", "count", "bytes"], field);
  const { age, ageMs, count, bytes } = option as Partial<Retention> & { readonly age?: Duration | null };
  if (age !== undefined && ageMs !== undefined) throw badOption(`${field}.age`, "give age or ageMs, not both");
  return {
    ageMs: bound(age ?? ageMs, (value) => durationMs(value, `${field}.age`)),
    count: bound(count, (value) => checkInteger(value, 0, Number.MAX_SAFE_INTEGER, `${field}.count`)),
    bytes: bound<Size, number>(bytes, (value) => sizeBytes(value, `${field}.bytes`)),
  };
}

const bound = <T, R>(value: T | null | undefined, check: (value: T) => R): R | null =>
  value === null || value === undefined ? null : check(value);
