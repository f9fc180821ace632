/** I7: a lease is given to one. */

import type { Invariant } from "../cases.ts";
import { isSound } from "../facts.ts";

export const claimedOnce: Invariant = {
  id: "I7",
  name: "claimed once per epoch",
  says: "of each job and epoch as many leases were handed out as the job's events tell: one, and one more after a requeue",
  check({ jobs }, cases) {
    for (const job of jobs.values()) {
      if (!isSound(job)) continue;
      const { turns } = job.stored.story;
      for (const epoch of new Set(job.claims.map((claim) => claim.epoch))) {
        // An epoch that was never reached is I8's business.
        if (epoch > job.stored.job.epoch) continue;
        const tokens = new Set(job.claims.filter((one) => one.epoch === epoch).map(({ token }) => token)).size;
        const told = turns.filter((turn) => turn.epoch === epoch).length;
        cases.judge(
          tokens <= told,
          { job: job.ref },
          () => `epoch ${epoch} was leased ${tokens} times, and its events tell of ${told}`,
        );
      }
    }
  },
};
