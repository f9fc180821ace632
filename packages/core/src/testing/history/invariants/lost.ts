/** I1: what was accepted is there. */

import type { Invariant } from "../cases.ts";

export const lost: Invariant = {
  id: "I1",
  name: "nothing lost",
  says: "every job whose enqueue was answered with accepted is in the store, unless somebody removed it",
  check({ jobs }, cases) {
    for (const { ref, answers, moved, stored } of jobs.values()) {
      if (answers.accepted === undefined && answers["duplicate-id"] === undefined) continue;
      cases.judge(stored !== null || moved.remove > 0, { job: ref }, () => "accepted, and not in the store");
    }
  },
};
