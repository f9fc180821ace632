/** Jobs that were not started in time, and finals that are kept long enough. */

import { expect } from "vitest";
import type { PurgeRule } from "../../contract/adapter.ts";
import { BURY, type Chapter, COMPLETE, idsOf, LEASE_MS, QUEUE, retryIn, type Stage } from "./stage.ts";

const HOURS = 3_600_000;

export const expiryChapter: Chapter = (test) => {
  test("a job that was not started in time is never handed out: the claim that meets it cancels it", async (stage) => {
    const ref = await stage.addOne({ expiresInMs: 1_000 });
    await stage.bench.advance(1_000);
    expect(await stage.take()).toEqual([]);
    const now = await stage.now();
    expect(await stage.job(ref)).toMatchObject({
      state: "cancelled",
      reason: "expired",
      finishedAt: now,
      attempt: 0,
      startedAt: null,
    });
    expect((await stage.events(ref)).at(-1)).toEqual({ seq: 2, at: now, kind: "expire", data: null });
  });

  test("one millisecond before, it is", async (stage) => {
    await stage.addOne({ expiresInMs: 1_000 });
    await stage.bench.advance(999);
    expect(await stage.take()).toHaveLength(1);
  });

  test("a claim cancels the expired jobs that it meets, however many, and takes what lies behind them", async (stage) => {
    await stage.add(...Array.from({ length: 60 }, () => ({ expiresInMs: 10 })), { id: "good" });
    await stage.bench.advance(10);
    expect(idsOf(await stage.take({ max: 5 }))).toEqual(["good"]);
    expect((await stage.info()).counts).toMatchObject({ cancelled: { n: 60 }, active: { n: 1 }, waiting: { n: 0 } });
  });

  test("a job that is running does not expire", async (stage) => {
    await stage.addOne({ expiresInMs: 1_000 });
    const { lease, expiresAt } = await stage.takeOne();
    expect(expiresAt).toBe((await stage.now()) + 1_000);
    await stage.bench.advance(LEASE_MS);
    expect(await stage.adapter.sweeper.expire(10)).toEqual({ expired: 0, more: false });
    expect(await stage.settle(lease, COMPLETE)).toMatchObject({ state: "completed" });
  });

  test("a retry that comes too late expires, with its errors kept", async (stage) => {
    const ref = await stage.addOne({ expiresInMs: 1_000 });
    await stage.settle((await stage.takeOne()).lease, retryIn(5_000));
    await stage.bench.advance(5_000);
    expect(await stage.take()).toEqual([]);
    await stage.adapter.sweeper.expire(10);
    expect(await stage.job(ref)).toMatchObject({ state: "cancelled", reason: "expired", errors: [{ attempt: 1 }] });
  });

  test("the sweep finds them in every queue, scheduled and in paused ones too, page by page", async (stage) => {
    const soon = { expiresInMs: 1_000 };
    const refs = await stage.add(
      { queue: "a", ...soon },
      { queue: "b", ...soon },
      { ...soon, start: { delayMs: 90_000 } },
    );
    await stage.add({ expiresInMs: 2_000 }, {});
    await stage.pause("a");
    await stage.bench.advance(1_000);
    expect(await stage.adapter.sweeper.expire(2)).toEqual({ expired: 2, more: true });
    expect(await stage.adapter.sweeper.expire(1)).toEqual({ expired: 1, more: false });
    expect(await stage.adapter.sweeper.expire(2)).toEqual({ expired: 0, more: false });
    for (const job of await stage.adapter.reader.get(refs)) expect(job).toMatchObject({ reason: "expired", seq: 2 });
    expect((await stage.info()).depth).toBe(2);
  });

  test("an expired job frees its place and its key", async (stage) => {
    await stage.configure({ maxSize: 1 });
    const job = { expiresInMs: 1_000, dedupe: { key: "k", while: "open", onConflict: "skip" } } as const;
    await stage.addOne(job);
    await stage.bench.advance(1_000);
    await stage.adapter.sweeper.expire(10);
    await stage.addOne(job);
  });

  test("an expired job may be requeued, and has all the time then", async (stage) => {
    const ref = await stage.addOne({ expiresInMs: 1_000 });
    await stage.bench.advance(1_000);
    await stage.adapter.sweeper.expire(10);
    await stage.move("requeue", ref);
    await stage.bench.advance(100_000);
    expect(await stage.adapter.sweeper.expire(10)).toEqual({ expired: 0, more: false });
    expect(await stage.take()).toHaveLength(1);
  });
};

export const retentionChapter: Chapter = (test) => {
  test("finals are removed for good once they are old enough, each state by its own rule", async (stage) => {
    const [completed, dead, cancelled] = await stage.add({}, {}, {});
    if (!completed || !dead || !cancelled) throw new Error("three jobs");
    await stage.settle((await stage.takeOne()).lease, COMPLETE);
    await stage.settle((await stage.takeOne()).lease, BURY);
    await stage.move("cancel", cancelled);
    await stage.bench.advance(HOURS);
    expect(await purge(stage, { state: "completed", olderThanMs: HOURS + 1 })).toEqual({ removed: 0, more: false });
    for (const [state, ref] of [
      ["completed", completed],
      ["dead", dead],
      ["cancelled", cancelled],
    ] as const) {
      expect(await purge(stage, { state, olderThanMs: HOURS })).toEqual({ removed: 1, more: false });
      expect(await stage.adapter.reader.get([ref])).toEqual([null]);
      expect(await stage.adapter.reader.events(ref, 0, 10)).toBeNull();
      expect(await stage.move("restore", ref)).toBe("missing");
      await stage.addOne({ id: ref.id });
      await stage.move("cancel", ref);
      await stage.move("remove", ref);
    }
  });

  test("open jobs are never taken, however old", async (stage) => {
    const refs = await stage.add({}, {}, { start: { delayMs: 900 * HOURS } });
    await stage.takeOne({ leaseMs: 900 * HOURS });
    await stage.apply("park", refs[1] ?? []);
    await stage.bench.advance(800 * HOURS);
    for (const state of ["completed", "dead", "cancelled"] as const)
      expect(await purge(stage, { state, olderThanMs: 0 })).toEqual({ removed: 0, more: false });
    expect((await stage.adapter.reader.get(refs)).map((job) => job?.state)).toEqual(["active", "stale", "waiting"]);
  });

  test("a requeued job is kept, and its age counts from its new end", async (stage) => {
    const ref = await stage.addOne();
    await stage.settle((await stage.takeOne()).lease, BURY);
    await stage.bench.advance(HOURS);
    await stage.move("requeue", ref);
    expect(await purge(stage, { state: "dead", olderThanMs: 0 })).toEqual({ removed: 0, more: false });
    await stage.settle((await stage.takeOne()).lease, BURY);
    expect(await purge(stage, { state: "dead", olderThanMs: HOURS })).toEqual({ removed: 0, more: false });
    expect(await purge(stage, { state: "dead", olderThanMs: 0 })).toEqual({ removed: 1, more: false });
  });

  test("the purge goes by pages, and stays in its queue", async (stage) => {
    const refs = await stage.add({}, {}, {}, { queue: "print" });
    await stage.apply("cancel", refs);
    await stage.bench.advance(1);
    const rule = { state: "cancelled", olderThanMs: 0 } as const;
    expect(await purge(stage, rule, 2)).toEqual({ removed: 2, more: true });
    expect(await purge(stage, rule, 1)).toEqual({ removed: 1, more: false });
    expect(await stage.adapter.reader.count([], 10)).toEqual({ n: 1, exact: true });
  });

  test("a sweep removes records whose time is over", async (stage) => {
    const { records, sweeper } = stage.adapter;
    await records.put("worker", "w1", "{}", { ttlMs: 1_000 });
    await records.put("worker", "w2", "{}");
    await stage.bench.advance(1_000);
    await sweeper.expire(100);
    expect((await records.list("worker", null, 10)).map((record) => record.id)).toEqual(["w2"]);
  });
};

const purge = (stage: Stage, rule: Omit<PurgeRule, "queue">, limit = 100) =>
  stage.adapter.sweeper.purge({ queue: QUEUE, ...rule }, limit);
