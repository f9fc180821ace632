import { describe, expect, test } from "vitest";
import type { ClaimRequest, Lease } from "../../src/contract/adapter.ts";
import { defineJob } from "../../src/nouns/define.ts";
import type { EnqueueOptions } from "../../src/nouns/definition.ts";
import { QueueError } from "../../src/nouns/errors.ts";
import { anything, type Gate, gate, stage, turns, until } from "./stage.ts";

const any = defineJob("any", { payload: anything });

/** A worker with jobs that run until their gate opens, and whose signals can be looked at. */
async function busy(count: number, options: EnqueueOptions = {}) {
  const on = stage();
  const gates: Gate[] = [];
  const signals: AbortSignal[] = [];
  const own = on.worker({
    lease: "30s",
    sweep: "1h",
    jobs: [
      any.handler(async (_, ctx) => {
        const end = gate();
        gates.push(end);
        signals.push(ctx.signal);
        await end.opened;
        return "done";
      }),
    ],
    queues: { default: { concurrency: count } },
  });
  const receipts = (await on.yard.enqueueMany(any, Array(count).fill(1), options)).map(({ ...receipt }) => {
    if (!receipt.ok) throw new Error(receipt.code);
    return receipt;
  });
  await own.start();
  await until(() => own.status.running === count);
  return { ...on, own, gates, signals, receipts };
}

describe("the heartbeat", () => {
  test("is one call for everything held, every third of a lease, so that long jobs keep their lease", async () => {
    const { own, store, pass, gates, receipts, job } = await busy(5);
    await pass(100_000, 1_000);
    expect(store.calls.extend.map(([, leases]) => (leases as Lease[]).length)).toEqual(Array(10).fill(5));
    expect(await store.adapter.leaser.expired(10)).toEqual([]);
    for (const end of gates) end.open();
    await until(() => own.status.completed === 5);
    for (const receipt of receipts) expect((await job(receipt)).state).toBe("completed");
  });

  test("is not sent while nothing is held", async () => {
    const { store, worker, pass } = stage();
    await worker({ jobs: [any.handler(() => 1)] }).start();
    await pass(100_000, 1_000);
    expect(store.calls.extend).toEqual([]);
  });

  test("brings a cancel to the running handler", async () => {
    const { yard, own, pass, gates, signals, receipts, job } = await busy(2);
    const [one, two] = receipts;
    if (!one || !two) throw new Error("two receipts");
    expect(await yard.board.move("cancel", [one, two], { actor: "ana" })).toMatchObject([
      { outcome: "requested" },
      { outcome: "requested" },
    ]);
    await pass(10_000, 1_000);
    expect(signals.map(({ reason }) => reason)).toMatchObject([{ name: "AbortError" }, { name: "AbortError" }]);
    gates[0]?.fail(signals[0]?.reason);
    gates[1]?.open();
    await until(() => own.status.running === 0);
    await turns(10);
    expect(await job(one)).toMatchObject({ state: "cancelled", reason: "user", errors: [] });
    // It was ready before the cancel reached it: what is complete stays complete.
    expect(await job(two)).toMatchObject({ state: "completed" });
  });

  test("a handler that has something to say about its cancel is heard", async () => {
    const { yard, pass, gates, receipts, job } = await busy(1);
    await yard.board.move("cancel", receipts, { actor: "ana" });
    await pass(10_000, 1_000);
    gates[0]?.fail(new Error("half of it is done"));
    await turns(10);
    expect(await job(receipts[0] as (typeof receipts)[0])).toMatchObject({
      state: "cancelled",
      errors: [{ message: "half of it is done" }],
    });
  });

  test("tells of a lease that another has by now: the signal aborts, and the late settlement is refused", async () => {
    const { another, own, pass, gates, signals, receipts, job, store } = await busy(1, { onLeaseLost: "hold" });
    await store.adapter.leaser.retire(own.session);
    const other = another().worker({ jobs: [any.handler(() => "other's")], sweep: "1s" });
    await other.drain();
    expect(other.status.rescued).toBe(1);
    await pass(10_000, 1_000);
    expect(signals[0]?.reason).toMatchObject({ code: "LEASE_LOST" });
    gates[0]?.open();
    await until(() => own.status.refused === 1);
    expect(own.status).toMatchObject({ completed: 0, running: 0 });
    expect(await job(receipts[0] as (typeof receipts)[0])).toMatchObject({ state: "stale", result: null });
  });
});

describe("a lease that cannot be renewed", () => {
  test("is over for its jobs before the store may give them to others, counted from when the last renewal was sent", async () => {
    const { own, store, pass, signals, errors, ports } = await busy(3);
    await pass(10_000, 500);
    const renewedAt = ports.monotonic();
    store.break("extend", () => new QueueError("STORE_UNAVAILABLE", "gone"));
    await pass(29_500, 500);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false, false]);
    await pass(500, 500);
    expect(ports.monotonic() - renewedAt).toBe(30_000);
    expect(signals.map(({ reason }) => reason)).toMatchObject(Array(3).fill({ code: "LEASE_LOST" }));
    expect(errors.length).toBeGreaterThan(3);
    expect(errors[0]).toMatchObject({ doing: "heartbeat", error: { code: "STORE_UNAVAILABLE" } });
    expect(own.status.state).toBe("running");
  });

  test("is over in time also between two heartbeats, and if the last renewal was slow", async () => {
    const { yard, worker, store, pass, ports } = stage();
    const signals: AbortSignal[] = [];
    const own = worker({
      lease: "30s",
      sweep: "1h",
      jobs: [any.handler((_, ctx) => new Promise(() => signals.push(ctx.signal)))],
    });
    await own.start();
    await pass(1_000, 500);
    await yard.enqueue(any, 1);
    await until(() => own.status.running === 1);
    const { extend } = store.adapter.leaser;
    let sentAt = 0;
    Object.assign(store.adapter.leaser, {
      extend: async (...args: Parameters<typeof extend>) => {
        if (sentAt > 0) throw new QueueError("STORE_UNAVAILABLE", "gone");
        sentAt = ports.monotonic();
        const answer = await extend(...args);
        await ports.sleep(7_000);
        return answer;
      },
    });
    await pass(38_500, 500);
    expect([sentAt, ports.monotonic(), signals[0]?.aborted]).toEqual([10_000, 39_500, false]);
    await pass(500, 500);
    expect(signals[0]?.aborted).toBe(true);

    await pass(1_300, 100);
    await yard.enqueue(any, 2);
    await until(() => own.status.running === 2);
    await pass(28_900, 100);
    expect(signals[1]?.aborted).toBe(false);
    await pass(1_100, 100);
    expect(signals[1]?.aborted).toBe(true);
  });

  test("is over in time also if the call never comes back", async () => {
    const { store, pass, signals } = await busy(1);
    const { extend } = store.adapter.leaser;
    Object.assign(store.adapter.leaser, { extend: () => new Promise(() => {}) });
    await pass(30_000, 500);
    expect(signals[0]?.aborted).toBe(true);
    Object.assign(store.adapter.leaser, { extend });
  });

  test("gives the attempt back if nobody has taken the job, and keeps a result that is ready", async () => {
    const { own, store, pass, gates, signals, receipts, job } = await busy(2);
    store.break("extend", () => new QueueError("STORE_UNAVAILABLE", "gone"));
    await pass(30_000, 500);
    gates[0]?.fail(signals[0]?.reason);
    gates[1]?.open();
    await until(() => own.status.completed === 1);
    const states = await Promise.all(receipts.map(async (receipt) => (await job(receipt)).state));
    expect(states.toSorted()).toEqual(["active", "completed"]);
    expect(own.status.refused).toBe(0);
  });

  test("is tried again soon, and everything goes on when the store is back in time", async () => {
    const { own, store, pass, gates, signals } = await busy(1);
    store.break("extend", () => new QueueError("STORE_BUSY", "locked"));
    await pass(15_000, 500);
    store.mend("extend");
    await pass(60_000, 500);
    expect(signals[0]?.aborted).toBe(false);
    gates[0]?.open();
    await until(() => own.status.completed === 1);
  });
});

describe("a pause", () => {
  test("reaches jobs that were claimed ahead: they go back unstarted, with their attempt", async () => {
    const { own, yard, pass, gates, receipts, job } = await ahead();
    await yard.board.pause("default", { actor: "ana" });
    const waiting = async () =>
      (await Promise.all(receipts.map((receipt) => job(receipt)))).filter(({ state }) => state === "waiting");
    expect(await waiting()).toEqual([]);
    await pass(10_000, 1_000);
    expect((await waiting()).map(({ attempt }) => attempt)).toEqual(Array(receipts.length - 2).fill(0));
    for (const end of gates) end.open();
    await turns(20);
    expect(own.status).toMatchObject({ running: 0 });
    expect(gates).toHaveLength(2);
    await yard.board.resume("default", { actor: "ana" });
    await until(() => gates.length === 4);
  });

  /** Two slots, and more jobs in hand than that: the worker has seen quick ones before. */
  async function ahead() {
    const on = stage();
    const gates: Gate[] = [];
    const own = on.worker({
      lease: "30s",
      sweep: "1h",
      jobs: [
        any.handler(({ payload }) => {
          if (payload === "quick") return undefined;
          const end = gate();
          gates.push(end);
          return end.opened;
        }),
      ],
      queues: { default: { concurrency: 2 } },
    });
    await own.start();
    await on.yard.enqueueMany(any, Array(20).fill("quick"));
    await until(() => own.status.completed === 20);
    const receipts = (await on.yard.enqueueMany(any, Array(10).fill("slow"))).flatMap((one) => (one.ok ? [one] : []));
    await until(async () =>
      (await Promise.all(receipts.map((one) => on.job(one)))).every(({ state }) => state === "active"),
    );
    expect(own.status.running).toBe(2);
    return { ...on, own, gates, receipts };
  }

  test("a cancel of a job that was claimed ahead ends it without a run", async () => {
    const { yard, pass, gates, receipts, job } = await ahead();
    const last = receipts.at(-1) as (typeof receipts)[0];
    await yard.board.move("cancel", [last], { actor: "ana" });
    await pass(10_000, 1_000);
    expect(await job(last)).toMatchObject({ state: "cancelled", reason: "user" });
    expect(gates).toHaveLength(2);
  });

  test("behind slots that stay busy it goes back, so that other workers can have it", async () => {
    const { own, yard, pass, gates, receipts, job, store } = await ahead();
    await pass(25_000, 1_000);
    const states = (await Promise.all(receipts.map((one) => job(one)))).map(
      ({ state, attempt }) => `${state} ${attempt}`,
    );
    expect(states.filter((one) => one === "waiting 0")).toHaveLength(8);
    const claims = store.calls.claim.length;
    for (const end of gates.slice(0, 1)) end.open();
    await until(() => gates.length === 3);
    expect((await yard.board.count("state:active")).n).toBe(2);
    expect(store.calls.claim.length).toBeGreaterThan(claims);
    expect(own.status.running).toBe(2);
  });

  test("after a block of the event loop past the lease nothing that was claimed ahead starts under it", async () => {
    const { own, store, gates, ports, receipts, job } = await ahead();
    const lost = new QueueError("STORE_UNAVAILABLE", "gone");
    store.break("extend", () => lost);
    store.break("claim", () => lost);
    const { monotonic } = ports;
    Object.assign(ports, { monotonic: () => monotonic() + 31_000 });
    // Before any timer gets its turn: what the blocking handler leaves behind is a free slot.
    for (const end of gates.slice(0, 2)) end.open();
    await until(() => own.status.running === 0);
    expect(gates).toHaveLength(2);
    const states = await Promise.all(receipts.slice(2).map(job));
    expect(states.map(({ state, attempt }) => `${state} ${attempt}`)).toEqual(Array(8).fill("waiting 0"));
  });

  test("a lease that ends takes what was claimed ahead with it, unstarted", async () => {
    const { own, store, pass, gates, receipts, job } = await ahead();
    store.break("extend", () => new QueueError("STORE_UNAVAILABLE", "gone"));
    store.break("claim", () => new QueueError("STORE_UNAVAILABLE", "gone"));
    await pass(30_000, 500);
    for (const end of gates) end.open();
    await until(() => own.status.completed === 22);
    const left = (await Promise.all(receipts.map((one) => job(one)))).filter(({ state }) => state === "waiting");
    expect(left.map(({ attempt }) => attempt)).toEqual(Array(8).fill(0));
  });
});

describe("prefetch", () => {
  const maxima = (calls: readonly unknown[][]): number[] =>
    calls.flatMap(([request]) => (request as ClaimRequest).queues.map(({ max }) => max));

  /** The queue's claims after handlers of this duration were measured. */
  async function claimsAfter(
    handlerMs: number,
    { concurrency = 4, maxSize }: { concurrency?: number; maxSize?: number } = {},
  ) {
    const { yard, worker, store, ports } = stage();
    if (maxSize !== undefined) await yard.board.configure("default", { maxSize }, { actor: "test" });
    const own = worker({
      jobs: [any.handler(() => (handlerMs === 0 ? undefined : ports.sleep(handlerMs)))],
      queues: { default: { concurrency } },
    });
    await yard.enqueueMany(any, Array(200).fill(1));
    await own.start();
    await until(() => {
      ports.advance(handlerMs);
      return own.status.completed === 200;
    });
    return Math.max(...maxima(store.calls.claim));
  }

  test("is nothing before anything was measured, and much for handlers that take no time", async () => {
    const { yard, worker, store } = stage();
    const own = worker({ jobs: [any.handler(() => 1)], queues: { default: { concurrency: 4 } } });
    await yard.enqueueMany(any, Array(2_000).fill(1));
    await own.drain();
    const [first, ...rest] = maxima(store.calls.claim);
    expect(first).toBe(4);
    expect(Math.max(...rest)).toBe(1_000);
    expect(store.calls.claim.length).toBeLessThan(20);
  });

  test("is nothing before every slot was measured: the first may have been the quick exception", async () => {
    const { yard, worker, store } = stage();
    const end = gate();
    const own = worker({
      jobs: [any.handler(({ payload }) => (payload === "quick" ? undefined : end.opened))],
      queues: { default: { concurrency: 4 } },
    });
    await yard.enqueueMany(any, ["quick", ...Array(20).fill("slow")]);
    await own.start();
    await until(async () => own.status.completed === 1 && own.status.running === 4);
    expect(Math.max(...maxima(store.calls.claim))).toBeLessThanOrEqual(4);
    expect(own.status.claimed).toBe(5);
    end.open();
  });

  test("ends with the first slow one, and comes back only with many quick ones", async () => {
    const { yard, worker, store, ports } = stage();
    const own = worker({
      jobs: [any.handler(({ payload }) => (payload === "slow" ? ports.sleep(1_000) : undefined))],
      queues: { default: { concurrency: 2 } },
    });
    await own.start();
    await yard.enqueueMany(any, [...Array(50).fill("quick"), "slow"]);
    await until(() => {
      ports.advance(100);
      return own.status.completed === 51;
    });
    const before = store.calls.claim.length;
    await yard.enqueueMany(any, Array(10).fill("quick"));
    await until(() => own.status.completed === 61);
    expect(Math.max(...maxima(store.calls.claim.slice(before)))).toBe(2);
  });

  test("is fetched in large batches, not job by job", async () => {
    const { yard, worker, store, ports } = stage();
    const own = worker({ jobs: [any.handler(() => ports.sleep(1))], queues: { default: { concurrency: 4 } } });
    await yard.enqueueMany(any, Array(2_000).fill(1));
    await own.start();
    await until(() => {
      ports.advance(1);
      return own.status.completed === 2_000;
    });
    expect(store.calls.claim.length).toBeLessThan(60);
  });

  test("is the work of 50 ms at the measured rate", async () => {
    expect(await claimsAfter(10)).toBe(4 + (4 * 50) / 10);
  });

  test("is the same for a single slot", async () => {
    expect(await claimsAfter(10, { concurrency: 1 })).toBe(1 + 50 / 10);
  });

  test("is none for slow handlers or a small queue, so that others are not starved", async () => {
    expect(await claimsAfter(51)).toBe(4);
    expect(await claimsAfter(51, { concurrency: 1 })).toBe(1);
    expect(await claimsAfter(0, { maxSize: 1_000 })).toBe(4);
    expect(await claimsAfter(0, { maxSize: 1_001 })).toBeGreaterThan(4);
  });
});
