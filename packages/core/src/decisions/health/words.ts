/** Phrases that diagnoses share. */

import type { Count, QueueInfo } from "../../contract/adapter.ts";
import type { Phase } from "../../nouns/lifecycle.ts";

const NAMED = 5;

/** The first few of them, and how many more there are. */
export const few = (names: readonly string[]): string =>
  names.length <= NAMED ? names.join(", ") : `${names.slice(0, NAMED).join(", ")} and ${names.length - NAMED} more`;

/** `1 job`, `2 jobs`, `10,000+ jobs`. */
export const jobsText = ({ n, exact }: Count): string =>
  n === 1 && exact ? "1 job" : `${n.toLocaleString("en-US")}${exact ? "" : "+"} jobs`;

/** Counts of one phase over several queues. */
export const total = (queues: readonly QueueInfo[], phase: Phase): Count => ({
  n: queues.reduce((sum, { counts }) => sum + counts[phase].n, 0),
  exact: queues.every(({ counts }) => counts[phase].exact),
});
