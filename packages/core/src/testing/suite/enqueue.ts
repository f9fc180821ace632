/** What an enqueue writes, and what an id promises. */

import { expect } from "vitest";
import type { NewJob } from "../../contract/adapter.ts";
import { type Chapter, COMPLETE, FAILURE, only, QUEUE, refOf, TYPE } from "./stage.ts";

export const enqueueChapter: Chapter = (test) => {
  test("a new job waits, due at once, with no attempts", async (stage) => {
    const receipts = await stage.enqueue({ id: "welcome" });
    const now = await stage.now();
    const ref = refOf("welcome");
    expect(receipts).toEqual([{ outcome: "accepted", ref, state: "waiting", replaced: null }]);
    expect(await stage.job(ref)).toEqual({
      ...ref,
      name: TYPE,
      version: 1,
      state: "waiting",
      reason: null,
      payload: '{"to":"Ada"}',
      result: null,
      progress: null,
      priority: 0,
      attempt: 0,
      maxAttempts: 3,
      backoff: null,
      timeoutMs: null,
      runAt: now,
      createdAt: now,
      startedAt: null,
      finishedAt: null,
      expiresAt: null,
      leaseUntil: null,
      worker: null,
      errors: [],
      tags: [],
      group: null,
      dedupeKey: null,
      onLeaseLost: "retry",
      parent: null,
      rescues: 0,
      heldLimit: null,
      cancelRequested: false,
      epoch: 0,
      seq: 1,
      lastOp: null,
    });
    expect(await stage.events(ref)).toEqual([{ seq: 1, at: now, kind: "enqueue", data: null }]);
  });

  test("everything that a producer says is kept, and handed to the worker", async (stage) => {
    const said = {
      name: "render",
      version: 3,
      payload: '{"page":7}',
      priority: 2_097_151,
      maxAttempts: 9,
      backoff: { type: "exponential", delayMs: 250, maxDelayMs: 60_000, jitter: 0.5 },
      timeoutMs: 90_000,
      tags: ["eu", "bücher"],
      group: "customer 4711",
      parent: { queue: "intake", id: "scan-1", epoch: 4, ref: "page" },
    } as const satisfies Partial<NewJob>;
    const ref = await stage.addOne({ ...said, expiresInMs: 60_000, onLeaseLost: "hold" });
    expect(await stage.job(ref)).toMatchObject({
      ...said,
      onLeaseLost: "hold",
      expiresAt: (await stage.now()) + 60_000,
    });
    const queues = [{ queue: QUEUE, max: 1, types: [{ name: "render", maxVersion: 3 }] }];
    expect(await stage.takeOne({ queues, token: "t", session: "w" })).toEqual({
      ...said,
      lease: { ref, epoch: 0, token: "t", session: "w" },
      progress: null,
      attempt: 1,
      createdAt: await stage.now(),
      expiresAt: (await stage.now()) + 60_000,
      heldLimit: null,
    });
  });

  test("a list of delays is kept as it is", async (stage) => {
    const ref = await stage.addOne({ backoff: [1_000, 4_000, 16_000] });
    expect((await stage.job(ref)).backoff).toEqual([1_000, 4_000, 16_000]);
    expect((await stage.takeOne()).backoff).toEqual([1_000, 4_000, 16_000]);
  });

  test("a delay counts from the store's now; an instant is kept, and one in the past means now", async (stage) => {
    const now = await stage.now();
    const [delayed, later, past] = await stage.add(
      { start: { delayMs: 5_000 } },
      { start: { at: now + 7_000 } },
      { start: { at: now - 7_000 } },
    );
    const jobs = await stage.adapter.reader.get([delayed, later, past].filter((ref) => ref !== undefined));
    expect(jobs.map((job) => job?.runAt)).toEqual([now + 5_000, now + 7_000, now]);
  });

  test("the same id again is a duplicate, whatever the order of keys and the white space", async (stage) => {
    const ref = await stage.addOne({ id: "order-1", payload: '{"a":1,"b":[1.0,2]}' });
    const again = await stage.enqueue({ id: "order-1", payload: ' { "b": [1, 2e0], "a": 1 } ', priority: 5 });
    expect(again).toEqual([{ outcome: "duplicate", ref, state: "waiting", by: "id" }]);
    expect(await stage.job(ref)).toMatchObject({ payload: '{"a":1,"b":[1.0,2]}', priority: 0, seq: 1 });
  });

  test("a duplicate is told the state of the job that was there", async (stage) => {
    const ref = await stage.addOne({ id: "order-1" });
    const { lease } = await stage.takeOne();
    expect(await stage.enqueue({ id: "order-1" })).toMatchObject([{ outcome: "duplicate", state: "active", by: "id" }]);
    await stage.settle(lease, COMPLETE);
    expect(await stage.enqueue({ id: "order-1" })).toMatchObject([
      { outcome: "duplicate", state: "completed", by: "id" },
    ]);
    expect(await stage.kinds(ref)).toEqual(["enqueue", "claim", "complete"]);
  });

  test("another payload or another name under a taken id is a conflict, and changes nothing", async (stage) => {
    const ref = await stage.addOne({ id: "order-1", payload: '{"amount":9007199254740993}' });
    const before = await stage.job(ref);
    expect(await stage.enqueue({ id: "order-1", payload: '{"amount":9007199254740992}' })).toEqual([
      { outcome: "conflict", ref, state: "waiting" },
    ]);
    expect(await stage.enqueue({ id: "order-1", name: "part", payload: before.payload })).toMatchObject([
      { outcome: "conflict" },
    ]);
    expect(await stage.job(ref)).toEqual(before);
  });

  test("an id counts within its queue", async (stage) => {
    await stage.add({ id: "order-1", queue: "mail" }, { id: "order-1", queue: "print", payload: "[]" });
    expect(await stage.job(refOf("order-1", "print"))).toMatchObject({ payload: "[]" });
    expect(await stage.job(refOf("order-1", "mail"))).toMatchObject({ payload: '{"to":"Ada"}' });
  });

  test("the jobs of one call are judged one after the other", async (stage) => {
    const receipts = await stage.enqueue({ id: "a" }, { id: "b" }, { id: "a" }, { id: "a", payload: "1" }, { id: "c" });
    expect(receipts.map((receipt) => `${receipt.ref.id} ${receipt.outcome}`)).toEqual([
      "a accepted",
      "b accepted",
      "a duplicate",
      "a conflict",
      "c accepted",
    ]);
    expect((await stage.info()).depth).toBe(3);
  });

  test("an id is free again once its job was removed", async (stage) => {
    const ref = await stage.addOne({ id: "order-1" });
    await stage.move("remove", ref);
    await stage.addOne({ id: "order-1", payload: '"new"' });
    expect(await stage.job(ref)).toMatchObject({ payload: '"new"', seq: 1 });
    expect(await stage.kinds(ref)).toEqual(["enqueue"]);
  });

  test("ids and names may be any printable text", async (stage) => {
    const text = "Straße 7/b — 東京 🚀 'x' \"y\" %_*? {z}";
    const ref = await stage.addOne({ queue: text, id: text, name: text, tags: [text], group: text });
    const queues = [{ queue: text, max: 1, types: [{ name: text, maxVersion: 1 }] }];
    const { lease } = await stage.takeOne({ queues, session: text });
    await stage.settle(lease, { move: "bury", failure: { ...FAILURE, message: text } });
    expect(await stage.job(ref)).toMatchObject({
      queue: text,
      id: text,
      name: text,
      tags: [text],
      group: text,
      worker: text,
    });
  });

  test("of many producers with one id exactly one is accepted, through any handle", async (stage) => {
    const other = await stage.second();
    const receipts = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? stage.adapter : other).writer.enqueue([stage.newJob({ id: "order-1" })]),
      ),
    );
    const outcomes = receipts.map((answer) => only(answer).outcome).sort();
    expect(outcomes).toEqual(["accepted", ...Array.from({ length: 19 }, () => "duplicate")]);
  });

  test("a call may bring a thousand jobs, or none", async (stage) => {
    expect(await stage.enqueue()).toEqual([]);
    await stage.add(...Array.from({ length: 1_000 }, (_, index) => ({ id: `bulk-${index}` })));
    expect((await stage.info()).depth).toBe(1_000);
  });
};
