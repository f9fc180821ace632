/** I2: what is there was asked for, and is there once. */

import type { Invariant } from "../cases.ts";
import type { JobFacts } from "../facts.ts";

export const unexpected: Invariant = {
  id: "I2",
  name: "nothing unexpected",
  says: "every job in the store was asked for and not refused, and is there once, accepted once",
  check({ jobs }, cases) {
    for (const job of jobs.values())
      if (job.stored !== null) {
        const says = duplication(job) ?? surprise(job);
        cases.judge(says === null, { job: job.ref }, () => says ?? "");
      }
  },
};

/** How a job in the store is there more than once; `null` if it is not. */
export function duplication({ answers, moved, copies }: JobFacts): string | null {
  if (copies > 1) return `in the store ${copies} times`;
  const accepted = answers.accepted ?? 0;
  return accepted > 1 && moved.remove === 0 ? `accepted ${accepted} times` : null;
}

/** Why a job in the store should not be there; `null` if it may. */
export function surprise({ answers }: JobFacts): string | null {
  if (answers.accepted || answers.unknown || answers["duplicate-id"] || answers.conflict) return null;
  return Object.keys(answers).length === 0 ? "nobody asked for it" : "refused, and in the store all the same";
}
