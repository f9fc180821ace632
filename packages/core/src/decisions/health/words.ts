/** Phrases that diagnoses share. */

const NAMED = 5;

/** The first few of them, and how many more there are. */
export const few = (names: readonly string[]): string =>
  names.length <= NAMED ? names.join(", ") : `${names.slice(0, NAMED).join(", ")} and ${names.length - NAMED} more`;

/** `1 job`, `2 jobs`. */
export const jobsText = (n: number): string => (n === 1 ? "1 job" : `${n.toLocaleString("en-US")} jobs`);
