/** Sweeping: what time has ended. Overdue jobs, old trash, expired records and keys, and rows that only count. */

import { DEFAULTS } from "@jobyard/core/adapter";
import { sweepAll } from "./sql/sweep.sql.ts";
import type { Call } from "./step.ts";

/** A worker that finds nothing to do comes back to its session; one that stopped does not. In ms. */
const SESSION_KEPT_MS = 3_600_000;
/** Differences that are added up at once: what the busiest store counts between two sweeps. */
const TALLIES = 50_000;

export async function expire(call: Call, limit: number): Promise<{ readonly expired: number; readonly more: boolean }> {
  const swept = await call.db.get(sweepAll, {
    trash_ms: DEFAULTS.trashMs,
    session_ms: SESSION_KEPT_MS,
    tallies: TALLIES,
    limit,
  });
  if (swept === undefined) throw new TypeError("sweep answered with no row");
  for (const queue of swept.queues) call.touched.add(queue);
  return { expired: swept.expired, more: swept.more };
}
