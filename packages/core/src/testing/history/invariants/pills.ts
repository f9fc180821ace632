/** I18: a pill ends, and pays for itself. */

import type { Invariant } from "../cases.ts";
import { isSound, type Stored } from "../facts.ts";

export const pills: Invariant = {
  id: "I18",
  name: "pills end",
  says: "a job that kills its worker at every start is dead after exactly maxAttempts starts that it was charged for",
  check({ jobs }, cases, { drained = true }) {
    if (!drained) return;
    for (const job of jobs.values())
      if (job.role === "pill" && isSound(job) && !wasSpared(job.stored))
        cases.judge(endedAsPill(job.stored), { job: job.ref }, () => {
          const { state, maxAttempts } = job.stored.job;
          return `${state} after ${job.stored.story.charged} charged rescues of ${maxAttempts}`;
        });
  },
};

/** Somebody cancelled it, parked it or let it expire before it could. */
const wasSpared = ({ job: { state } }: Stored): boolean => state === "cancelled" || state === "stale";

const endedAsPill = ({ job: { state, attempt, maxAttempts }, story: { charged } }: Stored): boolean =>
  state === "dead" && charged === maxAttempts && attempt === maxAttempts;
