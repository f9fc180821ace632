/**
 * Completions of jobs that hold no dedupe key, enqueue nothing and are settled by the process that claimed them:
 * nearly all there are. Nothing about such a job has to be read first, so those of one lease are one statement.
 */

import { byteLength, bytesOfLease, pkOfLease, type Settled, type Settlement } from "@jobyard/core/adapter";
import type { Leases, OpenLease } from "./leases.ts";
import { completeJob, completeJobs } from "./sql/settle.sql.ts";
import type { Step } from "./step.ts";

export const COMPLETED: Settled = { ok: true, state: "completed", reason: null, followUps: [] };

/** The lease under which this can be completed without a look at the job; null if it takes one. */
export function plainLease(leases: Leases, { lease, guard, decision, followUps }: Settlement): OpenLease | null {
  if (decision.move !== "complete" || guard !== "held") return null;
  if (followUps !== undefined && followUps.length > 0) return null;
  if (pkOfLease(lease) === null) return null;
  const open = leases.find(lease);
  return open?.isIntact === true ? open : null;
}

export class PlainCompletions {
  readonly #step: Step;
  readonly #instead: (settlement: Settlement, index: number) => void;
  readonly #groups = new Map<OpenLease, Group>();

  /** @param instead - settles one that turned out not to be the lease's any more */
  constructor(step: Step, instead: (settlement: Settlement, index: number) => void) {
    this.#step = step;
    this.#instead = instead;
  }

  add(open: OpenLease, settlement: Settlement, index: number): void {
    const { epoch } = settlement.lease;
    const result = settlement.decision.move === "complete" ? settlement.decision.result : null;
    const group = this.#groups.get(open);
    if (group?.epoch === epoch && group.result === result) {
      group.members.push({ settlement, index });
      return;
    }
    if (group) this.#write(open, group);
    this.#groups.set(open, { queue: settlement.lease.ref.queue, epoch, result, members: [{ settlement, index }] });
  }

  /** To be called before anything else is settled: each is judged after those before it. */
  flush(): void {
    for (const [open, group] of this.#groups) this.#write(open, group);
    this.#groups.clear();
  }

  #write(open: OpenLease, group: Group): void {
    const { queue, result, members } = group;
    const pks = members.map(({ settlement }) => pkOfLease(settlement.lease) ?? 0);
    if (this.#complete(open, group, pks)) {
      let bytes = members.length * resultBytes(result);
      for (const { settlement } of members) bytes += bytesOfLease(settlement.lease);
      countCompleted(this.#step, queue, open, pks, bytes);
    } else for (const { settlement, index } of members) this.#instead(settlement, index);
  }

  /** All or none of them: if one is not active under this lease, each has to be looked at. */
  #complete(open: OpenLease, { epoch, result }: Group, pks: readonly number[]): boolean {
    const { db } = this.#step;
    const set = { epoch, ...completion(this.#step, open, result) };
    if (pks.length === 1) return db.run(completeJob, { pk: pks[0] ?? 0, ...set }) === 1;
    return db.attempt(() => db.run(completeJobs, { pks: JSON.stringify(pks), ...set }) === pks.length);
  }
}

interface Group {
  readonly queue: string;
  readonly epoch: number;
  readonly result: string | null;
  readonly members: { readonly settlement: Settlement; readonly index: number }[];
}

export const completion = (
  { now }: Step,
  { session, claimedAt }: OpenLease,
  result: string | null,
): {
  readonly result: string | null;
  readonly started_at: number;
  readonly finished_at: number;
  readonly worker: string;
} => ({
  result,
  started_at: claimedAt,
  finished_at: now,
  worker: session,
});

export const resultBytes = (result: string | null): number => (result === null ? 0 : byteLength(result));

/** What else a completion changes. @param bytes - of all these jobs, as retention counts */
export function countCompleted(
  { tally, done, touched, now }: Step,
  queue: string,
  open: OpenLease,
  pks: readonly number[],
  bytes: number,
): void {
  open.completed(pks.length);
  tally.add(queue, "depth", -pks.length);
  done.add(queue, now, pks, bytes);
  touched.add(queue);
}
