/** I3: in the end nothing is left over. */

import { DEPTH_STATES } from "../../../nouns/lifecycle.ts";
import type { Invariant } from "../cases.ts";

export const stuck: Invariant = {
  id: "I3",
  name: "nothing stuck",
  says: "when the run is over no job is waiting, blocked or active",
  check({ jobs }, cases, { drained = true }) {
    if (!drained) return;
    for (const { ref, stored } of jobs.values())
      if (stored !== null)
        cases.judge(!DEPTH_STATES.includes(stored.job.state), { job: ref }, () => `still ${stored.job.state}`);
  },
};
