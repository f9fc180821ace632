import { describe, expect, test } from "vitest";
import type { Settlement } from "../../src/contract/adapter.ts";
import { createYard } from "../../src/engine/yard/yard.ts";
import { defineJob } from "../../src/nouns/define.ts";
import { QueueError } from "../../src/nouns/errors.ts";
import { anything, gate, stage, turns, until } from "./stage.ts";

const any = defineJob("any", { payload: anything });
const away = (): QueueError => new QueueError("STORE_UNAVAILABLE", "gone");
/** Fails that often, then no more. */
const times = (count: number, error: () => unknown) => (): unknown => (count-- > 0 ? error() : undefined);

describe("a store that is away", () => {
  test("at the start is told at once, and the start can be tried again", async () => {
    const { store, worker } = stage();
    const { now } = store.adapter.reader;
    Object.assign(store.adapter.reader, { now: () => Promise.reject(away()) });
    const own = worker({ jobs: [any.handler(() => 1)] });
    await expect(own.start()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    Object.assign(store.adapter.reader, { now });
    await own.start();
    expect(own.status.state).toBe("running");
  });

  test("for claims is tried again with growing pauses, and the worker goes on by itself", async () => {
    const { yard, store, worker, pass, errors } = stage();
    const own = worker({ jobs: [any.handler(() => 1)] });
    await own.start();
    store.break("claim", away);
    await yard.enqueue(any, 1);
    await pass(30_000);
    const tries = store.calls.claim.length;
    expect(tries).toBeGreaterThan(5);
    expect(tries).toBeLessThan(20);
    expect(errors[0]).toMatchObject({ doing: "claim", error: { code: "STORE_UNAVAILABLE" } });
    store.mend("claim");
    await pass(5_000);
    expect(own.status.completed).toBe(1);
  });

  test("for settlements loses none: they are kept until it is back", async () => {
    const { yard, store, worker, pass, errors } = stage();
    const own = worker({ jobs: [any.handler(() => 1)] });
    store.break("settle", away);
    await yard.enqueueMany(any, Array(20).fill(1));
    await own.start();
    await pass(20_000);
    expect(own.status).toMatchObject({ completed: 0, running: 0 });
    expect(errors.every(({ doing }) => doing === "settle")).toBe(true);
    // One call for all, not one for each.
    expect(store.calls.settle.every(([settlements]) => (settlements as Settlement[]).length > 1)).toBe(true);
    store.mend("settle");
    await pass(5_000);
    expect(own.status).toMatchObject({ completed: 20, refused: 0 });
  });

  test("keeps settling even after the lease: only the fence may refuse", async () => {
    const { yard, store, worker, pass } = stage();
    const own = worker({ jobs: [any.handler(() => 1)], lease: "10s", sweep: "1h" });
    for (const verb of ["settle", "extend"] as const) store.break(verb, away);
    await yard.enqueue(any, 1);
    await own.start();
    await pass(30_000);
    for (const verb of ["settle", "extend"] as const) store.mend(verb);
    await pass(10_000);
    expect(own.status).toMatchObject({ completed: 1, refused: 0 });
  });
});

describe("an answer that is lost on its way", () => {
  test("of a settlement: the second try finds that the first was stored, and tells it so", async () => {
    const { yard, store, worker, pass } = stage();
    const told: string[] = [];
    const own = worker({
      jobs: [any.handler(({ payload }) => (payload === "bad" ? Promise.reject(new Error("x")) : payload))],
      hooks: {
        onJobCompleted: () => void told.push("completed"),
        onJobFailed: () => void told.push("failed"),
        onError: () => {},
      },
    });
    store.break("settle", times(1, away), "after");
    await yard.enqueueMany(any, ["good", "bad"]);
    await own.start();
    await pass(500);
    expect(own.status).toMatchObject({ completed: 1, failed: 1, refused: 0 });
    expect(told.toSorted()).toEqual(["completed", "failed"]);
  });

  test("of a claim: jobs that nobody here knows of go back, with their attempt, and run; those that run here stay", async () => {
    const { yard, store, worker, pass, job } = stage();
    const end = gate();
    const own = worker({ jobs: [any.handler(({ payload }) => (payload === "long" ? end.opened : undefined))] });
    const long = await yard.enqueue(any, "long");
    await own.start();
    await until(() => own.status.running === 1);
    store.break("claim", times(1, away), "after");
    await yard.enqueueMany(any, [1, 2]);
    const receipt = await yard.enqueue(any, 3);
    await pass(3_000);
    expect(own.status.completed).toBe(3);
    expect(await job(receipt)).toMatchObject({ state: "completed", attempt: 1, rescues: 0 });
    expect(await job(long)).toMatchObject({ state: "active", epoch: 0 });
    end.open();
    await until(() => own.status.completed === 4);
    expect(own.status.refused).toBe(0);
  });

  test("of the last claim before a stop: what it took goes back, with its attempt", async () => {
    const { yard, store, worker, job, errors } = stage();
    const own = worker({ jobs: [any.handler(() => 1)] });
    const receipt = await yard.enqueue(any, 1);
    store.break("claim", away, "after");
    await own.start();
    await until(() => errors.length === 1);
    expect((await job(receipt)).state).toBe("active");
    await own.stop();
    expect(await job(receipt)).toMatchObject({ state: "waiting", attempt: 0 });
  });
});

describe("what the store cannot take", () => {
  test("fails its own attempt, and keeps no other job", async () => {
    const { yard, store, worker, pass, job } = stage();
    const own = worker({ jobs: [any.handler(({ payload }) => payload)] });
    store.break("settle", (settlements: readonly Settlement[]) =>
      settlements.some(({ decision }) => decision.move === "complete" && decision.result === '"poison"')
        ? new TypeError("cannot bind")
        : undefined,
    );
    const poison = await yard.enqueue(any, "poison");
    await yard.enqueueMany(any, [1, 2, 3]);
    await own.start();
    await pass(500);
    expect(own.status).toMatchObject({ completed: 3, failed: 1 });
    expect((await job(poison)).errors[0]).toMatchObject({ code: "TypeError", message: "cannot bind" });
  });

  test("a store that hands out what was not asked for gets it back", async () => {
    const { yard, store, worker, errors, job } = stage();
    const { claim } = store.adapter.leaser;
    const stranger = defineJob("stranger", { payload: anything });
    Object.assign(store.adapter.leaser, {
      claim: (request: Parameters<typeof claim>[0]) =>
        claim({
          ...request,
          queues: request.queues.map((one) => ({ ...one, types: [{ name: "stranger", maxVersion: 1 }] })),
        }),
    });
    const receipt = await yard.enqueue(stranger, 1);
    await worker({ jobs: [any.handler(() => 1)] }).start();
    await until(async () => (await job(receipt)).epoch === 1);
    expect(await job(receipt)).toMatchObject({ state: "waiting", attempt: 0 });
    expect(errors).toMatchObject([{ doing: "claim", error: { code: "HANDLER_MISSING" } }]);
  });

  test("a store that does not wait for work is not asked without end", async () => {
    const { store, worker, pass } = stage();
    const { claim } = store.adapter.leaser;
    let calls = 0;
    Object.assign(store.adapter.leaser, {
      claim: (request: Parameters<typeof claim>[0]) => {
        calls += 1;
        return claim({ ...request, waitMs: 0 });
      },
    });
    await worker({ jobs: [any.handler(() => 1)] }).start();
    await pass(10_000);
    expect(calls).toBeLessThan(40);
  });

  test("nor on a clock that shows how long each empty answer took", async () => {
    const { ports, store } = stage();
    const { claim } = store.adapter.leaser;
    let calls = 0;
    Object.assign(store.adapter.leaser, {
      claim: (request: Parameters<typeof claim>[0]) => {
        calls += 1;
        return claim({ ...request, waitMs: 0 });
      },
    });
    let steps = 0;
    const ticking = { ...ports, monotonic: () => ports.monotonic() + ++steps / 1_000 };
    const own = createYard({ adapter: store.adapter, ports: ticking }).worker({ jobs: [any.handler(() => 1)] });
    await own.start();
    await turns(200);
    expect(calls).toBeLessThan(20);
  });
});

describe("a fault without a hook for it", () => {
  test("is a warning of the process", async () => {
    const { yard, store, pass } = stage();
    const warned = gate<Error>();
    process.once("warning", warned.open);
    store.break("claim", times(1, away));
    await yard.worker({ jobs: [any.handler(() => 1)] }).start();
    await pass(1_000);
    expect(await warned.opened).toMatchObject({
      name: "JobyardWarning",
      message: expect.stringMatching(/^claim: gone/),
    });
  });

  test("and so is a hook for faults that has one of its own", async () => {
    const { store, worker, pass } = stage();
    const warned = gate<Error>();
    process.once("warning", warned.open);
    store.break("claim", times(1, away));
    const hooks = { onError: () => Promise.reject(new Error("pager is down")) };
    await worker({ jobs: [any.handler(() => 1)], hooks }).start();
    await pass(1_000);
    expect(await warned.opened).toMatchObject({ message: "onError: pager is down" });
  });
});
