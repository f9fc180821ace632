/** Sizes as people write them. Inside the code they are bytes. */

import { QueueError } from "./errors.ts";

/** Bytes, or a number with a unit, each 1,024 of the one before: `"512kb" | "500mb" | "2gb"`. */
export type Size = number | `${number}${Unit}`;
type Unit = "b" | "kb" | "mb" | "gb";

const UNIT_BYTES: Record<Unit, number> = { b: 1, kb: 1_024, mb: 1_048_576, gb: 1_073_741_824 };

/**
 * Whole bytes, rounded.
 *
 * @param field - named in the error
 * @throws QueueError `BAD_OPTION` if it is negative, not finite, over 2^53 or not in the form above
 */
export function sizeBytes(value: Size | string, field: string): number {
  const bytes = Math.round(typeof value === "string" ? parse(value) : value);
  if (Number.isSafeInteger(bytes) && bytes >= 0) return bytes;
  const given = typeof value === "string" ? JSON.stringify(value) : String(value);
  throw new QueueError("BAD_OPTION", `${field}: ${given} is no size; give bytes, or "512kb", "500mb", "2gb"`, {
    field,
  });
}

function parse(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(b|kb|mb|gb)$/i.exec(text.trim());
  return match ? Number(match[1]) * UNIT_BYTES[match[2]?.toLowerCase() as Unit] : Number.NaN;
}

/** The shortest exact form: 524_288_000 is `"500mb"`. */
export function printSize(bytes: number): string {
  for (const unit of ["gb", "mb", "kb"] as const)
    if (bytes !== 0 && bytes % UNIT_BYTES[unit] === 0) return `${bytes / UNIT_BYTES[unit]}${unit}`;
  return `${bytes}b`;
}

/** Roughly, for people: `12 MiB`. */
export function bytesText(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  const at = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const n = bytes / 1_024 ** at;
  return `${n < 10 && at > 0 ? n.toFixed(1) : Math.round(n)} ${units[at]}`;
}
