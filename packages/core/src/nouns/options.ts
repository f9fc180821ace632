/** Options of jobs, checked on entry and never again. What is not known is refused: an option is never ignored. */

import { DEFAULT_BACKOFF, DEFAULTS } from "./defaults.ts";
import type { BackoffOption, CheckedOptions, DedupeOption, JobOptions } from "./definition.ts";
import { durationMs } from "./duration.ts";
import { QueueError } from "./errors.ts";
import { type Backoff, type Dedupe, LEASE_LOSS_POLICIES } from "./job.ts";
import { checkName } from "./names.ts";

/** Names of what {@link JobOptions} has. */
export const JOB_OPTIONS = [
  "priority",
  "maxAttempts",
  "backoff",
  "timeout",
  "expiresIn",
  "onLeaseLost",
  "tags",
] as const;

const NO_OPTIONS: CheckedOptions = {
  priority: DEFAULTS.priority,
  maxAttempts: DEFAULTS.maxAttempts,
  backoff: DEFAULT_BACKOFF,
  timeoutMs: null,
  expiresInMs: null,
  onLeaseLost: "retry",
  tags: [],
};

/**
 * @param base - what holds where an option is not given
 * @throws QueueError `BAD_OPTION`, `BAD_DURATION`, `BAD_NAME`
 */
export function checkJobOptions(options: JobOptions, base: CheckedOptions = NO_OPTIONS): CheckedOptions {
  const { priority, maxAttempts, backoff, timeout, expiresIn, onLeaseLost, tags } = options;
  return {
    priority: priority === undefined ? base.priority : checkInteger(priority, 0, DEFAULTS.maxPriority, "priority"),
    maxAttempts: maxAttempts === undefined ? base.maxAttempts : checkInteger(maxAttempts, 1, 1_000_000, "maxAttempts"),
    backoff: backoff === undefined ? base.backoff : checkBackoff(backoff),
    timeoutMs: timeout === undefined ? base.timeoutMs : positiveMs(timeout, "timeout"),
    expiresInMs: expiresIn === undefined ? base.expiresInMs : positiveMs(expiresIn, "expiresIn"),
    onLeaseLost:
      onLeaseLost === undefined ? base.onLeaseLost : checkOneOf(onLeaseLost, LEASE_LOSS_POLICIES, "onLeaseLost"),
    tags: tags === undefined ? base.tags : checkTags(tags),
  };
}

/** @throws QueueError `BAD_OPTION`, `BAD_DURATION`, `BAD_NAME` */
export function checkDedupe(option: DedupeOption): Dedupe {
  checkKnown(option, ["key", "while", "onConflict"], "dedupe");
  const held = option.while ?? "open";
  return {
    key: checkName(option.key, "dedupe.key"),
    while:
      typeof held === "object"
        ? { forMs: positiveMs(held.for, "dedupe.while.for") }
        : checkOneOf<"waiting" | "open">(held, ["waiting", "open"], "dedupe.while"),
    onConflict: checkOneOf(option.onConflict ?? "skip", ["skip", "replace", "extend"], "dedupe.onConflict"),
  };
}

/** @throws QueueError `BAD_OPTION` that names the field and its range */
export function checkInteger(value: number, from: number, to: number, field: string): number {
  if (Number.isSafeInteger(value) && value >= from && value <= to) return value;
  throw badOption(field, `${show(value)} is not a whole number from ${from} to ${to}`);
}

/** A duration longer than nothing. @throws QueueError `BAD_DURATION`, `BAD_OPTION` */
export function positiveMs(value: number | string, field: string): number {
  const ms = durationMs(value, field);
  if (ms > 0) return ms;
  throw badOption(field, "must be longer than 0 ms");
}

/** @throws QueueError `BAD_OPTION` that lists what there is */
export function checkOneOf<T extends string>(value: string, known: readonly T[], field: string): T {
  if ((known as readonly string[]).includes(value)) return value as T;
  throw badOption(field, `${show(value)} is not one of ${known.join(", ")}`);
}

/** @throws QueueError `BAD_OPTION` for an option that nobody would read */
export function checkKnown(options: object, known: readonly string[], field: string): void {
  if (typeof options !== "object" || options === null) throw badOption(field, "must be an object");
  for (const key of Object.keys(options))
    if (!known.includes(key)) throw badOption(key, `${field} has no such option; there are ${known.join(", ")}`);
}

export const badOption = (field: string, text: string): QueueError =>
  new QueueError("BAD_OPTION", `${field}: ${text}`, { field });

const show = (value: unknown): string => (typeof value === "string" ? JSON.stringify(value) : String(value));

function checkTags(tags: readonly string[]): readonly string[] {
  if (!Array.isArray(tags) || tags.length > DEFAULTS.maxTags)
    throw badOption("tags", `must be a list of at most ${DEFAULTS.maxTags}`);
  return [...new Set(tags.map((tag) => checkName(tag, "tags")))];
}

function checkBackoff(option: BackoffOption): CheckedOptions["backoff"] {
  if (typeof option === "function") return option;
  if (Array.isArray(option)) return checkDelays(option);
  const rule = option as Exclude<BackoffOption, readonly unknown[] | ((failure: never) => unknown)>;
  checkKnown(rule, ["type", "delay", "maxDelay", "jitter"], "backoff");
  const delayMs = durationMs(rule.delay, "backoff.delay");
  const jitter = rule.jitter ?? 0;
  if (!(jitter >= 0 && jitter <= 1)) throw badOption("backoff.jitter", `${show(jitter)} is not a share from 0 to 1`);
  return {
    type: checkOneOf(rule.type, ["fixed", "linear", "exponential"], "backoff.type"),
    delayMs,
    maxDelayMs:
      rule.maxDelay === undefined
        ? Math.max(delayMs, DEFAULT_BACKOFF.maxDelayMs)
        : durationMs(rule.maxDelay, "backoff.maxDelay"),
    jitter,
  };
}

function checkDelays(delays: readonly (number | string)[]): Backoff {
  if (delays.length === 0) throw badOption("backoff", "a list of delays needs one or more");
  return delays.map((delay, index) => durationMs(delay, `backoff[${index}]`));
}
