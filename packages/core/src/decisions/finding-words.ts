/** Phrases that findings share. */

import type { Job } from "../nouns/job.ts";

export const attemptText = ({ attempt, maxAttempts }: Job): string => `attempt ${attempt} of ${maxAttempts}`;

/** A code that only says that something was thrown is left out. */
export function lastErrorText(job: Job): string {
  const last = job.errors.at(-1);
  if (last === undefined) return "";
  return last.code === "Error" ? last.message : `${last.code}: ${last.message}`;
}

/** Roughly, in the two largest units: `41 min`, `2 h 5 min`. */
export function roughly(ms: number): string {
  const units = [
    { ms: 86_400_000, word: "d" },
    { ms: 3_600_000, word: "h" },
    { ms: 60_000, word: "min" },
    { ms: 1_000, word: "s" },
  ];
  const at = units.findIndex((unit) => ms >= unit.ms);
  const [large, small] = at < 0 ? [] : [units[at], units[at + 1]];
  if (!large) return "under 1 s";
  const rest = small ? Math.floor((ms % large.ms) / small.ms) : 0;
  return `${Math.floor(ms / large.ms)} ${large.word}${small && rest > 0 ? ` ${rest} ${small.word}` : ""}`;
}
