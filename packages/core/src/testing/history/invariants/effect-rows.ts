/** I16: what was done within the completing transaction was done once. */

import type { Invariant } from "../cases.ts";

export const effectRows: Invariant = {
  id: "I16",
  name: "effects in a transaction",
  says: "each job that was completed inside its handler's transaction left one row there, and no other job left any",
  check({ jobs, effectRows: told }, cases) {
    if (told === null) return;
    for (const [key, { ref, moved, stored }] of jobs) {
      if (!told.queues.has(ref.queue) || moved.remove > 0) continue;
      const rows = told.rows.get(key) ?? 0;
      const wanted = stored?.job.state === "completed" ? 1 : 0;
      cases.judge(
        rows === wanted,
        { job: ref },
        () => `${rows} rows of a job that is ${stored?.job.state ?? "not there"}`,
      );
    }
  },
};
