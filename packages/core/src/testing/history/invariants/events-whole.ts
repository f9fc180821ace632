/** I9: the events tell the job. */

import type { Invariant } from "../cases.ts";
import type { Fault } from "../story.ts";

/** The other kinds of faults are those of I4 and I6. */
const OWN: readonly Fault["kind"][] = ["hole", "impossible", "differs"];

export const eventsWhole: Invariant = {
  id: "I9",
  name: "events without a hole",
  says: "a job's events are numbered 1, 2, 3 …, every move was allowed, and replaying them gives the record",
  check({ jobs }, cases) {
    for (const { ref, stored } of jobs.values()) {
      if (stored === null) continue;
      const { fault } = stored.story;
      cases.judge(fault === null || !OWN.includes(fault.kind), { job: ref }, () => fault?.says ?? "");
    }
  },
};
