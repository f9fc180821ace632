/** What a claim could still find: the queues it asks for with the lanes it knows, and what waits in them. */

import type { Claim, ClaimRequest, Instant } from "@jobyard/core/adapter";
import {
  dueHeld,
  dueLater,
  headsOf,
  heldSince,
  type LaneRow,
  lanesOf,
  nextFree,
  nextHeld,
  nextLater,
  outlookOf,
} from "./sql/claim.sql.ts";
import type { View } from "./step.ts";

/** A queue that the claim asks for, and that is not paused. */
export interface Asked {
  readonly queue: string;
  readonly max: number;
  /** Those whose jobs the caller can run, by id. */
  readonly lanes: ReadonlyMap<number, LaneRow>;
  /** Their ids as JSON. */
  readonly laneIds: string;
  /** When the step began, jobs were there that are not due yet, or just became so. */
  readonly hasLater: boolean;
  /** When the step began, jobs with a `heldLimit` were there. */
  readonly hasHeld: boolean;
}

export function askedQueues({ db }: View, { queues }: ClaimRequest): readonly Asked[] {
  return queues.flatMap(({ queue, max, types }) => {
    const outlook = db.get(outlookOf, { queue });
    if (outlook?.paused !== 0) return [];
    const versions = new Map(types.map((type) => [type.name, type.maxVersion]));
    const known = db.all(lanesOf, { queue }).filter((lane) => lane.version <= (versions.get(lane.name) ?? 0));
    const lanes = new Map(known.map((lane) => [lane.id, lane]));
    const laneIds = JSON.stringify([...lanes.keys()]);
    return { queue, max, lanes, laneIds, hasLater: outlook.later === 1, hasHeld: outlook.held === 1 };
  });
}

/** True if nothing is due that a claim could take or would cancel, so that it need not take the write lock. */
export function isIdle({ db, now }: View, asked: readonly Asked[]): boolean {
  return asked.every(
    ({ queue, lanes, laneIds, hasLater, hasHeld }) =>
      (!hasLater || db.get(dueLater, { queue, now, limit: 1 }) === undefined) &&
      (!hasHeld || db.get(dueHeld, { queue, now, lanes: laneIds, limit: 1 }) === undefined) &&
      [...lanes.keys()].every((lane) => db.get(headsOf, { lane, priority: -1, ord: -1, limit: 1 }) === undefined),
  );
}

/** `null` also if a job is due now and was left: for lack of room, or because the session may have nothing. */
export function nextDueAt({ db, now }: View, asked: readonly Asked[]): Instant | null {
  // Without jobs that are not due yet there is nothing to tell, whatever is due now.
  if (!asked.some(({ hasLater, hasHeld }) => hasLater || hasHeld)) return null;
  const next: Instant[] = [];
  for (const { queue, lanes, laneIds } of asked) {
    for (const lane of lanes.keys()) {
      if (db.get(nextFree, { lane, now })) return null;
      const later = db.get(nextLater, { lane });
      if (later && later.at <= now) return null;
      if (later) next.push(later.at);
    }
    const held = db.get(nextHeld, { queue, now, lanes: laneIds });
    if (held) next.push(held.at);
  }
  return next.length === 0 ? null : Math.min(...next);
}

export function heldQueues({ db, now }: View, asked: readonly Asked[]): Claim["held"] {
  return asked.flatMap(({ queue, laneIds, hasHeld }) => {
    const held = hasHeld ? db.get(heldSince, { queue, now, lanes: laneIds }) : undefined;
    return held ? { queue, since: held.since } : [];
  });
}
