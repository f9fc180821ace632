/** I10: an attempt is counted, or given back. */

import type { Invariant } from "../cases.ts";
import { isSound, type JobFacts, type Stored } from "../facts.ts";

export const starts: Invariant = {
  id: "I10",
  name: "no start too many",
  says: "a job starts at most maxAttempts times, and once more for each release and each rescue that gave the attempt back",
  check({ jobs }, cases) {
    for (const job of jobs.values())
      if (isSound(job))
        cases.judge(wrong(job, job.stored) === null, { job: job.ref }, () => wrong(job, job.stored) ?? "");
  },
};

function wrong(job: JobFacts, { job: { maxAttempts }, story: { turns } }: Stored): string | null {
  const beyond = turns.find(({ attempt }) => attempt > maxAttempts);
  if (beyond) return `claimed as attempt ${beyond.attempt} of ${maxAttempts}`;
  for (const epoch of new Set(job.starts)) {
    const begun = job.starts.filter((one) => one === epoch).length;
    const leases = turns.filter((turn) => turn.epoch === epoch).length;
    if (begun > leases) return `its handler began ${begun} times under ${leases} leases of epoch ${epoch}`;
  }
  return null;
}
