/**
 * Many hands at once on few jobs and few keys, with whatever comes to their mind: no call fails, and whenever all of
 * them pause, every table tells the same story.
 */

import type { Lease, NewJob, OperatorMove, Settlement } from "@jobyard/core/adapter";
import { newJob } from "@jobyard/core/testing";
import { expect, onTestFinished, test } from "vitest";
import { postgresAdapter } from "../src/index.ts";
import { expectConsistent } from "./consistency.ts";
import { newSchema, openMigrated, serverUrl } from "./ground.ts";
import { BURY, COMPLETE, Hands, keyed, RESCUE, rescueHeld, retryIn } from "./hands.ts";

const ACTORS = 10;
const STEPS = 25;
/** So many at least, and more until every kind of thing has happened: the rarest does so in every second round. */
const ROUNDS = 8;
const MOST_ROUNDS = 80;

test("many hands on few jobs", async () => {
  const seed = Number(process.env["JOBYARD_STORM_SEED"] ?? Date.now() % 1_000_000);
  const schema = newSchema();
  const store = await openMigrated({ schema });
  const adapter = postgresAdapter({ url: serverUrl(), schema, pool: ACTORS });
  onTestFinished(() => adapter.close());
  const yard = new Yard(new Hands(adapter), randomFrom(seed));
  const missing = (): readonly string[] => EXPECTED.filter((kind) => !yard.met.has(kind));
  for (let round = 1; round <= ROUNDS || (missing().length > 0 && round <= MOST_ROUNDS); round++) {
    await Promise.all(Array.from({ length: ACTORS }, () => yard.work(STEPS)));
    await expectConsistent(store);
  }
  // It was a storm, and not a calm.
  expect(missing(), `JOBYARD_STORM_SEED=${seed}`).toEqual([]);
});

const EXPECTED: readonly string[] = [
  ...["enqueue accepted", "enqueue duplicate", "enqueue conflict"],
  ...["settle completed", "settle waiting", "settle lost", "settle cancelled", "settle dead"],
  ...["cancel done", "cancel requested", "requeue done", "requeue held", "reschedule done", "reprioritise done"],
  ...["remove done", "remove busy", "restore done", "revert done", "revert changed", "park done", "edit done"],
];

type Random = () => number;

/** A sequence that repeats. */
function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    const mixed = Math.imul(state ^ (state >>> 12), 0x297a2d39) >>> 0;
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

class Yard {
  /** Outcomes that were seen. */
  readonly met = new Set<string>();
  readonly #hands: Hands;
  readonly #random: Random;
  /** Leases that somebody has, or had. */
  readonly #leases: Lease[] = [];

  constructor(hands: Hands, random: Random) {
    this.#hands = hands;
    this.#random = random;
  }

  async work(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) await this.#pick(ACTIONS)(this);
  }

  async enqueue(): Promise<void> {
    const receipts = await this.#hands.enqueue(...this.#some(3, () => this.#job()));
    for (const { outcome } of receipts) this.met.add(`enqueue ${outcome}`);
  }

  async claim(): Promise<void> {
    const leases = await this.#hands.claim(this.#pick(SESSIONS), 1 + Math.floor(this.#random() * 4));
    this.#leases.push(...leases);
    if (this.#leases.length > 40) this.#leases.splice(0, 20);
  }

  async settle(): Promise<void> {
    if (this.#leases.length === 0) return;
    const settlements = this.#some(4, () => this.#settlement());
    for (const settled of await this.#hands.settleAll(settlements))
      this.met.add(`settle ${settled.ok ? settled.state : settled.now}`);
  }

  async append(): Promise<void> {
    const lease = this.#pick(this.#leases);
    if (lease) await this.#hands.append(lease, this.#pick(["log", "progress"]) ?? "log");
  }

  async extend(): Promise<void> {
    const session = this.#pick(SESSIONS);
    await this.#hands.extend(session, this.#leases.slice(0, 10));
    if (this.#random() < 0.5) await this.#hands.adapter.leaser.retire(session);
  }

  async move(): Promise<void> {
    const move = this.#pick(MOVES);
    const opId = this.#pick(["op-1", "op-2", undefined]);
    const results = await this.#hands.applyAll(
      move,
      this.#some(4, () => this.#id()),
      {
        ...(opId !== undefined && { opId }),
        ...(move === "reprioritise" && { priority: Math.floor(this.#random() * 5) }),
        ...(move === "reschedule" && { delayMs: this.#delay() }),
        ...(move === "edit" && { payload: '{"to":"Eve"}' }),
      },
    );
    for (const { outcome } of results) this.met.add(`${move} ${outcome}`);
  }

  /** A requeue that is taken back at once, if nobody was faster. */
  async changeOnesMind(): Promise<void> {
    const ids = this.#some(6, () => this.#id());
    await this.#hands.applyAll("requeue", ids, { opId: "op-3", delayMs: 60_000 });
    const reverted = await this.#hands.applyAll("revert", ids, { opId: "op-3" });
    for (const { outcome } of reverted) this.met.add(`revert ${outcome}`);
  }

  async sweep(): Promise<void> {
    await this.#hands.adapter.sweeper.expire(100);
    const keep = { ageMs: null, count: 3, bytes: null };
    const { queue } = newJob("any");
    await this.#hands.adapter.sweeper.purge({ queue, state: this.#pick(["completed", "dead", "cancelled"]), keep }, 5);
  }

  #settlement(): Settlement {
    const lease = this.#pick(this.#leases) as Lease;
    const guard = this.#random() < 0.1 ? "expired" : "held";
    const decision = this.#pick([COMPLETE, COMPLETE, BURY, retryIn(0), retryIn(this.#delay()), RESCUE, rescueHeld(2)]);
    return this.#random() < 0.2
      ? { lease, guard, decision: COMPLETE, followUps: this.#some(2, () => this.#job()) }
      : { lease, guard, decision };
  }

  #job(): NewJob {
    const id = this.#id();
    const key = this.#pick([null, null, "key-1", "key-2"]);
    const held = this.#pick(["waiting", "open", { forMs: 20 }] as const);
    const payload = this.#random() < 0.1 ? '{"to":"Bob"}' : '{"to":"Ada"}';
    return newJob(id, {
      payload,
      start: { delayMs: this.#delay() },
      expiresInMs: this.#pick([null, null, 10]),
      ...(key !== null && keyed(key, held, this.#pick(["skip", "replace", "extend"]))),
    });
  }

  #id(): string {
    return `job-${Math.floor(this.#random() * 15)}`;
  }

  #delay(): number {
    return this.#pick([0, 0, 5, 60_000]);
  }

  #some<T>(most: number, make: () => T): T[] {
    return Array.from({ length: 1 + Math.floor(this.#random() * most) }, make);
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)] as T;
  }
}

const SESSIONS = ["w1", "w2", "w3", "w4"];
const MOVES: readonly OperatorMove[] = [
  ...(["cancel", "requeue", "revert", "promote", "reschedule", "reprioritise", "edit", "park"] as const),
  ...(["remove", "restore"] as const),
];
const ACTIONS: readonly ((yard: Yard) => Promise<void>)[] = [
  (yard) => yard.enqueue(),
  (yard) => yard.enqueue(),
  (yard) => yard.claim(),
  (yard) => yard.claim(),
  (yard) => yard.settle(),
  (yard) => yard.settle(),
  (yard) => yard.append(),
  (yard) => yard.extend(),
  (yard) => yard.move(),
  (yard) => yard.move(),
  (yard) => yard.move(),
  (yard) => yard.changeOnesMind(),
  (yard) => yard.sweep(),
];
