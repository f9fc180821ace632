/** I14: who follows a job sees its events, whole and in order. */

import type { Invariant } from "../cases.ts";
import { isSound } from "../facts.ts";

export const streams: Invariant = {
  id: "I14",
  name: "readers see the log",
  says: "what a reader was given after event n are the events n + 1, n + 2 … of the job, without hole, repeat or change",
  check({ jobs }, cases) {
    for (const job of jobs.values()) {
      if (!isSound(job)) continue;
      const { kinds } = job.stored;
      for (const { process, after, events } of job.reads) {
        const wrong = events.findIndex(({ seq, kind }, index) => seq !== after + index + 1 || kinds[seq - 1] !== kind);
        const { seq, kind } = events[wrong] ?? {};
        cases.judge(
          wrong === -1,
          { job: job.ref },
          () => `${process} read ${seq} (${kind}) as number ${wrong + 1} after ${after}`,
        );
      }
    }
  },
};
