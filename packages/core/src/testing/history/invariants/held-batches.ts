/** I19: jobs that shared a crash run in small company. */

import type { Invariant } from "../cases.ts";

export const heldBatches: Invariant = {
  id: "I19",
  name: "suspects claimed in small batches",
  says: "a claim of jobs that shared a crash is of one queue, takes no others, and no more than any of them allows",
  check({ heldClaims }, cases) {
    for (const { ref, process, jobs, smallestLimit, queues, strangers } of heldClaims)
      cases.judge(
        jobs <= smallestLimit && queues === 1 && strangers === 0,
        { job: ref },
        () =>
          `${process} was given ${jobs} jobs of ${queues} queues at a limit of ${smallestLimit}, ${strangers} without one`,
      );
  },
};
