/** Sweeping: jobs that were not started in time, records whose time is over. */

import { expect } from "vitest";
import { type Chapter, COMPLETE, idsOf, LEASE_MS, retryIn } from "./stage.ts";

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

  test("what is swept is every queue with jobs or settings, with what is to be kept there", async (stage) => {
    await stage.add({}, { queue: "images" });
    await stage.adapter.operator.configure("empty", { maxSize: 5 }, { actor: "ada" });
    const swept = await stage.adapter.sweeper.queues();
    expect(swept.map(({ queue }) => queue)).toEqual(["empty", "images", "mail"]);
    expect(swept).toEqual(await stage.adapter.reader.queues());
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
