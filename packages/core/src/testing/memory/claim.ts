/** Claim: whose turn it is, and the leases for them, in one step. */

import type { Claim, ClaimQueue, ClaimRequest, Lease, LeasedJob, SessionId } from "../../contract/adapter.ts";
import { claimData } from "../../contract/entries.ts";
import type { Instant } from "../../nouns/job.ts";
import { change } from "./change.ts";
import { expireJob, isOverdue } from "./expire.ts";
import { callUp, isDue } from "./line.ts";
import type { SortedRows } from "./sorted-rows.ts";
import { type Queue, type Row, refOf, type Session, type Store } from "./store.ts";

/** A queue that the claim asks for, and that is not paused. */
interface Asked {
  readonly queue: Queue;
  readonly max: number;
  /** True if the caller can run the job. */
  readonly knows: (row: Row) => boolean;
}

export function claimNow(store: Store, request: ClaimRequest): Claim {
  const now = store.ports.now();
  const asked = askedQueues(store, request);
  const session = store.sessions.get(request.session);
  const jobs = lease(store, request, choose(store, request, asked, session, now), now);
  return { jobs, now, nextDueAt: nextDueAt(asked, now), held: heldQueues(asked, now) };
}

function askedQueues(store: Store, request: ClaimRequest): readonly Asked[] {
  return request.queues.flatMap((claim) => {
    const queue = store.queues.get(claim.queue);
    if (queue === undefined || queue.paused !== null) return [];
    return { queue, max: claim.max, knows: knowsTypes(claim.types) };
  });
}

function knowsTypes(types: ClaimQueue["types"]): Asked["knows"] {
  const versions = new Map(types.map((type) => [type.name, type.maxVersion]));
  return ({ job }) => job.version <= (versions.get(job.name) ?? 0);
}

function choose(
  store: Store,
  { max, held }: ClaimRequest,
  asked: readonly Asked[],
  session: Session | undefined,
  now: Instant,
): readonly Row[] {
  if (session && holdsHeld(session)) return [];
  for (const { queue } of asked) callUp(store, queue, now);
  if (held && session === undefined) {
    const batch = exclusiveBatch(store, max, asked, now);
    if (batch.length > 0) return batch;
  }
  return ordinaryBatch(store, max, asked, now);
}

const holdsHeld = (session: Session): boolean => [...session.leases.keys()].some((row) => row.job.heldLimit !== null);

function ordinaryBatch(store: Store, max: number, asked: readonly Asked[], now: Instant): readonly Row[] {
  const batch: Row[] = [];
  for (const one of asked) {
    const room = Math.min(one.max, max - batch.length);
    batch.push(...candidates(store, one.queue.ready, one, now, room));
  }
  return batch;
}

/** Jobs of the first queue that has held ones, longest waiting first, no more than the smallest limit among them. */
function exclusiveBatch(store: Store, max: number, asked: readonly Asked[], now: Instant): readonly Row[] {
  for (const one of asked) {
    const held = candidates(store, one.queue.held, one, now, Math.min(max, one.max));
    if (held.length > 0) return withinLimits(held);
  }
  return [];
}

/** The longest beginning of the batch that is no longer than any limit in it. */
function withinLimits(batch: readonly Row[]): readonly Row[] {
  let room = Number.POSITIVE_INFINITY;
  const end = batch.findIndex((row, index) => {
    room = Math.min(room, row.job.heldLimit ?? room);
    return index >= room;
  });
  return end === -1 ? batch : batch.slice(0, end);
}

/** The next jobs in line that the caller may have, at most `room`. Overdue ones met on the way are cancelled. */
function candidates(store: Store, line: SortedRows, { knows }: Asked, now: Instant, room: number): readonly Row[] {
  const found: Row[] = [];
  const overdue: Row[] = [];
  for (const row of line) {
    if (found.length >= room) break;
    if (!isDue(row, now) || !knows(row)) continue;
    if (isOverdue(row, now)) overdue.push(row);
    else found.push(row);
  }
  for (const row of overdue) expireJob(store, row, now);
  return found;
}

/** All leases of a session end together, and a claim that finds nothing is a sign of life as well. */
function lease(store: Store, request: ClaimRequest, batch: readonly Row[], now: Instant): readonly LeasedJob[] {
  const known = store.sessions.get(request.session);
  if (known) known.deadline = now + request.leaseMs;
  if (batch.length === 0) return [];
  const session = known ?? newSession(request.session, now + request.leaseMs);
  session.alone = known === undefined && batch.length === 1;
  store.sessions.set(session.id, session);
  return batch.map((row) => {
    start(store, row, request.session, now);
    const lease: Lease = { ref: refOf(row), epoch: row.job.epoch, token: request.token, session: request.session };
    session.leases.set(row, lease);
    return leasedJob(row, lease);
  });
}

const newSession = (id: SessionId, deadline: Instant): Session => ({ id, deadline, alone: false, leases: new Map() });

function start(store: Store, row: Row, session: SessionId, now: Instant): void {
  const attempt = row.job.attempt + 1;
  const data = claimData(session, attempt);
  change(store, row, now, { kind: "claim", data, set: { state: "active", attempt, startedAt: now, worker: session } });
}

const leasedJob = ({ job }: Row, lease: Lease): LeasedJob => ({
  lease,
  name: job.name,
  version: job.version,
  payload: job.payload,
  progress: job.progress,
  priority: job.priority,
  attempt: job.attempt,
  maxAttempts: job.maxAttempts,
  backoff: job.backoff,
  timeoutMs: job.timeoutMs,
  createdAt: job.createdAt,
  expiresAt: job.expiresAt,
  tags: job.tags,
  group: job.group,
  parent: job.parent,
  heldLimit: job.heldLimit,
});

/** `null` also if a job is due now and was left: for lack of room, or because the session may have nothing. */
function nextDueAt(asked: readonly Asked[], now: Instant): Instant | null {
  let next: Instant | null = null;
  for (const one of asked) {
    const { ready, later, held } = one.queue;
    const soon = later.rows.find(one.knows);
    if (firstFree(ready, one, now) || (soon && isDue(soon, now))) return null;
    const soonHeld = held.rows.find((row) => !isDue(row, now) && one.knows(row));
    for (const row of [soon, soonHeld]) if (row && (next === null || row.job.runAt < next)) next = row.job.runAt;
  }
  return next;
}

const heldQueues = (asked: readonly Asked[], now: Instant): Claim["held"] =>
  asked.flatMap((one) => {
    const first = firstFree(one.queue.held, one, now);
    return first ? { queue: one.queue.name, since: first.job.runAt } : [];
  });

const firstFree = (line: SortedRows, { knows }: Asked, now: Instant): Row | undefined =>
  line.rows.find((row) => isDue(row, now) && knows(row) && !isOverdue(row, now));
