/**
 * JSON as text. A payload is compared, cut and measured without changing a byte of what is stored.
 */

import type { JsonText } from "./job.ts";

/**
 * True if both texts are the same JSON value: the order of keys and white space do not matter (RFC 8785),
 * numbers are compared as they were written once 1.0 and 1e0 are normalised, so that digits beyond 2^53 count.
 */
export function sameJson(a: JsonText, b: JsonText): boolean {
  return a === b || canonicalJson(a) === canonicalJson(b);
}

/** JSON text with sorted keys and without white space. Only for comparing; never stored. */
export function canonicalJson(text: JsonText): string {
  const reviver = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
    typeof value === "number" ? { [NUMBER]: canonicalNumber(value, context?.source) } : value;
  return write(JSON.parse(text, reviver as Parameters<typeof JSON.parse>[1]));
}

const NUMBER = Symbol("number");

const canonicalNumber = (value: number, source: string | undefined): string =>
  source !== undefined && (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value)))
    ? source
    : String(value);

function write(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (NUMBER in value) return value[NUMBER] as string;
  if (Array.isArray(value)) return `[${value.map(write).join(",")}]`;
  const entries = Object.entries(value).sort(([x], [y]) => (x < y ? -1 : x > y ? 1 : 0));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${write(item)}`).join(",")}}`;
}

/** UTF-8 bytes. */
export const byteLength = (text: string): number => Buffer.byteLength(text, "utf8");
