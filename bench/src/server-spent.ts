/** What a stretch of work has cost the server of the store. */

import type { ServerSpent } from "./backend.ts";
import type { Measures } from "./metrics.ts";

/** Per job, from two readings; nothing where there is no server. */
export function serverMeasures(before: ServerSpent | null, after: ServerSpent | null, jobs: number): Measures {
  if (before === null || after === null) return {};
  const walBytes = (after.walBytes - before.walBytes) / jobs;
  if (before.cpuMicros === null || after.cpuMicros === null) return { walBytes };
  return { walBytes, serverMicros: (after.cpuMicros - before.cpuMicros) / jobs };
}
