/** I13: a pause that was answered holds. */

import type { Invariant } from "../cases.ts";

export const pauses: Invariant = {
  id: "I13",
  name: "no claim while paused",
  says: "between a pause that was answered and the next resume no job of the queue was claimed",
  check({ jobs, queues }, cases) {
    for (const { ref, stored } of jobs.values()) {
      const paused = queues.get(ref.queue)?.pauses ?? [];
      if (stored === null || paused.length === 0) continue;
      for (const { claimedAt } of stored.story.turns) {
        const within = paused.find(({ from, to }) => from < claimedAt && (to === null || claimedAt < to));
        cases.judge(
          within === undefined,
          { job: ref, queue: ref.queue },
          () => `claimed ${claimedAt}, paused since ${within?.from}`,
        );
      }
    }
  },
};
