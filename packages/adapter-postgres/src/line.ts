/**
 * Where a waiting job stands: `ready` if it has an order number, `later` until a claim finds it due, `held` if it
 * may only be claimed in an exclusive batch. A job in none of them is in a lease: it is active.
 */

import type { LockedJob } from "./locks.ts";

/** What a place in line, or in the list of times at which jobs expire, depends on. */
export type Placed = Pick<LockedJob, "priority" | "ord" | "run_at" | "held_limit" | "attempt" | "expires_at">;

/** True if both stand in the same place, with all that is told there. */
export function isSamePlace(a: Placed, b: Placed): boolean {
  if (a.expires_at !== b.expires_at || a.attempt > 0 !== b.attempt > 0) return false;
  if (a.held_limit !== null || b.held_limit !== null)
    return a.held_limit !== null && b.held_limit !== null && a.run_at === b.run_at;
  return a.ord === b.ord && a.priority === b.priority && (a.ord !== null || a.run_at === b.run_at);
}
