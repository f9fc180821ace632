/** Why a job is where it is: what `explain` answers. */

import type { Instant } from "./job.ts";

/** In the order in which they are told. */
export const FINDING_CODES = [
  "FINISHED",
  "RUNNING",
  "LEASE_OVER",
  "CANCEL_REQUESTED",
  "STALE",
  "BLOCKED",
  "PAUSED",
  "SCHEDULED",
  "RETRYING",
  "NO_WORKER",
  "NO_HANDLER",
  "HELD",
  "SLOTS_BUSY",
  "AHEAD",
  "NEXT",
  "COWORKERS",
] as const;

/** The first of a list is the headline; none is ever invented. */
export interface Finding {
  readonly code: (typeof FINDING_CODES)[number];
  readonly text: string;
  /** When this reason ends by itself. */
  readonly until?: Instant;
  /** Facts behind the text, for people who want to check. */
  readonly evidence: Readonly<Record<string, string | number | boolean | null>>;
  /** What a person could do about it. */
  readonly fix?: string;
}
