/** Claim: whose turn it is, and the leases for them, in one step. */

import type { Claim, ClaimQueue, ClaimRequest, LeasedJob } from "../../contract/adapter.ts";
import { claimData } from "../../contract/entries.ts";
import type { Instant } from "../../nouns/job.ts";
import { change } from "./change.ts";
import { expireJob, isOverdue } from "./expire.ts";
import { leaseOf } from "./lease.ts";
import { callUp, isDue } from "./line.ts";
import type { Queue, Row, Session, Store } from "./store.ts";

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
  for (const { queue } of asked) callUp(store, queue, now);
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
  if (held && session === undefined) {
    const batch = exclusiveBatch(store, max, asked, now);
    if (batch.length > 0) return batch;
  }
  return ordinaryBatch(store, max, asked, now);
}

const holdsHeld = (session: Session): boolean => [...session.rows].some((row) => row.job.heldLimit !== null);

function ordinaryBatch(store: Store, max: number, asked: readonly Asked[], now: Instant): readonly Row[] {
  const batch: Row[] = [];
  for (const one of asked) {
    const room = Math.min(one.max, max - batch.length);
    batch.push(...candidates(store, one, now, room, (row) => row.job.heldLimit === null));
  }
  return batch;
}

/** Jobs of the first queue that has held ones, longest waiting first, no more than the smallest limit among them. */
function exclusiveBatch(store: Store, max: number, asked: readonly Asked[], now: Instant): readonly Row[] {
  for (const one of asked) {
    const held = candidates(store, one, now, Number.POSITIVE_INFINITY, (row) => row.job.heldLimit !== null);
    if (held.length === 0) continue;
    const batch: Row[] = [];
    let room = Math.min(max, one.max);
    for (const row of held.sort((a, b) => a.job.runAt - b.job.runAt)) {
      room = Math.min(room, row.job.heldLimit ?? room);
      if (batch.length >= room) break;
      batch.push(row);
    }
    return batch;
  }
  return [];
}

/** The next jobs in line that the caller may have, at most `room`. Overdue ones met on the way are cancelled. */
function candidates(
  store: Store,
  { queue, knows }: Asked,
  now: Instant,
  room: number,
  isWanted: (row: Row) => boolean,
): Row[] {
  const found: Row[] = [];
  const overdue: Row[] = [];
  for (const row of queue.ready) {
    if (found.length >= room) break;
    if (!isDue(row, now) || !knows(row) || !isWanted(row)) continue;
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
  const session = known ?? { id: request.session, deadline: now + request.leaseMs, alone: false, rows: new Set<Row>() };
  session.alone = known === undefined && batch.length === 1;
  store.sessions.set(session.id, session);
  return batch.map((row) => {
    start(store, row, request, now);
    session.rows.add(row);
    return leasedJob(row);
  });
}

function start(store: Store, row: Row, { session, token }: ClaimRequest, now: Instant): void {
  const attempt = row.job.attempt + 1;
  change(store, row, now, {
    kind: "claim",
    data: claimData(session, attempt),
    set: { state: "active", attempt, startedAt: now, worker: session },
  });
  row.token = token;
}

const leasedJob = (row: Row): LeasedJob => ({
  lease: leaseOf(row),
  name: row.job.name,
  version: row.job.version,
  payload: row.job.payload,
  progress: row.job.progress,
  priority: row.job.priority,
  attempt: row.job.attempt,
  maxAttempts: row.job.maxAttempts,
  backoff: row.job.backoff,
  timeoutMs: row.job.timeoutMs,
  createdAt: row.job.createdAt,
  expiresAt: row.job.expiresAt,
  tags: row.job.tags,
  group: row.job.group,
  parent: row.job.parent,
  heldLimit: row.job.heldLimit,
});

const isFree = (row: Row, { knows }: Asked, now: Instant): boolean =>
  isDue(row, now) && knows(row) && !isOverdue(row, now);

/** `null` also if a job is due now and was left for lack of room. */
function nextDueAt(asked: readonly Asked[], now: Instant): Instant | null {
  let next: Instant | null = null;
  for (const one of asked) {
    for (const row of one.queue.ready) if (row.job.heldLimit === null && isFree(row, one, now)) return null;
    const first = one.queue.later.rows.find(one.knows);
    if (first && (next === null || first.job.runAt < next)) next = first.job.runAt;
  }
  return next;
}

function heldQueues(asked: readonly Asked[], now: Instant): Claim["held"] {
  return asked.flatMap((one) => {
    let since: Instant | null = null;
    for (const row of one.queue.ready)
      if (row.job.heldLimit !== null && isFree(row, one, now) && (since === null || row.job.runAt < since))
        since = row.job.runAt;
    return since === null ? [] : { queue: one.queue.name, since };
  });
}
