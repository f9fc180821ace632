/** The leases that a step looks at: locked and read once, changed in memory, written with everything else. */

import type { Instant, Lease } from "@jobyard/core/adapter";
import type { Claimed, LockedJob, LockedLease } from "./locks.ts";
import type { Changes } from "./sql/changes.sql.ts";

/** One row of `lease`, as it is at this point of the step. */
export class OpenLease implements Claimed {
  readonly session: string;
  readonly token: string;
  readonly queue: string;
  readonly claimedAt: Instant;
  readonly deadline: Instant;
  readonly #pks: ReadonlySet<number>;
  readonly #lost: number[] = [];
  #settled = 0;

  constructor({ session, token, queue, claimed_at, deadline, pks }: LockedLease) {
    this.session = session;
    this.token = token;
    this.queue = queue;
    this.claimedAt = claimed_at;
    this.deadline = deadline;
    this.#pks = new Set(pks);
  }

  has(pk: number): boolean {
    return this.#pks.has(pk) && !this.#lost.includes(pk);
  }

  /** One of its jobs completed, which that job's row says. */
  completed(): void {
    this.#settled += 1;
  }

  /** The job has left it and waits, or came to another end. */
  lost(pk: number): void {
    this.#lost.push(pk);
    this.#settled += 1;
  }

  /** Null if there is nothing to write. */
  get change(): NonNullable<Changes["leases"]>[number] | null {
    if (this.#settled === 0) return null;
    const { session, token, queue } = this;
    return { session, token, queue, settled: this.#settled, lost: this.#lost };
  }
}

export class Leases {
  readonly #open: ReadonlyMap<string, OpenLease>;

  constructor(locked: readonly LockedLease[]) {
    this.#open = new Map(locked.map((lease) => [nameOf(lease), new OpenLease(lease)]));
  }

  /** The fence. Null if the lease is no longer the one under which the job runs. */
  own({ pk, state, epoch }: LockedJob, { session, token, ref, epoch: leased }: Lease): OpenLease | null {
    if (state !== "waiting" || epoch !== leased) return null;
    const open = this.#open.get(nameOf({ session, token, queue: ref.queue }));
    return open?.has(pk) === true ? open : null;
  }

  /** What has to be written. */
  get changes(): NonNullable<Changes["leases"]> {
    return [...this.#open.values()].flatMap(({ change }) => change ?? []);
  }
}

const nameOf = ({ session, token, queue }: Pick<LockedLease, "session" | "token" | "queue">): string =>
  `${session}\n${token}\n${queue}`;
