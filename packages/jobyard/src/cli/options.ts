/** Texts of the command line turned into values. What cannot be understood is `USAGE` or the option's own error. */

import { durationMs, QueueError } from "@jobyard/core";
import { stdinText } from "./lines.ts";

/** A whole number from `least` on. */
export const wholeNumber =
  (option: string, least: number): ((value: string) => number) =>
  (value) => {
    const n = Number(value);
    if (/^\d+$/.test(value) && Number.isSafeInteger(n) && n >= least) return n;
    throw new QueueError(
      "BAD_OPTION",
      `${option} must be a whole number from ${least} on, found ${JSON.stringify(value)}`,
      {
        field: option,
      },
    );
  };

/** `10s`, `5m`, `2h`, or plain milliseconds. */
export const duration =
  (option: string): ((value: string) => number) =>
  (value) =>
    durationMs(/^\d+$/.test(value) ? Number(value) : value, option);

/** `50/s`, `100/m` or a plain number: jobs per second. */
export function rate(value: string): number {
  const match = /^(\d+(?:\.\d+)?)(?:\/(s|m))?$/.exec(value);
  const perSecond = match ? Number(match[1]) / (match[2] === "m" ? 60 : 1) : 0;
  if (perSecond > 0) return perSecond;
  throw new QueueError("BAD_OPTION", `--rate must look like 50/s or 100/m, found ${JSON.stringify(value)}`, {
    field: "--rate",
  });
}

/** An ISO date with time zone, a date alone (UTC), or epoch milliseconds. */
export function moment(value: string): number {
  const at = /^\d+$/.test(value) ? Number(value) : isDate(value) ? Date.parse(value) : Number.NaN;
  if (Number.isSafeInteger(at)) return at;
  throw new QueueError(
    "BAD_OPTION",
    `--run-at must look like 2027-01-31T08:00:00Z or be epoch milliseconds, found ${JSON.stringify(value)}`,
    { field: "--run-at" },
  );
}
/** `Date.parse` takes the 31st of February for the 3rd of March. */
function isDate(value: string): boolean {
  const day = value.slice(0, 10);
  return ISO.test(value) && !Number.isNaN(Date.parse(day)) && new Date(day).toISOString().startsWith(day);
}
const ISO = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/;

/** `a,b, c`, empty parts left out. */
export const commaList = (value: string): readonly string[] =>
  value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

/** `mail` or `mail:20`. */
export function queueWithConcurrency(value: string): readonly [queue: string, concurrency: number | null] {
  const match = /^([^:]+)(?::(\d+))?$/.exec(value);
  const concurrency = match?.[2] === undefined ? null : Number(match[2]);
  if (match?.[1] !== undefined && concurrency !== 0) return [match[1], concurrency];
  throw new QueueError("BAD_OPTION", `--queue must look like mail or mail:20, found ${JSON.stringify(value)}`, {
    field: "--queue",
  });
}

/** The text itself, or all of stdin for `-`. @throws QueueError `PAYLOAD_INVALID` */
export const payloadText = (value: string): Promise<string> => (value === "-" ? stdinText() : Promise.resolve(value));
