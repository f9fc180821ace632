/** Claims that wait: whoever brings work wakes them, what they take off others goes back, and none of them spins. */

import type { Adapter, Claim, ClaimRequest, Decision, NewJob } from "@jobyard/core/adapter";
import { claimRequest, newJob } from "@jobyard/core/testing";
import { newPrefix, type RedisServer, startRedis } from "@jobyard/servers";
import { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Fleet } from "../src/options.ts";
import { adminOf, openAdapter } from "./at-work.ts";
import { until } from "./links.ts";

/** Who looks by himself does so a second after the last look: sooner is being woken. */
const WOKEN_MS = 700;

let server: RedisServer;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

interface Yard {
  readonly prefix: string;
  readonly admin: Redis;
  /** As another process would open it. */
  open(): Adapter;
  /** BullMQ's own producer. */
  stock(): Queue;
}

async function openYard(fleet: Fleet): Promise<Yard> {
  const { url } = server;
  const { prefix } = newPrefix(url);
  return {
    ...{ prefix, admin: await adminOf(server) },
    open: () => openAdapter({ url, prefix, fleet }),
    stock: () => {
      const queue = new Queue("mail", { prefix, connection: { url } });
      onTestFinished(() => queue.close());
      return queue;
    },
  };
}

let tokens = 0;
const waiting = (over: Partial<ClaimRequest> = {}): ClaimRequest =>
  claimRequest(`token-${++tokens}`, { waitMs: 30_000, session: `s${tokens}`, ...over });
const knowing = (name: string): Partial<ClaimRequest> => ({
  queues: [{ queue: "mail", max: 10, types: [{ name, maxVersion: 1 }] }],
});

interface Sleeper {
  readonly claim: Promise<Claim>;
}

/** A claim that waits, once the server knows that it does; `before`: how many wait there already. */
async function asleep(
  yard: Yard,
  adapter: Adapter,
  before: number,
  over: Partial<ClaimRequest> = {},
): Promise<Sleeper> {
  const claim = adapter.leaser.claim(waiting(over));
  await blockedAre(yard.admin, before + 1);
  return { claim };
}

const blockedAre = (admin: Redis, count: number): Promise<void> =>
  until(`${count} wait`, async () => (await admin.info("clients")).includes(`blocked_clients:${count}\r`));

/** The ids that it got, and that it was woken for them. */
async function wokenWith({ claim }: Sleeper, bring: () => Promise<unknown>): Promise<readonly string[]> {
  const began = performance.now();
  await bring();
  const { jobs } = await claim;
  expect(performance.now() - began).toBeLessThan(WOKEN_MS);
  return jobs.map(({ lease }) => lease.ref.id);
}

const greet = (id: string, over: Partial<NewJob> = {}): NewJob => newJob(id, over);

describe.each(["own", "v6"] as const)("fleet %s", (fleet) => {
  test("a producer of ours in another process wakes it, and one in its own", async () => {
    const yard = await openYard(fleet);
    const [here, there] = [yard.open(), yard.open()];
    for (const [id, producer] of [
      ["a", there],
      ["b", here],
      ["c", there],
    ] as const) {
      const sleeper = await asleep(yard, here, 0);
      expect(await wokenWith(sleeper, () => producer.writer.enqueue([greet(id)]))).toEqual([id]);
      await blockedAre(yard.admin, 0);
    }
  });

  test("a producer of BullMQ's wakes it, with a priority as well", async () => {
    const yard = await openYard(fleet);
    const here = yard.open();
    const stock = yard.stock();
    for (const [jobId, priority] of [
      ["a", 0],
      ["b", 7],
    ] as const) {
      const sleeper = await asleep(yard, here, 0);
      expect(await wokenWith(sleeper, () => stock.add("greet", {}, { jobId, priority }))).toEqual([jobId]);
    }
  });

  test.each(["ours", "BullMQ's"])("a job that becomes due wakes it: %s", async (whose) => {
    const yard = await openYard(fleet);
    const [here, there, stock] = [yard.open(), yard.open(), yard.stock()];
    const sleeper = await asleep(yard, here, 0);
    const began = performance.now();
    if (whose === "ours") await there.writer.enqueue([greet("a", { start: { delayMs: 600 } })]);
    else await stock.add("greet", {}, { jobId: "a", delay: 600 });
    expect((await sleeper.claim).jobs).toHaveLength(1);
    expect(performance.now() - began).toBeGreaterThan(550);
    expect(performance.now() - began).toBeLessThan(600 + WOKEN_MS);
  });

  test("who knows the type is woken, also if another one took the marker", async () => {
    const yard = await openYard(fleet);
    const [ignorant, knowledgeable] = [yard.open(), yard.open()];
    const stop = new AbortController();
    // Served first is who has waited longest.
    const first = await asleep(yard, ignorant, 0, { ...knowing("other"), signal: stop.signal });
    const second = await asleep(yard, knowledgeable, 1);
    expect(await wokenWith(second, () => yard.open().writer.enqueue([greet("a")]))).toEqual(["a"]);
    stop.abort("enough");
    expect((await first.claim).jobs).toEqual([]);
  });

  test("what was left by one that knows it not is found by one that comes later", async () => {
    const yard = await openYard(fleet);
    const [ignorant, knowledgeable] = [yard.open(), yard.open()];
    await ignorant.writer.enqueue([greet("a"), greet("b", { priority: 3 }), newJob("c", { name: "other" })]);
    const { jobs } = await ignorant.leaser.claim(waiting({ ...knowing("other"), waitMs: 0 }));
    expect(jobs.map(({ lease }) => lease.ref.id)).toEqual(["c"]);
    const later = await knowledgeable.leaser.claim(waiting());
    expect(later.jobs.map(({ lease }) => lease.ref.id)).toEqual(["a", "b"]);
  });

  test("a claim that was given up puts back the marker that it takes, and the next one is woken by it", async () => {
    const yard = await openYard(fleet);
    const [here, there] = [yard.open(), yard.open()];
    const stop = new AbortController();
    const given = await asleep(yard, here, 0, { signal: stop.signal });
    const next = await asleep(yard, there, 1);
    stop.abort("given up");
    expect((await given.claim).jobs).toEqual([]);
    // Its connection goes on to block, in front of the other's.
    await blockedAre(yard.admin, 2);
    expect(await wokenWith(next, () => yard.open().writer.enqueue([greet("a")]))).toEqual(["a"]);
  });

  test("among many that wait each is woken for one of as many jobs", async () => {
    const yard = await openYard(fleet);
    const adapters = [yard.open(), yard.open()];
    const sleepers: Sleeper[] = [];
    for (let n = 0; n < 10; n += 1)
      for (const adapter of adapters) sleepers.push(await asleep(yard, adapter, sleepers.length, { max: 1 }));
    const producer = yard.open();
    const began = performance.now();
    for (let n = 0; n < 20; n += 1) await producer.writer.enqueue([greet(`j${n}`)]);
    const claims = await Promise.all(sleepers.map(({ claim }) => claim));
    expect(performance.now() - began).toBeLessThan(WOKEN_MS);
    expect(new Set(claims.flatMap(({ jobs }) => jobs.map(({ lease }) => lease.ref.id))).size).toBe(20);
  });

  test("jobs of unknown types alone: those who wait look only now and then", async () => {
    const yard = await openYard(fleet);
    const producer = yard.open();
    await producer.writer.enqueue(
      Array.from({ length: 30 }, (_, n) => greet(`j${n}`, { name: "foreign", priority: n % 2 })),
    );
    expect(await looksPerSecond(yard, [{}, {}, {}])).toBeLessThan(20);
    expect(await producer.reader.phases([], 100)).toMatchObject({ waiting: { n: 30 } });
  });

  test("a session with an exclusive batch, and held jobs that nobody asks for: they look only now and then", async () => {
    const yard = await openYard(fleet);
    const adapter = yard.open();
    await adapter.writer.enqueue([greet("a"), greet("b")]);
    const two = await adapter.leaser.claim(waiting({ session: "mine", leaseMs: 300 }));
    expect(two.jobs).toHaveLength(2);
    await until("its lease is over", async () => (await adapter.leaser.expired(10)).length === 1);
    const settled = await adapter.leaser.settle(
      two.jobs.map(({ lease }) => ({ lease, guard: "expired", decision: HELD_BACK })),
    );
    expect(settled).toMatchObject([{ state: "waiting" }, { state: "waiting" }]);
    const batch = await adapter.leaser.claim(waiting({ session: "mine", held: true }));
    expect(batch.jobs).toHaveLength(1);
    await adapter.writer.enqueue([greet("c", { name: "other" })]);
    const own = { session: "mine", ...knowing("other") };
    expect(await looksPerSecond(yard, [own, own, {}])).toBeLessThan(20);
    const others = await adapter.leaser.claim(waiting({ ...knowing("other") }));
    expect(others.jobs.map(({ lease }) => lease.ref.id)).toEqual(["c"]);
  });
});

const HELD_BACK: Decision = {
  ...{ move: "rescue", to: "waiting", charged: true, heldLimit: 1, delayMs: 0 },
  failure: { code: "LEASE_EXPIRED", message: "gone", stack: null },
};

const LOOKED_AT_MS = 1_500;

/** How many scripts all together run in a second while each of these claims, of its own process, waits again and again. */
async function looksPerSecond({ admin, open }: Yard, claims: readonly Partial<ClaimRequest>[]): Promise<number> {
  const stop = new AbortController();
  const loops = claims.map(async (over) => {
    const adapter = open();
    while (!stop.signal.aborted) {
      const { jobs } = await adapter.leaser.claim(waiting({ waitMs: 1_000, signal: stop.signal, ...over }));
      expect(jobs).toEqual([]);
    }
  });
  // The first looks, connections and texts of scripts are over.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const before = await scriptsRun(admin);
  await new Promise((resolve) => setTimeout(resolve, LOOKED_AT_MS));
  const looks = (await scriptsRun(admin)) - before;
  stop.abort("enough");
  await Promise.all(loops);
  return (looks * 1_000) / LOOKED_AT_MS;
}

async function scriptsRun(admin: Redis): Promise<number> {
  const stats = await admin.info("commandstats");
  const counts = [...stats.matchAll(/cmdstat_(?:eval|evalsha):calls=(\d+)/g)].map(([, calls]) => Number(calls));
  return counts.reduce((sum, count) => sum + count, 0);
}
