/** The leases that a step looks at: read once, changed in memory, written once at the end of the step. */

import type { Holding, Lease } from "@jobyard/core/adapter";
import type { JobRow } from "./rows.ts";
import {
  allLeases,
  breakLease,
  findLease,
  type LeaseHead,
  type LeaseKey,
  leasesAbout,
  pksOfLease,
  removeIdleSession,
  removeLease,
  type StoredLease,
  shortenLease,
} from "./sql/lease.sql.ts";
import type { Step, View } from "./step.ts";

/** One row of `lease`, as it is at this point of the step. */
export class OpenLease implements Holding {
  readonly token: string;
  readonly session: string;
  readonly queue: string;
  readonly claimedAt: number;
  readonly deadline: number;
  readonly #view: View;
  readonly #stored: number;
  readonly #isStoredIntact: boolean;
  #unsettled: number;
  #hasLost = false;
  #pks: Set<number> | null = null;

  constructor(view: View, { session, token, queue }: LeaseKey, head: LeaseHead) {
    this.#view = view;
    this.session = session;
    this.token = token;
    this.queue = queue;
    this.claimedAt = head.claimed_at;
    this.deadline = head.deadline;
    this.#stored = head.unsettled;
    this.#unsettled = head.unsettled;
    this.#isStoredIntact = head.intact === 1;
  }

  /** Every job of the claim is still in it, or completed. */
  get isIntact(): boolean {
    return this.#isStoredIntact && !this.#hasLost;
  }

  has(pk: number): boolean {
    return this.#list().has(pk);
  }

  /** So many of its jobs completed, which their rows say. */
  completed(count: number): void {
    this.#unsettled -= count;
  }

  /** The job has left it and waits, or came to another end. */
  lost(pk: number): void {
    this.#list().delete(pk);
    this.#hasLost = true;
    this.#unsettled -= 1;
  }

  write({ db }: Step): void {
    const unsettled = this.#unsettled;
    if (unsettled === this.#stored) return;
    if (unsettled === 0) {
      db.run(removeLease, this);
      db.run(removeIdleSession, this);
    } else if (this.#hasLost) db.run(breakLease, { ...this.#key(), unsettled, pks: JSON.stringify([...this.#list()]) });
    else db.run(shortenLease, { ...this.#key(), unsettled });
  }

  #key(): LeaseKey {
    const { session, token, queue } = this;
    return { session, token, queue };
  }

  /** Read when it is first asked for: completions of an intact lease need no look at it. */
  #list(): Set<number> {
    this.#pks ??= new Set(pksOf(this.#view.db.get(pksOfLease, this) ?? { pks: "[]" }));
    return this.#pks;
  }
}

export class Leases {
  readonly #step: Step;
  readonly #open = new Map<string, OpenLease | null>();
  /** Most settlements of a call are of one lease. */
  #last: OpenLease | null = null;

  constructor(step: Step) {
    this.#step = step;
  }

  /** The fence. Null if the lease is no longer the one under which the job runs. */
  own(row: Pick<JobRow, "pk" | "queue" | "state" | "epoch">, lease: Lease): OpenLease | null {
    if (row.state !== "waiting" || row.epoch !== lease.epoch) return null;
    const open = this.find(lease);
    return open?.has(row.pk) === true ? open : null;
  }

  find({ session, token, ref: { queue } }: Lease): OpenLease | null {
    const last = this.#last;
    if (last !== null && last.token === token && last.queue === queue && last.session === session) return last;
    this.#last = this.#find({ session, token, queue });
    return this.#last;
  }

  #find(key: LeaseKey): OpenLease | null {
    const id = `${key.token}:${key.queue}:${key.session}`;
    const known = this.#open.get(id);
    if (known !== undefined) return known;
    const head = this.#step.db.get(findLease, key);
    const open = head === undefined ? null : new OpenLease(this.#step, key, head);
    this.#open.set(id, open);
    return open;
  }

  write(): void {
    for (const open of this.#open.values()) open?.write(this.#step);
  }
}

/** The lease of one active job, without taking every other apart. */
export function holdingFor({ db }: View, { pk, queue }: Pick<JobRow, "pk" | "queue">): Holding | null {
  const stored = db.all(leasesAbout, { queue, pk: String(pk) }).find((lease) => pksOf(lease).includes(pk));
  return stored ? holdingOf(stored) : null;
}

/** Every active job with its lease, by pk. Completed ones of the same claims are among them: their rows say so. */
export function holdings({ db }: View): ReadonlyMap<number, Holding> {
  const found = new Map<number, Holding>();
  for (const stored of db.all(allLeases, {})) {
    const holding = holdingOf(stored);
    for (const pk of pksOf(stored)) found.set(pk, holding);
  }
  return found;
}

export const pksOf = ({ pks }: Pick<StoredLease, "pks">): readonly number[] => JSON.parse(pks) as number[];

const holdingOf = ({ session, token, claimed_at, deadline }: StoredLease): Holding => ({
  session,
  token,
  claimedAt: claimed_at,
  deadline,
});
