/** I17: nobody pays for another's crash. */

import type { Invariant } from "../cases.ts";

export const innocents: Invariant = {
  id: "I17",
  name: "no healthy job buried",
  says: "a job that only faults from outside could hold up is not dead",
  check({ jobs }, cases) {
    for (const { ref, role, stored } of jobs.values())
      if (role === "healthy" && stored !== null)
        cases.judge(stored.job.state !== "dead", { job: ref }, () => `dead after attempt ${stored.job.attempt}`);
  },
};
