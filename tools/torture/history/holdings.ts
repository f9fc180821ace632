/** What this process holds, by the answers it had: which epoch a handler runs under, and who shares the process. */

import type { JobRef, LeasedJob } from "@jobyard/core/adapter";

export class Holdings {
  readonly #held = new Map<string, LeasedJob>();

  take(jobs: readonly LeasedJob[]): void {
    for (const job of jobs) this.#held.set(keyOf(job.lease.ref), job);
  }

  /** Settled, whatever the answer was. */
  drop(ref: JobRef, token: string): void {
    const key = keyOf(ref);
    if (this.#held.get(key)?.lease.token === token) this.#held.delete(key);
  }

  /** @throws Error if the job is not held: its handler would not run */
  epochOf(ref: JobRef): number {
    const job = this.#held.get(keyOf(ref));
    if (job === undefined) throw new Error(`${keyOf(ref)} runs without a lease`);
    return job.lease.epoch;
  }

  /** It shared a crash, and runs in an exclusive batch. */
  isHeld(ref: JobRef): boolean {
    return (this.#held.get(keyOf(ref))?.heldLimit ?? null) !== null;
  }

  /** How many are held that are not of this type. */
  othersThan(name: string): number {
    let count = 0;
    for (const job of this.#held.values()) if (job.name !== name) count += 1;
    return count;
  }
}

const keyOf = ({ queue, id }: JobRef): string => `${queue}/${id}`;
