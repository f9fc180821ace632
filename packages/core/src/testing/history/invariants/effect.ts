/** I5: whoever completed a job did its work. */

import type { Invariant } from "../cases.ts";
import { isSound } from "../facts.ts";

export const effect: Invariant = {
  id: "I5",
  name: "completed after its effect",
  says: "the lease that completed a job is one whose handler did the job's work",
  check({ jobs }, cases) {
    for (const job of jobs.values()) {
      if (!isSound(job)) continue;
      for (const { epoch, end } of job.stored.story.turns)
        if (end?.state === "completed")
          cases.judge(
            job.effects.includes(epoch),
            { job: job.ref },
            () => `completed by epoch ${epoch}, which did nothing`,
          );
    }
  },
};
