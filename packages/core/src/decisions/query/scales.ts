/** How the values of a range are read and written: whole numbers, numbers of JSON, durations. */

import { durationMs, printDuration } from "../../nouns/duration.ts";
import { isQueueError } from "../../nouns/errors.ts";
import type { NumberRange } from "../../nouns/filter.ts";
import type { Operator } from "./tokens.ts";

export interface Scale {
  /** What is allowed, for the error. */
  readonly form: string;
  /** `null` if the text is no such value. */
  read(text: string): number | null;
  /** Smallest value that `>` lets through, and largest that `<` does. */
  above(value: number): number;
  below(value: number): number;
  print(value: number): string;
  printFrom(value: number): string;
  printTo(value: number): string;
}

export const WHOLE: Scale = {
  form: "a whole number: 3, >3, <=3, 3..5",
  read: (text) => (/^-?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) + 0 : null),
  above: (value) => value + 1,
  below: (value) => value - 1,
  print: String,
  printFrom: (value) => `>=${value}`,
  printTo: (value) => `<=${value}`,
};

/** To the millisecond, `<` and `<=` are not worth two meanings: both are "at most". */
export const DURATION: Scale = {
  form: "a duration: >250ms, <10s, 5m..2h, <7d",
  read: readDuration,
  above: (value) => value,
  below: (value) => value,
  print: printDuration,
  printFrom: (value) => `>${printDuration(value)}`,
  printTo: (value) => `<${printDuration(value)}`,
};

/** Ranges are inclusive, so `>100` starts at the next number that a double can hold, and is printed as `>100` again. */
export const REAL: Scale = {
  form: "a number: >99.5, <=1e6, 1..5",
  read: (text) =>
    /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) && Number.isFinite(Number(text)) ? Number(text) + 0 : null,
  above: (value) => neighbour(value, 1),
  below: (value) => neighbour(value, -1),
  print: String,
  printFrom: (value) => shorter(">", neighbour(value, -1), value),
  printTo: (value) => shorter("<", neighbour(value, 1), value),
};

/** The range that an operator and a value mean; `null` if the text is no value of this scale. */
export function readRange(scale: Scale, operator: Operator | null, text: string): NumberRange | null {
  if (operator === null && text.includes("..")) return readSpan(scale, text);
  const value = scale.read(text);
  if (value === null) return null;
  switch (operator) {
    case ">":
      return { from: scale.above(value), to: null };
    case ">=":
      return { from: value, to: null };
    case "<":
      return { from: null, to: scale.below(value) };
    case "<=":
      return { from: null, to: value };
    default:
      return { from: value, to: value };
  }
}

/** `a..b`, `a..`, `..b` or `..` cut in two; an open side is `null`. */
export function cutSpan(text: string): readonly [string | null, string | null] {
  const at = text.indexOf("..");
  return [text.slice(0, at) || null, text.slice(at + 2) || null];
}

export function printRange(scale: Scale, { from, to }: NumberRange): string {
  if (from === null) return to === null ? ".." : scale.printTo(to);
  if (to === null) return scale.printFrom(from);
  return from === to ? scale.print(from) : `${scale.print(from)}..${scale.print(to)}`;
}

function readSpan(scale: Scale, text: string): NumberRange | null {
  const [first, last] = cutSpan(text);
  const from = first === null ? null : scale.read(first);
  const to = last === null ? null : scale.read(last);
  return (first !== null && from === null) || (last !== null && to === null) ? null : { from, to };
}

function readDuration(text: string): number | null {
  try {
    return durationMs(text, "query");
  } catch (error) {
    if (isQueueError(error, "BAD_DURATION")) return null;
    throw error;
  }
}

function shorter(operator: string, beside: number, value: number): string {
  return Number.isFinite(beside) && String(beside).length < String(value).length
    ? `${operator}${beside}`
    : `${operator}=${value}`;
}

const double = new Float64Array(1);
const bits = new BigInt64Array(double.buffer);

/** The next double up (1) or down (−1). */
function neighbour(value: number, step: 1 | -1): number {
  if (value === 0) return step * Number.MIN_VALUE;
  double[0] = value;
  bits[0] = (bits[0] as bigint) + BigInt(value > 0 ? step : -step);
  return (double[0] as number) + 0;
}
