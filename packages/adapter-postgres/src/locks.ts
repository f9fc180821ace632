/**
 * What a step is about to change, locked in the order that holds for everybody, and as it stands then: one round trip
 * for any number of jobs.
 */

import {
  DEFAULTS,
  type Holding,
  type Instant,
  type JobRef,
  type Lease,
  type State,
  type StoredFixed,
  type StoredTexts,
} from "@jobyard/core/adapter";
import type { Connection } from "./connection.ts";
import type { Changing } from "./rows.ts";
import { lockJobs, lockLeased, lockTrash } from "./sql/locks.sql.ts";

/** A job as a step sees it. A text that can be large is there, in brackets, if the step wanted it. */
export interface LockedJob
  extends Changing,
    Pick<StoredFixed, "pk" | "queue" | "id" | "lane" | "dedupe_key" | "dedupe_while">,
    ReadTexts {
  /** UTF-8 lengths; null where there is no text. */
  readonly bytes: { readonly payload: number; readonly result: number | null; readonly errors: number | null };
}

export type ReadTexts = { readonly [Name in keyof StoredTexts]: readonly [StoredTexts[Name]] | null };

/** A text that the step wanted. */
export function textOf<Name extends keyof StoredTexts>(job: LockedJob, name: Name): StoredTexts[Name] {
  const text: ReadTexts[Name] = job[name];
  if (text === null) throw new Error(`job ${job.queue}/${job.id} was read without its ${name}`);
  return text[0];
}

/** Who holds a dedupe key. With a `{forMs}` key possibly a job that is gone. */
export interface Holder {
  readonly queue: string;
  readonly key: string;
  readonly pk: number;
}

/** The lease of an active job, as far as its event tells of it. */
export type Claimed = Pick<Holding, "session" | "token" | "claimedAt">;

export interface LockedJobs {
  /** Taken once everything was locked, so that nobody's change that it waited for is later. */
  readonly now: Instant;
  readonly jobs: readonly LockedJob[];
  /** Of the jobs that wait. Who is stored as waiting and is not among them is active. */
  readonly inLine: ReadonlySet<number>;
  /** By job, for those that are active. */
  readonly claims: ReadonlyMap<number, Claimed>;
  readonly holders: readonly Holder[];
}

/** Jobs by their addresses, as far as there are any. @param wants - the texts that are needed */
export async function lock(
  db: Connection,
  refs: readonly JobRef[],
  wants: readonly (keyof StoredTexts)[],
): Promise<LockedJobs> {
  const asked = refs.map(({ queue, id }) => ({ queue, id }));
  const row = await db.get(lockJobs, { refs: JSON.stringify(asked), wants });
  const told = answerIn<ToldJobs>(row);
  return {
    now: told.now,
    jobs: told.jobs ?? [],
    inLine: new Set(told.in_line),
    claims: new Map((told.holdings ?? []).map((one) => [one.pk, claimedOf(one)])),
    holders: told.holders ?? [],
  };
}

/** The state that people see: what is stored as waiting and stands in no line is in a lease. */
export const stateIn = ({ inLine }: Pick<LockedJobs, "inLine">, { pk, state }: LockedJob): State =>
  state === "waiting" && !inLine.has(pk) ? "active" : state;

/** One row of `lease`, and which of the jobs that were asked for are in it. */
export interface LockedLease {
  readonly session: string;
  readonly token: string;
  readonly queue: string;
  readonly claimed_at: Instant;
  readonly deadline: Instant;
  readonly pks: readonly number[];
}

export interface LockedUnderLease {
  readonly now: Instant;
  readonly jobs: readonly LockedJob[];
  readonly leases: readonly LockedLease[];
  readonly holders: readonly Holder[];
}

/** The state of a job whose own lease is among those that were asked for. What others are in is not known. */
export const stateUnderLease = ({ state }: LockedJob): State => (state === "waiting" ? "active" : state);

/**
 * Jobs with the leases that somebody has of them.
 *
 * @param besides - only locked, with their jobs: somebody else in this step is going to change them
 * @param locks - `leases`: they are going to change; `sessions`: their deadlines must not move meanwhile
 */
export async function lockUnderLease(
  db: Connection,
  leases: readonly Lease[],
  wants: readonly (keyof StoredTexts)[],
  locks: { readonly sessions: boolean; readonly leases: boolean },
  besides: readonly Lease[] = [],
): Promise<LockedUnderLease> {
  const asked = [...leases.map(askedFor), ...besides.map((lease) => ({ ...askedFor(lease), besides: true }))];
  const row = await db.get(lockLeased, {
    asked: JSON.stringify(asked),
    wants,
    with_sessions: locks.sessions,
    with_leases: locks.leases,
  });
  const told = answerIn<ToldLeased>(row);
  return { now: told.now, jobs: told.jobs ?? [], leases: told.leases ?? [], holders: told.holders ?? [] };
}

const askedFor = ({ session, token, ref }: Lease): object => ({ session, token, queue: ref.queue, id: ref.id });

/** A removed job as it was when it went. */
export interface Trashed {
  readonly job: LockedJob;
  /** When it came into the state in which it was removed, for those that call for attention. */
  readonly enteredAt: Instant | null;
}

export interface LockedTrash {
  readonly now: Instant;
  readonly trashed: readonly Trashed[];
  /** Of the addresses that were asked for, those that a job has now. */
  readonly taken: readonly (JobRef & { readonly state: State })[];
  readonly holders: readonly Holder[];
}

/** What lies in the trash under these addresses, and not for too long. */
export async function lockRemoved(db: Connection, refs: readonly JobRef[]): Promise<LockedTrash> {
  const asked = refs.map(({ queue, id }) => ({ queue, id }));
  const row = await db.get(lockTrash, { refs: JSON.stringify(asked), kept_ms: DEFAULTS.trashMs });
  const told = answerIn<ToldTrash>(row);
  return {
    now: told.now,
    trashed: (told.trashed ?? []).map(({ job, entered_at }) => ({ job, enteredAt: entered_at })),
    taken: told.taken ?? [],
    holders: told.holders ?? [],
  };
}

function answerIn<T>(row: { readonly answer: string } | undefined): T {
  if (row === undefined) throw new TypeError("a locking statement answered with no row");
  return JSON.parse(row.answer) as T;
}

// ── as the database tells it: empty lists are null ───────────────────────────────────────────────

interface ToldJobs {
  readonly now: Instant;
  readonly jobs: readonly LockedJob[] | null;
  readonly in_line: readonly number[];
  readonly holdings: readonly ToldHolding[] | null;
  readonly holders: readonly Holder[] | null;
}
interface ToldHolding {
  readonly pk: number;
  readonly session: string;
  readonly token: string;
  readonly claimed_at: Instant;
}
interface ToldLeased {
  readonly now: Instant;
  readonly jobs: readonly LockedJob[] | null;
  readonly leases: readonly LockedLease[] | null;
  readonly holders: readonly Holder[] | null;
}
interface ToldTrash {
  readonly now: Instant;
  readonly trashed: readonly { readonly job: LockedJob; readonly entered_at: Instant | null }[] | null;
  readonly taken: LockedTrash["taken"] | null;
  readonly holders: readonly Holder[] | null;
}

const claimedOf = ({ session, token, claimed_at }: ToldHolding): Claimed => ({
  session,
  token,
  claimedAt: claimed_at,
});
