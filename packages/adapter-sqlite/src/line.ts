/**
 * Where a waiting job stands: `ready` if it has an order number, `later` until a claim finds it due, `held` if it
 * may only be claimed in an exclusive batch. A job in none of them is in a lease: it is active.
 */

import type { Instant } from "@jobyard/core/adapter";
import {
  addExpiry,
  addHeld,
  addLater,
  addReady,
  findHeld,
  findLater,
  findReady,
  removeExpiry,
  removeHeld,
  removeLater,
  removeReady,
} from "./sql/line.sql.ts";
import type { Step, View } from "./step.ts";

/** What a place depends on. */
export interface Placed {
  readonly pk: number;
  readonly queue: string;
  readonly lane: number;
  readonly priority: number;
  readonly ord: number | null;
  readonly run_at: Instant;
  readonly attempt: number;
  readonly held_limit: number | null;
  readonly expires_at: Instant | null;
}

/** A fresh order number if the time has come, else none: a claim will give one. */
export const orderFor = ({ tally, now }: Step, runAt: Instant): number | null => (runAt <= now ? tally.number() : null);

export function joinLine({ db, offered }: Step, job: Placed): void {
  const { pk, queue, lane, priority, ord, run_at, held_limit, expires_at } = job;
  const tried = job.attempt > 0 ? 1 : 0;
  if (held_limit !== null) db.run(addHeld, { queue, run_at, pk, lane, tried });
  else if (ord === null) db.run(addLater, { queue, run_at, pk, lane, priority, tried });
  else db.run(addReady, { lane, priority, ord, pk });
  if (expires_at !== null) db.run(addExpiry, { at: expires_at, pk });
  if (ord !== null || held_limit !== null) offered.add(queue);
}

/** To be called with the job as it was when it joined. */
export function leaveLine({ db }: Step, job: Placed): void {
  const { pk, queue, lane, priority, ord, run_at, held_limit, expires_at } = job;
  if (held_limit !== null) db.run(removeHeld, { queue, run_at, pk });
  else if (ord === null) db.run(removeLater, { queue, run_at, pk });
  else db.run(removeReady, { lane, priority, ord });
  if (expires_at !== null) db.run(removeExpiry, { at: expires_at, pk });
}

export function isInLine({ db }: View, job: Placed): boolean {
  const { pk, queue, lane, priority, ord, run_at, held_limit } = job;
  if (held_limit !== null) return db.get(findHeld, { queue, run_at, pk }) !== undefined;
  if (ord === null) return db.get(findLater, { queue, run_at, pk }) !== undefined;
  return db.get(findReady, { lane, priority, ord }) !== undefined;
}
