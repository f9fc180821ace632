/** A worker's hold on its jobs between claim and settle, and the list of holds that are over. */

import type { DecisionFacts, ExpiredSession, Extended, FencedEntry, Lease, SessionId } from "../../contract/adapter.ts";
import type { Instant } from "../../nouns/job.ts";
import { change } from "./change.ts";
import { findRow, type Row, type Session, type Store, sessionOf } from "./store.ts";

/** The fence: the lease is the one that the job runs under. */
export function isOwnLease(store: Store, row: Row, lease: Lease): boolean {
  const own = sessionOf(store, row)?.leases.get(row);
  return own !== undefined && own.epoch === lease.epoch && own.token === lease.token;
}

function ownRow(store: Store, lease: Lease): Row | null {
  const row = findRow(store, lease.ref);
  return row && isOwnLease(store, row, lease) ? row : null;
}

export function extend(store: Store, id: SessionId, leases: readonly Lease[], leaseMs: number): Extended {
  const now = store.ports.now();
  const session = store.sessions.get(id);
  if (session) session.deadline = now + leaseMs;
  const standing = leases.map((lease) => {
    const row = ownRow(store, lease);
    if (row === null) return "lost";
    return row.job.cancelRequested ? "cancel" : "held";
  });
  return { leases: standing, pausedQueues: pausedQueues(store, leases), now };
}

/** Of those that the leases are in, so that the worker starts nothing more there. */
function pausedQueues(store: Store, leases: readonly Lease[]): readonly string[] {
  const names = new Set(leases.map(({ ref }) => ref.queue));
  return [...names].filter((name) => (store.queues.get(name)?.paused ?? null) !== null).sort();
}

export function append(store: Store, entries: readonly FencedEntry[]): readonly boolean[] {
  const now = store.ports.now();
  return entries.map(({ lease, kind, data }) => {
    const row = ownRow(store, lease);
    if (row === null) return false;
    change(store, row, now, { kind, data, set: kind === "progress" ? { progress: data } : {} });
    return true;
  });
}

/** Whole sessions, the longest over first, until `limit` jobs are reached. */
export function expired(store: Store, limit: number): readonly ExpiredSession[] {
  const now = store.ports.now();
  const over = [...store.sessions.values()].filter((session) => isOver(session, now));
  const listed: ExpiredSession[] = [];
  let jobs = 0;
  for (const session of over.sort((a, b) => a.deadline - b.deadline)) {
    if (jobs >= limit) break;
    jobs += session.leases.size;
    listed.push({
      session: session.id,
      alone: session.alone,
      jobs: [...session.leases].map(([row, lease]) => ({ lease, facts: factsOf(row) })),
    });
  }
  return listed;
}

const factsOf = ({ job }: Row): DecisionFacts => ({
  attempt: job.attempt,
  maxAttempts: job.maxAttempts,
  backoff: job.backoff,
  cancelRequested: job.cancelRequested,
  onLeaseLost: job.onLeaseLost,
  heldLimit: job.heldLimit,
});

export const isOver = (session: Session, now: Instant): boolean => session.deadline <= now;

export function retire(store: Store, id: SessionId): void {
  const session = store.sessions.get(id);
  if (session) session.deadline = store.ports.now();
}
