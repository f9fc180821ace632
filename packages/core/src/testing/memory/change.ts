/**
 * The ways in which anything about a job changes: it comes in, it changes with one event, it goes.
 *
 * Everything that hangs on a job's state (line, depth, session, key) follows here and nowhere else.
 */

import type { Instant, Job, JsonText } from "../../nouns/job.ts";
import { DEPTH_STATES, type State } from "../../nouns/lifecycle.ts";
import { followState, freeKey } from "./keys.ts";
import { giveNumber, joinLine, leaveLine } from "./line.ts";
import { type Queue, queueOf, type Row, type Store, sessionOf } from "./store.ts";

export interface Change {
  /** Of the event. */
  readonly kind: string;
  /** Of the event. */
  readonly data: JsonText | null;
  /** New values of the job's fields. A new `runAt` puts a waiting job at the end of its order. */
  readonly set: Partial<Omit<Job, "queue" | "id" | "seq" | "leaseUntil">>;
}

const depthOf = (state: State): number => (DEPTH_STATES.includes(state) ? 1 : 0);

export function change(store: Store, row: Row, now: Instant, { kind, data, set }: Change): void {
  const before = row.job;
  const queue = queueOf(store, before.queue);
  if (before.state === "waiting") leaveLine(queue, row);
  row.job = { ...before, ...set, seq: before.seq + 1 };
  row.events.push({ seq: row.job.seq, at: now, kind, data });
  if (row.job.state !== before.state) enter(store, queue, row, before.state, now);
  if (row.job.state === "waiting") {
    if (before.state !== "waiting" || set.runAt !== undefined) giveNumber(store, row, now);
    joinLine(queue, row);
  }
  store.hints.touch(queue.name);
}

function enter(store: Store, queue: Queue, row: Row, from: State, now: Instant): void {
  row.enteredAt = now;
  queue.depth += depthOf(row.job.state) - depthOf(from);
  if (from === "active") endLease(store, row);
  followState(queue, row);
}

/** A session is gone with its last lease. */
function endLease(store: Store, row: Row): void {
  const session = sessionOf(store, row);
  session?.leases.delete(row);
  if (session?.leases.size === 0) store.sessions.delete(session.id);
}

/** A new job, or one from the trash, which stands behind those that kept waiting. */
export function bringIn(store: Store, row: Row, now: Instant): void {
  const queue = queueOf(store, row.job.queue);
  queue.rows.set(row.job.id, row);
  store.rows.add(row);
  queue.depth += depthOf(row.job.state);
  followState(queue, row);
  if (row.job.state === "waiting") {
    giveNumber(store, row, now);
    joinLine(queue, row);
  }
  store.hints.touch(queue.name);
}

/** Takes a job out with its events. It may not be active. */
export function takeOut(store: Store, row: Row): void {
  const queue = queueOf(store, row.job.queue);
  if (row.job.state === "waiting") leaveLine(queue, row);
  queue.depth -= depthOf(row.job.state);
  freeKey(queue, row);
  store.rows.delete(row);
  queue.rows.delete(row.job.id);
  store.hints.touch(queue.name);
}
