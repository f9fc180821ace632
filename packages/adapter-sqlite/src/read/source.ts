/**
 * Where a search looks: the narrowest list of jobs that is sure to hold every match.
 *
 * A source gives places in an order, from a place on; what stands there is looked at by whoever searches.
 */

import { type Filter, requiredIds, requiredQueues, requiredStates, type State } from "@jobyard/core/adapter";
import { holdings } from "../leases.ts";
import { lanesOf } from "../sql/claim.sql.ts";
import {
  newerAttention,
  newerInLane,
  newerInQueueState,
  newerInState,
  newerJobs,
  olderAttention,
  olderInLane,
  olderInQueueState,
  olderInState,
  olderJobs,
  pkById,
  totalDepth,
  waitingPks,
} from "../sql/read.sql.ts";
import type { View } from "../step.ts";
import type { Key, Order, Place } from "./cursor.ts";

/** The next keys from a place, walking away from it. */
export type Source = (view: View, from: Place, limit: number) => readonly Key[];

/** States of which people want to see first what came in last. */
const ATTENTION_STATES: readonly State[] = ["stale", "dead", "cancelled"];
/** So many waiting jobs are sorted in memory rather than looked for among all that ever were. */
const FEW_WAITING = 20_000;

/** A list of one of these states alone is sorted by when the jobs came into it. */
export function attentionStateOf(filter: Filter): State | null {
  const states = requiredStates(filter);
  const only = states?.length === 1 ? states[0] : undefined;
  return only !== undefined && ATTENTION_STATES.includes(only) ? only : null;
}

export function sourceOf(view: View, filter: Filter, order: Order): Source {
  const ids = requiredIds(filter);
  const states = requiredStates(filter);
  const queues = requiredQueues(filter);
  if (order === "entered") return byEntry(attentionStateOf(filter) ?? "dead", queues);
  if (ids !== null) return listed((now) => ids.flatMap((id) => now.db.all(pkById, { id }).map(({ pk }) => pk)));
  if (states?.every((state) => ATTENTION_STATES.includes(state))) return byAttention(states);
  if (states?.every((state) => state === "active")) return listed((now) => [...holdings(now).keys()]);
  const isFew = (view.db.get(totalDepth, {})?.n ?? 0) <= FEW_WAITING;
  if (isFew && states?.every((state) => state === "active" || state === "waiting")) return listed(openPks);
  return queues === null ? everything : byLanes(queues);
}

const openPks = (view: View): readonly number[] => [
  ...view.db.all(waitingPks, {}).map(({ pk }) => pk),
  ...holdings(view).keys(),
];

const byNumber = ({ pk }: { readonly pk: number }): Key => ({ at: 0, pk });

const everything: Source = ({ db }, { side, pk }, limit) =>
  db.all(side === "older" ? olderJobs : newerJobs, { pk, limit }).map(byNumber);

const byAttention =
  (states: readonly State[]): Source =>
  ({ db }, { side, pk }, limit) => {
    const statement = side === "older" ? olderAttention : newerAttention;
    return db.all(statement, { states: JSON.stringify(states), pk, limit }).map(byNumber);
  };

const byEntry =
  (state: State, queues: readonly string[] | null): Source =>
  ({ db }, { side, at, pk }, limit) => {
    if (queues === null) return db.all(side === "older" ? olderInState : newerInState, { state, at, pk, limit });
    const statement = side === "older" ? olderInQueueState : newerInQueueState;
    const found = queues.flatMap((queue) => db.all(statement, { queue, state, at, pk, limit }));
    return inOrder(found, side).slice(0, limit);
  };

const byLanes =
  (queues: readonly string[]): Source =>
  ({ db }, { side, pk }, limit) => {
    const lanes = queues.flatMap((queue) => db.all(lanesOf, { queue }));
    const statement = side === "older" ? olderInLane : newerInLane;
    const found = lanes.flatMap(({ id: lane }) => db.all(statement, { lane, pk, limit }).map(byNumber));
    return inOrder(found, side).slice(0, limit);
  };

const listed =
  (pks: (view: View) => readonly number[]): Source =>
  (view, { side, pk: from }, limit) => {
    const keys = pks(view).map((pk) => byNumber({ pk }));
    const beyond = keys.filter(({ pk }) => (side === "older" ? pk < from : pk >= from));
    return inOrder(beyond, side).slice(0, limit);
  };

const inOrder = (keys: readonly Key[], side: Place["side"]): Key[] => {
  const sign = side === "older" ? -1 : 1;
  return [...keys].sort((a, b) => sign * (a.at - b.at || a.pk - b.pk));
};
