/** Durations as people write them. Inside the code they are milliseconds and end in `Ms`. */

import { QueueError } from "./errors.ts";

/** Milliseconds, or a number with a unit: `"250ms" | "10s" | "5m" | "2h" | "7d"`. */
export type Duration = number | `${number}${Unit}`;
type Unit = "ms" | "s" | "m" | "h" | "d";

const UNIT_MS: Record<Unit, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** 100 years. More is a mistake in the unit. */
export const LONGEST_MS: number = 100 * 366 * UNIT_MS.d;

/**
 * Whole milliseconds, rounded.
 *
 * @param field - named in the error
 * @throws QueueError `BAD_DURATION` if it is negative, not finite, over 100 years or not in the form above
 */
export function durationMs(value: Duration | string, field: string): number {
  const ms = typeof value === "string" ? parse(value) : value;
  if (!Number.isFinite(ms) || ms < 0 || ms > LONGEST_MS)
    throw new QueueError("BAD_DURATION", `${field}: ${typeof value === "string" ? JSON.stringify(value) : value}`, {
      field,
    });
  return Math.round(ms);
}

function parse(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  return match ? Number(match[1]) * UNIT_MS[match[2] as Unit] : Number.NaN;
}

/** The shortest exact form: 90_000 is `"90s"`, 7_200_000 is `"2h"`. */
export function printDuration(ms: number): string {
  for (const unit of ["d", "h", "m", "s"] as const)
    if (ms !== 0 && ms % UNIT_MS[unit] === 0) return `${ms / UNIT_MS[unit]}${unit}`;
  return `${ms}ms`;
}
