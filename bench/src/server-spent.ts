/** What a stretch of work has cost the server of the store. */

import type { ServerSpent } from "./backend.ts";
import type { Measures } from "./metrics.ts";

/** Per job, from two readings; nothing where there is no server. */
export const serverMeasures = (before: ServerSpent | null, after: ServerSpent | null, jobs: number): Measures => ({
  ...perJob("logBytes", before?.logBytes, after?.logBytes, jobs),
  ...perJob("serverMicros", before?.cpuMicros, after?.cpuMicros, jobs),
});

/** Per job, from the bytes before there was any and those when all are done; nothing where the store is on a disk. */
export const memoryMeasures = (before: number | null, after: number | null, jobs: number): Measures =>
  perJob("memoryBytes", before, after, jobs);

type Reading = number | null | undefined;

function perJob(metric: keyof Measures, before: Reading, after: Reading, jobs: number): Measures {
  if (typeof before !== "number" || typeof after !== "number") return {};
  return { [metric]: (after - before) / jobs };
}
