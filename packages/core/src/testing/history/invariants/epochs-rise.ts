/** I8: the fence only rises. */

import type { Invariant } from "../cases.ts";
import { isSound, type JobFacts } from "../facts.ts";

export const epochsRise: Invariant = {
  id: "I8",
  name: "epochs rise",
  says: "no process is given a job under a lower epoch than before, nor under a higher one than the job ever had",
  check({ jobs }, cases) {
    for (const job of jobs.values())
      if (isSound(job) && job.claims.length > 0)
        cases.judge(
          wrong(job, job.stored.job.epoch) === null,
          { job: job.ref },
          () => wrong(job, job.stored.job.epoch) ?? "",
        );
  },
};

function wrong({ claims }: JobFacts, last: number): string | null {
  const seen = new Map<string, number>();
  for (const { process, epoch } of claims) {
    if (epoch > last) return `leased under epoch ${epoch}, and its epoch is ${last}`;
    const before = seen.get(process) ?? 0;
    if (epoch < before) return `${process} had epoch ${before} and then epoch ${epoch}`;
    seen.set(process, epoch);
  }
  return null;
}
