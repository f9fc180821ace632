/** The leases that a step looks at: read once, changed in memory, written once at the end of the step. */

import type { Lease } from "@jobyard/core/adapter";
import type { Holding, JobRow } from "./rows.ts";
import {
  allLeases,
  findLease,
  leasesAbout,
  removeIdleSession,
  removeLease,
  type StoredLease,
  updateLease,
} from "./sql/lease.sql.ts";
import type { Step, View } from "./step.ts";

interface OpenLease extends Holding {
  readonly id: number;
  /** Jobs that are not settled yet. */
  readonly pks: Set<number>;
  isChanged: boolean;
}

export class Leases {
  readonly #step: Step;
  readonly #open = new Map<string, OpenLease | null>();

  constructor(step: Step) {
    this.#step = step;
  }

  /** The fence. Null if the lease is no longer the one under which the job runs. */
  own(row: Pick<JobRow, "pk" | "queue" | "epoch">, { token, epoch }: Lease): Holding | null {
    const open = this.#find(token, row.queue);
    const isOwn = open?.pks.has(row.pk) && row.epoch === epoch;
    return isOwn ? open : null;
  }

  /** The job is settled. */
  end({ pk, queue }: Pick<JobRow, "pk" | "queue">, { token }: Lease): void {
    const open = this.#find(token, queue);
    if (open) open.isChanged = open.pks.delete(pk) || open.isChanged;
  }

  write(): void {
    const { db } = this.#step;
    for (const open of this.#open.values()) {
      if (!open?.isChanged) continue;
      if (open.pks.size > 0) {
        db.run(updateLease, { id: open.id, unsettled: open.pks.size, pks: JSON.stringify([...open.pks]) });
      } else {
        db.run(removeLease, { id: open.id });
        db.run(removeIdleSession, { session: open.session });
      }
    }
  }

  #find(token: string, queue: string): OpenLease | null {
    const key = `${token}:${queue}`;
    const known = this.#open.get(key);
    if (known !== undefined) return known;
    const stored = this.#step.db.get(findLease, { token, queue });
    const open = stored ? { ...holdingOf(stored), id: stored.id, pks: new Set(pksOf(stored)), isChanged: false } : null;
    this.#open.set(key, open);
    return open;
  }
}

/** The lease of one active job, without taking every other apart. */
export function holdingFor({ db }: View, { pk, queue }: Pick<JobRow, "pk" | "queue">): Holding | null {
  const stored = db.all(leasesAbout, { queue, pk: String(pk) }).find((lease) => pksOf(lease).includes(pk));
  return stored ? holdingOf(stored) : null;
}

/** Every active job with its lease, by pk. */
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
