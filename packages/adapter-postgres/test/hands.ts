/** The verbs of an adapter in the few words that tests of races need; all jobs are plain ones of one queue. */

import { randomUUID } from "node:crypto";
import type {
  Adapter,
  ApplyOptions,
  Decision,
  Dedupe,
  Extended,
  JobRef,
  Lease,
  MoveResult,
  NewJob,
  OperatorMove,
  Receipt,
  Settled,
  Settlement,
} from "@jobyard/core/adapter";
import { claimRequest, newJob } from "@jobyard/core/testing";

const { queue: QUEUE } = newJob("any");
export const refTo = (id: string): JobRef => ({ queue: QUEUE, id });

export const keyed = (
  key: string,
  held: Dedupe["while"],
  onConflict: Dedupe["onConflict"] = "skip",
): Partial<NewJob> => ({
  dedupe: { key, while: held, onConflict },
});

const failure = { code: "FAILED", message: "of no importance", stack: null };
export const COMPLETE: Decision = { move: "complete", result: '"done"' };
export const BURY: Decision = { move: "bury", failure };
export const retryIn = (delayMs: number): Decision => ({ move: "retry", delayMs, failure });
export const rescueHeld = (heldLimit: number | null): Decision => ({
  ...{ move: "rescue", to: "waiting", charged: true, delayMs: 0, failure },
  heldLimit,
});
export const RESCUE: Decision = rescueHeld(null);

/** What became of a settlement in one word. */
export const outcomeOf = (settled: Settled): string => (settled.ok ? settled.state : settled.now);

export class Hands {
  readonly adapter: Adapter;

  constructor(adapter: Adapter) {
    this.adapter = adapter;
  }

  enqueue(...jobs: readonly NewJob[]): Promise<readonly Receipt[]> {
    return this.adapter.writer.enqueue(jobs);
  }

  /** The leases of the next jobs. */
  async claim(session: string, max = 1): Promise<readonly Lease[]> {
    const request = claimRequest(randomUUID(), { session, max, held: true });
    const { jobs } = await this.adapter.leaser.claim(request);
    return jobs.map(({ lease }) => lease);
  }

  /** The one job that there is to claim. */
  async claimOne(session: string): Promise<Lease> {
    const [lease] = await this.claim(session);
    if (lease === undefined) throw new Error("there was nothing to claim");
    return lease;
  }

  settleAll(settlements: readonly Settlement[]): Promise<readonly Settled[]> {
    return this.adapter.leaser.settle(settlements);
  }

  async settle(lease: Lease, decision: Decision, guard: Settlement["guard"] = "held"): Promise<string> {
    return (await this.settleAll([{ lease, guard, decision }])).map(outcomeOf).join();
  }

  extend(session: string, leases: readonly Lease[]): Promise<Extended> {
    return this.adapter.leaser.extend(session, leases, 60_000);
  }

  async append(lease: Lease, kind: string): Promise<boolean | undefined> {
    return (await this.adapter.leaser.append([{ lease, kind, data: "1" }]))[0];
  }

  applyAll(
    move: OperatorMove,
    ids: readonly string[],
    options: Partial<ApplyOptions> = {},
  ): Promise<readonly MoveResult[]> {
    return this.adapter.operator.apply(move, ids.map(refTo), { actor: "ada", ...options });
  }

  async apply(move: OperatorMove, id: string, options: Partial<ApplyOptions> = {}): Promise<string> {
    return (await this.applyAll(move, [id], options)).map(({ outcome }) => outcome).join();
  }

  /** `cancelled user`, `waiting` …; `none` if there is no such job. */
  async stateOf(id: string): Promise<string> {
    const [job] = await this.adapter.reader.get([refTo(id)]);
    return job ? [job.state, job.reason].filter((word) => word !== null).join(" ") : "none";
  }

  /** Of all its events. */
  async kinds(id: string): Promise<readonly string[]> {
    return ((await this.adapter.reader.events(refTo(id), 0, 1_000)) ?? []).map(({ kind }) => kind);
  }
}
