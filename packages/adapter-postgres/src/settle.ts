/**
 * Settle: the end of one attempt, as core decided it, unless a pending cancel or a twin says otherwise.
 *
 * Plain completions alone (nearly all calls) are one round trip. Otherwise a call is a transaction of up to four:
 * locking, the plain ones, all others, and what is enqueued upon completions. Settlements are judged one after the
 * other. Where one has to see the follow-ups of those before it (it is of the same job or dedupe key, or gets its
 * place in line after them), these are written first, and it goes round again with the rest.
 */

import type { JobRef, NewJob, Settled, Settlement } from "@jobyard/core/adapter";
import { Changes } from "./changes.ts";
import { asPlain, complete, type Plain } from "./complete.ts";
import { changeBy, endFor } from "./ending.ts";
import { enqueue } from "./enqueue.ts";
import { Leases } from "./leases.ts";
import { type LockedUnderLease, lockUnderLease, stateUnderLease } from "./locks.ts";
import type { Call, Step } from "./step.ts";
import type { Store } from "./store.ts";

export async function settle(
  store: Store,
  settlements: readonly Settlement[],
  tx?: unknown,
): Promise<readonly Settled[]> {
  const plain = allPlain(settlements);
  return plain === null ? settleMixed(store, settlements, tx) : settlePlain(store, settlements, plain, tx);
}

/** Null if one of them has to be looked at, or a job comes twice. */
function allPlain(settlements: readonly Settlement[]): readonly Plain[] | null {
  const plain: Plain[] = [];
  const pks = new Set<number>();
  for (const settlement of settlements) {
    const one = asPlain(settlement);
    if (one === null) return null;
    plain.push(one);
    pks.add(one.pk);
  }
  return pks.size === plain.length ? plain : null;
}

async function settlePlain(
  store: Store,
  settlements: readonly Settlement[],
  plain: readonly Plain[],
  tx: unknown,
): Promise<readonly Settled[]> {
  const refused = await store.call((call) => complete(call, plain), tx);
  if (refused.size === 0) return plain.map(() => COMPLETED);
  const asked = settlements
    .map((settlement, index) => ({ settlement, index }))
    .filter(({ index }) => refused.has((plain[index] as Plain).pk));
  const judged = await store.write((step) => settleAll(step, [], asked), tx);
  return plain.map(({ pk }, index) => (refused.has(pk) ? answerIn(judged, index) : COMPLETED));
}

async function settleMixed(store: Store, settlements: readonly Settlement[], tx: unknown): Promise<readonly Settled[]> {
  const { plain, others } = divided(settlements);
  const settled = await store.write((step) => settleAll(step, plain, others), tx);
  return settlements.map((_, index) => answerIn(settled, index));
}

type Answers = Map<number, Settled>;

function answerIn(settled: Answers, index: number): Settled {
  const answer = settled.get(index);
  if (answer === undefined) throw new Error(`settlement ${index} was not judged`);
  return answer;
}

/** A settlement and its place in the call. */
interface Asked {
  readonly index: number;
  readonly settlement: Settlement;
}
interface AskedPlain extends Asked {
  readonly plain: Plain;
}

/** Plain completions may go before all others: of the same job there is none before it, nor a follow-up. */
function divided(settlements: readonly Settlement[]): {
  readonly plain: readonly AskedPlain[];
  readonly others: readonly Asked[];
} {
  const named = new Set<string>();
  const plain: AskedPlain[] = [];
  const others: Asked[] = [];
  for (const [index, settlement] of settlements.entries()) {
    const { lease, followUps = [] } = settlement;
    const one = named.has(jobNamed(lease.ref)) ? null : asPlain(settlement);
    if (one === null) others.push({ index, settlement });
    else plain.push({ index, settlement, plain: one });
    for (const ref of [lease.ref, ...followUps]) named.add(jobNamed(ref));
  }
  return { plain, others };
}

const jobNamed = ({ queue, id }: JobRef): string => `job\n${queue}\n${id}`;
const keyNamed = (queue: string, key: string): string => `key\n${queue}\n${key}`;

/** Those that turn out not to be plain are not among the answers. */
async function completePlain(call: Call, asked: readonly AskedPlain[]): Promise<Answers> {
  const refused = await complete(
    call,
    asked.map(({ plain }) => plain),
  );
  return new Map(asked.filter(({ plain }) => !refused.has(plain.pk)).map(({ index }) => [index, COMPLETED]));
}

type Ok = Extract<Settled, { readonly ok: true }>;
const completedWith = (followUps: Ok["followUps"]): Settled => ({
  ok: true,
  state: "completed",
  reason: null,
  followUps,
});
const COMPLETED: Settled = completedWith([]);

async function settleAll(step: Step, plain: readonly AskedPlain[], others: readonly Asked[]): Promise<Answers> {
  const locked = await lockAll(step, others, plain);
  const settled = await completePlain(step, plain);
  const refused = plain.filter(({ index }) => !settled.has(index));
  let rest = [...others, ...refused].sort((a, b) => a.index - b.index);
  const isFresh = refused.length === 0 && !isAboutThoseOf(plain, others);
  let ground = isFresh ? locked : null;
  while (rest.length > 0) {
    const round = new Round(step, ground ?? (await lockAll(step, rest, [])));
    await round.settle(rest, settled);
    rest = rest.filter(({ index }) => !settled.has(index));
    ground = null;
  }
  return settled;
}

function isAboutThoseOf(plain: readonly Asked[], others: readonly Asked[]): boolean {
  const completed = new Set(plain.map(({ settlement }) => jobNamed(settlement.lease.ref)));
  return others.some(({ settlement }) => completed.has(jobNamed(settlement.lease.ref)));
}

/** @param besides - others of the call, to be locked in their turn */
function lockAll({ db }: Step, asked: readonly Asked[], besides: readonly Asked[]): Promise<LockedUnderLease> {
  const sessions = asked.some(({ settlement }) => settlement.guard === "expired");
  const leasesOf = (some: readonly Asked[]) => some.map(({ settlement }) => settlement.lease);
  return lockUnderLease(db, leasesOf(asked), ["errors"], { sessions, leases: true }, leasesOf(besides));
}

/** Settlements one after the other, as far as none of them has to see what follows on another one. */
class Round {
  readonly #step: Step;
  readonly #changes: Changes;
  readonly #leases: Leases;
  readonly #followUps: { readonly index: number; readonly jobs: readonly NewJob[] }[] = [];
  /** Jobs and keys that the follow-ups are about. */
  readonly #named = new Set<string>();

  constructor(step: Step, locked: LockedUnderLease) {
    this.#step = step;
    this.#changes = new Changes(step, locked, stateUnderLease);
    this.#leases = new Leases(locked.leases);
  }

  /** The first at least. */
  async settle(asked: readonly Asked[], settled: Answers): Promise<void> {
    for (const { index, settlement } of asked) {
      const answer = this.#judge(index, settlement);
      if (answer === null) break;
      settled.set(index, answer);
    }
    await this.#changes.write(this.#leases);
    await this.#enqueueFollowUps(settled);
  }

  /** Null, and no change, if it has to wait for the next round. */
  #judge(index: number, { lease, guard, decision, followUps = [] }: Settlement): Settled | null {
    const known = this.#changes.find(lease.ref);
    const key = known?.job.dedupe_key ?? null;
    if (this.#named.has(jobNamed(lease.ref))) return null;
    if (key !== null && this.#named.has(keyNamed(lease.ref.queue, key))) return null;
    if (known === null) return { ok: false, now: "missing" };
    const holding = this.#leases.own(known.job, lease);
    if (holding === null) return { ok: false, now: "lost" };
    if (guard === "expired" && holding.deadline > this.#changes.now) return { ok: false, now: "live" };
    if (decision.move === "complete") {
      holding.completed();
      this.#changes.complete(known, holding, decision.result);
      if (followUps.length > 0) this.#follow(index, followUps);
      return completedWith([]);
    }
    const end = endFor(known.job, decision, this.#changes.keys);
    if (this.#named.size > 0 && end.state === "waiting" && end.delayMs <= 0) return null;
    holding.lost(known.job.pk);
    const { job } = this.#changes.writeClaim(known, holding);
    this.#changes.change(known, changeBy(job, holding, decision, end, this.#changes.now));
    return { ok: true, state: end.state, reason: end.reason, followUps: [] };
  }

  #follow(index: number, jobs: readonly NewJob[]): void {
    this.#followUps.push({ index, jobs });
    for (const { queue, id, dedupe } of jobs) {
      this.#named.add(jobNamed({ queue, id }));
      if (dedupe !== null) this.#named.add(keyNamed(queue, dedupe.key));
    }
  }

  async #enqueueFollowUps(settled: Answers): Promise<void> {
    const jobs = this.#followUps.flatMap((one) => one.jobs);
    const receipts = await enqueue(this.#step, jobs, "unbounded");
    let from = 0;
    for (const { index, jobs: own } of this.#followUps) {
      settled.set(index, completedWith(receipts.slice(from, from + own.length)));
      from += own.length;
    }
  }
}
