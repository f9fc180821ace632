/** Brings about the faults of a plan, each until it is proved to have happened, or cannot be any more. */

import type { PlannedFault } from "../plan/faults.ts";
import { block } from "./block.ts";
import { disconnect } from "./disconnect.ts";
import { type Ground, longerThanLease } from "./ground.ts";
import { killAt, killNow } from "./kill.ts";
import { stop } from "./stop.ts";

/** A process may die of something else while a fault is being done to it. */
const MOST_TRIES = 25;

/** @returns false if it did not come about, however often it was tried */
export async function inject(ground: Ground, planned: PlannedFault): Promise<boolean> {
  for (let tries = 0; tries < MOST_TRIES; tries++) if (await attempt(ground, planned)) return true;
  return false;
}

function attempt(ground: Ground, planned: PlannedFault): Promise<boolean> {
  const { victim } = planned;
  switch (planned.fault) {
    case "kill":
      return killNow(ground.workers, ground.deaths, victim);
    case "point":
      return killAt(ground.workers, ground, victim, planned.point);
    case "produce":
      if (planned.point === null) return killNow(ground.producers, ground.deaths, victim);
      ground.release();
      return killAt(ground.producers, ground, victim, planned.point);
    case "stop":
      return stop(ground, victim, planned.atWork);
    case "block":
      return block(ground, victim);
    case "lock":
      return ground.store.lock(longerThanLease(ground));
    case "outage":
      return ground.store.outage(victim * longerThanLease(ground));
    case "disconnect":
      return disconnect(ground, victim);
  }
}
