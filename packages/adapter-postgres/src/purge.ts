/** Retention: finals go, the oldest first, until every bound holds. One call, which writes nothing if none has to go. */

import type { PurgeRule } from "@jobyard/core/adapter";
import { type Purged, purgeJobs } from "./sql/purge.sql.ts";
import type { Call } from "./step.ts";

export async function purge(call: Call, { queue, state, keep }: PurgeRule, limit: number): Promise<Purged> {
  const { ageMs: age_ms, count, bytes } = keep;
  const purged = await call.db.get(purgeJobs, { queue, state, age_ms, count, bytes, limit });
  if (purged === undefined) throw new TypeError("purge_jobs answered with no row");
  if (purged.removed > 0) call.touched.add(queue);
  return purged;
}
