/** Claim: whose turn it is, and the leases for them, in one step that writes no job row. */

import {
  type Claim,
  type ClaimRequest,
  type Instant,
  type Lease,
  type LeasedJob,
  ownLease,
  parsed,
  toBackoff,
} from "@jobyard/core/adapter";
import { expireJob, isOverdue } from "./expire.ts";
import { followState } from "./keys.ts";
import { type Asked, askedQueues, heldQueues, isIdle, nextDueAt } from "./outlook.ts";
import { refOf } from "./rows.ts";
import {
  type ClaimRow,
  claimable,
  dueHeld,
  dueLater,
  type Head,
  headsOf,
  numberJob,
  removeDue,
  removeHeads,
} from "./sql/claim.sql.ts";
import { jobByPk } from "./sql/job.sql.ts";
import { addLease, findSession, moveDeadline, saveSession } from "./sql/lease.sql.ts";
import { addReady, removeExpiry, removeHeld } from "./sql/line.sql.ts";
import type { Step, View } from "./step.ts";

/**
 * Jobs that one claim calls up at most: a million that become due in the same moment are called up by the
 * claims that follow, so that none of them keeps the process from its heartbeat.
 */
const CALL_UP_LIMIT = 10_000;
/** Overdue jobs at the front of the line that one claim cancels at most, for the same reason. */
const EXPIRE_LIMIT = 2_000;

/**
 * Which look of a claim that waits this is. Only the first is a sign of life of its session: if each were, the
 * commits of two waiting workers would wake each other without end.
 */
export type Look = "first" | "again";

/** The answer of a claim that would change nothing; null if it might. */
export function idleClaim(view: View, request: ClaimRequest, look: Look): Claim | null {
  const session = view.db.get(findSession, { session: request.session });
  if (session && look === "first") return null;
  const asked = askedQueues(view, request);
  if (session?.exclusive !== 1 && !isIdle(view, asked)) return null;
  return answer(view, asked, []);
}

export function claimNow(step: Step, request: ClaimRequest, look: Look = "first"): Claim {
  const asked = askedQueues(step, request);
  const session = step.db.get(findSession, { session: request.session });
  return answer(step, asked, lease(step, request, choose(step, request, asked, session), look));
}

const answer = (view: View, asked: readonly Asked[], jobs: readonly LeasedJob[]): Claim => ({
  jobs,
  now: view.now,
  nextDueAt: nextDueAt(view, asked),
  held: heldQueues(view, asked),
});

interface Session {
  readonly exclusive: 0 | 1;
}

/** Whom the session gets. */
interface Choice {
  readonly rows: readonly Chosen[];
  readonly exclusive: 0 | 1;
  readonly isFirst: boolean;
}

interface Chosen {
  readonly row: ClaimRow;
  readonly from: Asked;
}

function choose(
  step: Step,
  { max, held }: ClaimRequest,
  asked: readonly Asked[],
  session: Session | undefined,
): Choice {
  const isFirst = session === undefined;
  if (session?.exclusive === 1) return { rows: [], exclusive: 1, isFirst };
  for (const { queue, hasLater } of asked) if (hasLater) callUp(step, queue);
  const batch = held && isFirst ? exclusiveBatch(step, max, asked) : [];
  if (batch.length > 0) return { rows: batch, exclusive: 1, isFirst };
  return { rows: ordinaryBatch(step, max, asked), exclusive: 0, isFirst };
}

/** Jobs whose time has come get their order numbers, the earliest first. The claimer is the promoter. */
function callUp({ db, now, tally, touched }: Step, queue: string): void {
  const due = db.all(dueLater, { queue, now, limit: CALL_UP_LIMIT });
  const last = due.at(-1);
  if (last === undefined) return;
  tally.expect(due.length);
  for (const { pk, lane, priority } of due) {
    const ord = tally.number();
    db.run(addReady, { lane, priority, ord, pk });
    db.run(numberJob, { pk, ord });
  }
  db.run(removeDue, { queue, run_at: last.run_at, pk: last.pk });
  // More may be due: a claim that waits looks again at once.
  if (due.length === CALL_UP_LIMIT) touched.add(queue);
}

function ordinaryBatch(step: Step, max: number, asked: readonly Asked[]): readonly Chosen[] {
  const batch: Chosen[] = [];
  for (const from of asked) {
    const room = Math.min(from.max, max - batch.length);
    for (const row of takeHeads(step, from, room)) batch.push({ row, from });
  }
  return batch;
}

/** The next `room` jobs of the queue, taken out of the line. Overdue ones met on the way are cancelled. */
function takeHeads(step: Step, { lanes }: Asked, room: number): readonly ClaimRow[] {
  if (room <= 0) return [];
  const rows: ClaimRow[] = [];
  const line = merge([...lanes.keys()].map((lane) => laneHeads(step, lane, room)));
  const taken = new Map<number, Head>();
  let expired = 0;
  while (rows.length < room && expired < EXPIRE_LIMIT) {
    const heads = [...take(line, room - rows.length)];
    if (heads.length === 0) break;
    for (const { lane, head } of heads) taken.set(lane, head);
    for (const row of claimRows(
      step,
      heads.map(({ head }) => head.pk),
    ))
      if (expiredNow(step, row)) expired += 1;
      else rows.push(row);
  }
  for (const [lane, { priority, ord }] of taken) step.db.run(removeHeads, { lane, priority, ord });
  return rows;
}

/** An overdue job is never handed out. */
function expiredNow(step: Step, { pk, expires_at }: ClaimRow): boolean {
  if (!isOverdue({ expires_at }, step.now)) return false;
  const row = step.db.get(jobByPk, { pk });
  if (row) expireJob(step, row);
  return true;
}

const claimRows = ({ db }: Step, pks: readonly number[]): readonly ClaimRow[] =>
  db.all(claimable, { pks: JSON.stringify(pks) });

interface LaneHead {
  readonly lane: number;
  readonly head: Head;
}

/** One lane's line from its front, read in portions. */
function* laneHeads({ db }: Step, lane: number, portion: number): Generator<LaneHead> {
  let after: Pick<Head, "priority" | "ord"> = { priority: -1, ord: -1 };
  for (;;) {
    const heads = db.all(headsOf, { lane, priority: after.priority, ord: after.ord, limit: portion });
    for (const head of heads) yield { lane, head };
    const last = heads.at(-1);
    if (last === undefined || heads.length < portion) return;
    after = last;
  }
}

/** Lines that are each in order, as one: lowest priority number first, then lowest order number. */
function* merge(lines: readonly Generator<LaneHead>[]): Generator<LaneHead> {
  const open = lines.flatMap((line) => {
    const { value } = line.next();
    return value ? [{ line, next: value }] : [];
  });
  while (open.length > 0) {
    const first = open.reduce((a, b) => (byTurn(a.next.head, b.next.head) <= 0 ? a : b));
    yield first.next;
    const { value } = first.line.next();
    if (value) first.next = value;
    else open.splice(open.indexOf(first), 1);
  }
}

const byTurn = (a: Head, b: Head): number => a.priority - b.priority || a.ord - b.ord;

function* take<T>(items: Iterator<T>, count: number): Generator<T> {
  for (let taken = 0; taken < count; taken++) {
    const { value, done } = items.next();
    if (done) return;
    yield value;
  }
}

/** Jobs of the first queue that has held ones, longest waiting first, no more than the smallest limit among them. */
function exclusiveBatch(step: Step, max: number, asked: readonly Asked[]): readonly Chosen[] {
  for (const from of asked.filter(({ hasHeld }) => hasHeld)) {
    let room = Math.min(max, from.max);
    const rows = heldRows(step, from, room);
    if (rows.length === 0) continue;
    const batch: Chosen[] = [];
    for (const { row, runAt } of rows) {
      room = Math.min(room, row.held_limit ?? room);
      if (batch.length >= room) break;
      step.db.run(removeHeld, { queue: row.queue, run_at: runAt, pk: row.pk });
      batch.push({ row, from });
    }
    return batch;
  }
  return [];
}

/** The longest waiting. Overdue ones met on the way are cancelled, which makes room for others. */
function heldRows(
  step: Step,
  { queue, laneIds }: Asked,
  room: number,
): readonly { readonly row: ClaimRow; readonly runAt: Instant }[] {
  for (;;) {
    const due = step.db.all(dueHeld, { queue, now: step.now, lanes: laneIds, limit: room });
    const runAts = new Map(due.map(({ pk, run_at }) => [pk, run_at]));
    const met = claimRows(step, [...runAts.keys()]);
    const rows = met.filter((row) => !expiredNow(step, row));
    if (rows.length === met.length) return rows.map((row) => ({ row, runAt: runAts.get(row.pk) ?? 0 }));
  }
}

/** All leases of a session end together, and a claim that finds nothing is a sign of life as well. */
function lease(
  step: Step,
  request: ClaimRequest,
  { rows, exclusive, isFirst }: Choice,
  look: Look,
): readonly LeasedJob[] {
  const { session, token } = request;
  if (rows.length === 0) {
    if (!isFirst && look === "first") step.db.run(moveDeadline, { session, deadline: step.now + request.leaseMs });
    return [];
  }
  const alone = isFirst && rows.length === 1 ? 1 : 0;
  step.db.run(saveSession, { session, deadline: step.now + request.leaseMs, alone });
  for (const [queue, chosen] of Map.groupBy(rows, ({ row }) => row.queue)) {
    const pks = JSON.stringify(chosen.map(({ row }) => row.pk));
    step.db.run(addLease, { token, queue, session, claimed_at: step.now, exclusive, unsettled: chosen.length, pks });
    step.touched.add(queue);
  }
  return rows.map((chosen) => start(step, chosen, request));
}

function start(step: Step, { row, from }: Chosen, { session, token }: ClaimRequest): LeasedJob {
  if (row.dedupe_while === "waiting") followState(step, row, "active");
  if (row.expires_at !== null) step.db.run(removeExpiry, { at: row.expires_at, pk: row.pk });
  const type = from.lanes.get(row.lane);
  return {
    lease: leaseOf(row, token, session),
    name: type?.name ?? "",
    version: type?.version ?? 0,
    payload: row.payload,
    progress: row.progress,
    priority: row.priority,
    attempt: row.attempt + 1,
    maxAttempts: row.max_attempts,
    backoff: toBackoff(row.backoff),
    timeoutMs: row.timeout_ms,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    tags: parsed(row.tags) ?? [],
    group: row.grp,
    parent: parsed(row.parent),
    heldLimit: row.held_limit,
  };
}

/** A job that holds a dedupe key is looked at when it is settled: the key has to follow. */
function leaseOf(row: ClaimRow, token: string, session: string): Lease {
  const lease = { ref: refOf(row), epoch: row.epoch, token, session };
  return row.dedupe_key === null ? ownLease(lease, row.pk, row.bytes) : lease;
}
