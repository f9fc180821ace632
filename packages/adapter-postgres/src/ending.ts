/** What the end of an attempt means for its job, and what of it has to be written. Completions have their own way. */

import { type Decision, type End, endOf, eventOf, type Instant, storedEnd } from "@jobyard/core/adapter";
import type { Change } from "./changes.ts";
import type { Keys } from "./keys.ts";
import { type Claimed, type LockedJob, textOf } from "./locks.ts";

export const endFor = (job: LockedJob, decision: Decision, keys: Keys): End =>
  endOf(decision, {
    cancelRequested: job.cancel_requested,
    meetsTwin: () => job.dedupe_while === "waiting" && keys.isHeldByAnother(job),
  });

/** @param job - with its claim written, and its errors */
export const changeBy = (job: LockedJob, claimed: Claimed, decision: Decision, end: End, now: Instant): Change => ({
  ...eventOf(decision, end, now),
  set: {
    ...storedEnd({ ...job, errors: textOf(job, "errors") }, claimed, decision, end, now),
    cancel_requested: false,
    claim_written: false,
  },
});
