import { describe, expect, test } from "vitest";
import type { ClaimRequest, Settlement } from "../../src/contract/adapter.ts";
import { defineJob } from "../../src/nouns/define.ts";
import { QueueError } from "../../src/nouns/errors.ts";
import type { JobRef } from "../../src/nouns/job.ts";
import { ghostClaims } from "./ghost.ts";
import { anything, type Gate, gate, stage, turns, until } from "./stage.ts";

const any = defineJob("any", { payload: anything, backoff: [1_000] });
const other = defineJob("other", { payload: anything, queue: "elsewhere" });

describe("a job whose worker vanished", () => {
  test("is run by another within lease and sweep, by a worker that need not know it", async () => {
    const { yard, store, worker, pass, job } = stage();
    const rescued: unknown[] = [];
    const receipt = await yard.enqueue(any, 1);
    await ghostClaims(store.adapter, 1, { session: "ghost" });
    const hooks = { onRescue: (facts: unknown) => void rescued.push(facts), onError: () => {} };
    const own = worker({ jobs: [other.handler(() => 1)], hooks });
    await own.start();
    await pass(29_000, 1_000);
    expect((await job(receipt)).state).toBe("active");
    await pass(7_000, 500);
    expect(await job(receipt)).toMatchObject({
      state: "waiting",
      attempt: 1,
      rescues: 1,
      errors: [{ code: "LEASE_EXPIRED", attempt: 1 }],
    });
    expect(own.status.rescued).toBe(1);
    expect(rescued).toEqual([{ session: "ghost", jobs: [{ queue: "default", id: receipt.id }] }]);
  });

  test("is found at the start, and by a drain", async () => {
    const { yard, store, worker, ports, job } = stage();
    const receipt = await yard.enqueue(any, 1, { backoff: [0] });
    await ghostClaims(store.adapter, 1, { session: "ghost" });
    ports.advance("30s");
    await worker({ jobs: [any.handler(() => 1)] }).drain();
    expect(await job(receipt)).toMatchObject({ state: "completed", attempt: 2 });
  });

  test("that killed it every time is dead after maxAttempts, and the hook hears of it", async () => {
    const { yard, store, worker, pass, job } = stage();
    const dead: unknown[] = [];
    const receipt = await yard.enqueue(any, 1);
    const own = worker({
      jobs: [other.handler(() => 1)],
      hooks: { onDead: (one, { error }) => void dead.push([one, error.code]), onError: () => {} },
    });
    await own.start();
    for (let death = 1; death <= 3; death++) {
      await pass(2_000, 1_000);
      expect((await ghostClaims(store.adapter, 1, { session: `ghost-${death}` })).jobs).toHaveLength(1);
      await pass(36_000, 1_000);
    }
    expect(await job(receipt)).toMatchObject({ state: "dead", attempt: 3, rescues: 3 });
    expect(dead).toEqual([
      [{ queue: "default", id: receipt.id, name: "any", attempt: 3, maxAttempts: 3 }, "LEASE_EXPIRED"],
    ]);
  });

  test("and those that it held with others are not charged, and come back in halves", async () => {
    const { yard, store, worker, pass, job } = stage();
    const receipts = await Promise.all(Array.from({ length: 5 }, () => yard.enqueue(any, 1)));
    await ghostClaims(store.adapter, 5, { session: "ghost" });
    await worker({ jobs: [other.handler(() => 1)] }).start();
    await pass(36_000, 1_000);
    for (const receipt of receipts)
      expect(await job(receipt)).toMatchObject({ state: "waiting", attempt: 0, rescues: 1, heldLimit: 3 });
  });

  test("many of them are rescued in one sweep", async () => {
    const { yard, store, worker, ports } = stage();
    await yard.enqueueMany(any, Array(1_200).fill(1), { backoff: [0] });
    for (let ghost = 0; ghost < 12; ghost++) await ghostClaims(store.adapter, 100, { session: `ghost-${ghost}` });
    ports.advance("30s");
    const own = worker({ jobs: [other.handler(() => 1)] });
    await own.start();
    await until(() => own.status.rescued === 1_200);
  });

  test("keeps no other from being rescued, if the store cannot take its own rescue", async () => {
    const { yard, store, worker, pass, job, errors } = stage();
    const [first, second] = [await yard.enqueue(any, 1), await yard.enqueue(any, 2)];
    await ghostClaims(store.adapter, 1, { session: "ghost-1" });
    await ghostClaims(store.adapter, 1, { session: "ghost-2" });
    store.break("settle", (settlements: readonly Settlement[]) =>
      settlements[0]?.lease.session === "ghost-1" ? new TypeError("odd row") : undefined,
    );
    await worker({ jobs: [other.handler(() => 1)] }).start();
    await pass(36_000, 1_000);
    expect([(await job(first)).state, (await job(second)).state]).toEqual(["active", "waiting"]);
    expect(errors.map(({ doing }) => doing)).toContain("rescue");
  });

  test("that its worker renewed in the last moment is left to it", async () => {
    const { yard, store, worker, ports, job } = stage();
    const receipt = await yard.enqueue(any, 1);
    const { jobs } = await ghostClaims(store.adapter, 1, { session: "late" });
    ports.advance("30s");
    const { expired } = store.adapter.leaser;
    Object.assign(store.adapter.leaser, {
      expired: async (limit: number) => {
        const sessions = await expired(limit);
        await store.adapter.leaser.extend(
          "late",
          jobs.map(({ lease }) => lease),
          30_000,
        );
        return sessions;
      },
    });
    const own = worker({ jobs: [other.handler(() => 1)] });
    await own.drain();
    expect((await job(receipt)).state).toBe("active");
    expect(own.status.rescued).toBe(0);
  });

  test("a rescuer leaves its own session alone: being late is not being gone", async () => {
    const { yard, worker, pass, store, job } = stage();
    const end = gate();
    const own = worker({ jobs: [any.handler(() => end.opened)], sweep: "1s" });
    const receipt = await yard.enqueue(any, 1);
    await own.start();
    await until(() => own.status.running === 1);
    for (const verb of ["extend", "claim"] as const) store.break(verb, () => new QueueError("STORE_BUSY", "locked"));
    await pass(45_000, 1_000);
    expect((await store.adapter.leaser.expired(10)).map(({ session }) => session)).toEqual([own.session]);
    for (const verb of ["extend", "claim"] as const) store.mend(verb);
    await pass(5_000, 1_000);
    expect(await store.adapter.leaser.expired(10)).toEqual([]);
    expect((await job(receipt)).state).toBe("active");
    end.open();
    await until(async () => (await job(receipt)).state === "completed");
    expect(own.status.rescued).toBe(0);
  });
});

describe("jobs that shared a crash", () => {
  /** Three jobs that a ghost held together, rescued; each may be claimed with one companion only. */
  async function shared(over: { readonly lease?: "30s" } = {}) {
    const on = stage();
    const held: JobRef[] = [];
    for (let index = 0; index < 3; index++) held.push(await on.yard.enqueue(any, `held ${index}`));
    await ghostClaims(on.store.adapter, 3, { session: "ghost" });
    on.ports.advance("30s");
    const rescuer = on.another().worker({ jobs: [other.handler(() => 1)] });
    await rescuer.drain();
    await rescuer.stop();
    expect(await Promise.all(held.map(async (ref) => (await on.job(ref)).heldLimit))).toEqual([2, 2, 2]);
    return { ...on, held, ...over };
  }

  test("are taken by a worker that holds nothing, at most so many at once, and nothing beside them", async () => {
    const { yard, worker, held, job } = await shared();
    await yard.enqueueMany(any, ["plain", "plain"]);
    const together: unknown[][] = [];
    let running: unknown[] = [];
    const own = worker({
      jobs: [
        any.handler(async ({ payload }) => {
          running.push(payload);
          await turns(5);
          if (running.length > 0) together.push(running);
          running = [];
        }),
      ],
    });
    await own.drain();
    expect(own.status.completed).toBe(5);
    expect(together.filter((batch) => batch.some((one) => String(one).startsWith("held")))).toEqual([
      ["held 0", "held 1"],
      ["held 2"],
    ]);
    for (const ref of held) expect(await job(ref)).toMatchObject({ state: "completed", heldLimit: null });
  });

  test("are not disturbed by claims while they run", async () => {
    const { worker, store, pass } = await shared();
    const gates: Gate[] = [];
    const own = worker({
      jobs: [
        any.handler(() => {
          const end = gate();
          gates.push(end);
          return end.opened;
        }),
      ],
    });
    await own.start();
    await until(() => gates.length === 2);
    const before = store.calls.claim.length;
    await pass(5_000, 500);
    gates[0]?.open();
    await pass(5_000, 500);
    expect(store.calls.claim.slice(before)).toEqual([]);
    gates[1]?.open();
    await until(() => gates.length === 3);
    gates[2]?.open();
  });

  test("wait while a worker is busy, until they have waited for one lease: then it empties itself for them", async () => {
    const { yard, worker, pass, held, job, store } = await shared();
    const gates: Gate[] = [];
    const own = worker({
      lease: "30s",
      jobs: [
        any.handler(({ payload }) => {
          if (String(payload).startsWith("held")) return undefined;
          const end = gate();
          gates.push(end);
          return end.opened;
        }),
      ],
      queues: { elsewhere: {}, default: { concurrency: 2 } },
    });
    // Held jobs go first to a worker that holds nothing: this one gets work in another queue.
    await yard.board.pause("default", { actor: "test" });
    await yard.enqueueMany(any, Array(3).fill("plain"), { queue: "elsewhere" });
    await own.start();
    await until(() => gates.length === 3);
    await yard.board.resume("default", { actor: "test" });
    await pass(29_000, 500);
    expect(await Promise.all(held.map(async (ref) => (await job(ref)).state))).toEqual(Array(3).fill("waiting"));
    expect(await store.adapter.records.get("exclusive", "default")).toBeNull();
    await pass(2_000, 500);
    expect(await store.adapter.records.get("exclusive", "default")).toMatchObject({
      doc: JSON.stringify({ session: own.session }),
    });
    // From now on it claims nothing, until what it holds is done.
    await yard.enqueue(any, "plain", { queue: "elsewhere" });
    const before = store.calls.claim.length;
    gates[0]?.open();
    gates[1]?.open();
    await pass(15_000, 500);
    expect(own.status.completed).toBe(2);
    expect(store.calls.claim.slice(before)).toEqual([]);
    gates[2]?.open();
    await until(async () => (await Promise.all(held.map(job))).every(({ state }) => state === "completed"));
    expect(await store.adapter.records.get("exclusive", "default")).toBeNull();
    await until(() => gates.length === 4);
    gates[3]?.open();
    const [exclusive] = store.calls.claim.slice(before).map(([request]) => request as ClaimRequest);
    expect(exclusive).toMatchObject({ held: true, queues: [{ queue: "default" }] });
  });

  test("keep the reservation until they are asked for, however slow the store is with it", async () => {
    const { yard, worker, pass, held, job, store } = await shared();
    const { put } = store.adapter.records;
    const slow = gate();
    Object.assign(store.adapter.records, {
      put: async (...args: Parameters<typeof put>) => {
        if (args[0] === "exclusive") await slow.opened;
        return put(...args);
      },
    });
    const end = gate();
    const own = worker({
      lease: "30s",
      jobs: [any.handler(({ payload }) => (payload === "plain" ? end.opened : undefined))],
      queues: { elsewhere: {}, default: {} },
    });
    await yard.board.pause("default", { actor: "test" });
    await yard.enqueue(any, "plain", { queue: "elsewhere" });
    await own.start();
    await until(() => own.status.running === 1);
    await yard.board.resume("default", { actor: "test" });
    await pass(31_000, 500);
    slow.open();
    await pass(3_000, 500);
    expect(await store.adapter.records.get("exclusive", "default")).not.toBeNull();
    end.open();
    await until(async () => (await Promise.all(held.map(job))).every(({ state }) => state === "completed"));
  });

  test("are waited for by one session per queue only", async () => {
    const { store, yard, worker, pass } = await shared();
    await store.adapter.records.put("exclusive", "default", "{}", { ifVersion: 0, ttlMs: 600_000 });
    const end = gate();
    const own = worker({ jobs: [any.handler(() => end.opened)], queues: { elsewhere: {}, default: {} } });
    await yard.board.pause("default", { actor: "test" });
    await yard.enqueue(any, "plain", { queue: "elsewhere" });
    await own.start();
    await until(() => own.status.running === 1);
    await yard.board.resume("default", { actor: "test" });
    await pass(40_000, 1_000);
    const before = store.calls.claim.length;
    await pass(5_000, 500);
    expect(store.calls.claim.length).toBeGreaterThan(before);
    end.open();
  });

  test("are not forgotten in one queue because another session sees to those of another queue", async () => {
    const { store, yard, worker, another, pass, ports } = await shared();
    for (const payload of ["held 3", "held 4"]) await yard.enqueue(any, payload, { queue: "second" });
    await ghostClaims(store.adapter, 2, { session: "ghost 2", queue: "second" });
    ports.advance("30s");
    const rescuer = another().worker({ jobs: [other.handler(() => 1)] });
    await rescuer.drain();
    await rescuer.stop();
    await store.adapter.records.put("exclusive", "default", "{}", { ifVersion: 0, ttlMs: 600_000 });
    const end = gate();
    const queues = { elsewhere: {}, default: {}, second: {} };
    const own = worker({ jobs: [any.handler(() => end.opened)], queues });
    for (const queue of ["default", "second"]) await yard.board.pause(queue, { actor: "test" });
    await yard.enqueue(any, "plain", { queue: "elsewhere" });
    await own.start();
    await until(() => own.status.running === 1);
    for (const queue of ["default", "second"]) await yard.board.resume(queue, { actor: "test" });
    await pass(40_000, 1_000);
    expect(await store.adapter.records.get("exclusive", "second")).toMatchObject({
      doc: JSON.stringify({ session: own.session }),
    });
    end.open();
  });
});
