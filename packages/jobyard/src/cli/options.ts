/** Texts of the command line turned into values. What cannot be understood is `USAGE` or the option's own error. */

import { open } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { durationMs, QueueError } from "@jobyard/core";
import { isSystemError } from "../error-text.ts";

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
  const at = /^\d+$/.test(value) ? Number(value) : ISO.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isSafeInteger(at)) return at;
  throw new QueueError(
    "BAD_OPTION",
    `--run-at must look like 2027-01-31T08:00:00Z or be epoch milliseconds, found ${JSON.stringify(value)}`,
    { field: "--run-at" },
  );
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

/** The text itself, or all of stdin for `-`. @throws QueueError `PAYLOAD_INVALID` if it is not JSON */
export async function payloadText(value: string): Promise<string> {
  const json = value === "-" ? (await text(process.stdin)).trim() : value;
  checkJson(json, value === "-" ? "stdin" : "the payload");
  return json;
}

/** @param where - named in the error, for a person who has to find the place */
export function checkJson(json: string, where: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new QueueError("PAYLOAD_INVALID", `${where} is not JSON: ${reason}`, { cause });
  }
}

export interface Line {
  readonly number: number;
  readonly text: string;
}

/** The lines of a file that hold something, read as they are asked for. @throws QueueError `BAD_OPTION` */
export async function* linesOf(path: string): AsyncGenerator<Line> {
  try {
    const file = await open(path);
    try {
      let number = 0;
      for await (const line of file.readLines()) {
        number += 1;
        const text = line.trim();
        if (text !== "") yield { number, text };
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const reason = error.code === "ENOENT" ? "there is no such file" : error.message;
    throw new QueueError("BAD_OPTION", `--file ${path}: ${reason}`, { field: "--file", cause: error });
  }
}
