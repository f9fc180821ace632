/** I15: a dead worker's jobs come back in time. */

import type { Invariant } from "../cases.ts";
import { deathsOf } from "../deaths.ts";

export const rescuedInTime: Invariant = {
  id: "I15",
  name: "rescued in time",
  says: "every job that a dead worker held was rescued within the time allowed after its death",
  check(facts, cases, { rescueWithinMs }) {
    if (rescueWithinMs === undefined) return;
    for (const { session, rescues } of deathsOf(facts))
      for (const { job, afterMs } of rescues)
        cases.judge(
          afterMs <= rescueWithinMs,
          { job: job.ref, session },
          () => `rescued ${afterMs} ms after ${session} died`,
        );
  },
};
