/** Who may be handed what, and how a claim waits for work. */

import { setImmediate } from "node:timers/promises";
import { expect } from "vitest";
import type { Claim } from "../../contract/adapter.ts";
import { claimData } from "../../contract/entries.ts";
import { type Chapter, COMPLETE, idsOf, LEASE_MS, QUEUE, retryIn, type Stage, serve, within } from "./stage.ts";

/** Longer than any example runs: a claim that ends earlier was woken. */
const LONG_MS = 600_000;

export const claimChapter: Chapter = (test) => {
  test("a claimed job is active, and its attempt, lease and worker are on it", async (stage) => {
    const ref = await stage.addOne();
    await stage.bench.advance(500);
    const now = await stage.now();
    const claim = await stage.claim({ session: "w7", token: "t7" });
    expect(claim).toMatchObject({ now, jobs: [{ lease: { ref, epoch: 0, token: "t7", session: "w7" }, attempt: 1 }] });
    expect(await stage.job(ref)).toMatchObject({
      state: "active",
      attempt: 1,
      startedAt: now,
      worker: "w7",
      leaseUntil: now + LEASE_MS,
      epoch: 0,
      seq: 2,
      runAt: now - 500,
    });
    expect((await stage.events(ref)).at(-1)).toEqual({ seq: 2, at: now, kind: "claim", data: claimData("w7", 1) });
  });

  test("a job is handed to one claimer only, however many ask at once through any handle", async (stage) => {
    const other = await stage.second();
    await stage.add(...Array.from({ length: 40 }, () => ({})));
    const claims = await Promise.all(
      Array.from({ length: 16 }, (_, index) =>
        (index % 2 === 0 ? stage.adapter : other).leaser.claim(stage.request({ session: `w${index}`, max: 5 })),
      ),
    );
    const taken = claims.flatMap((claim) => idsOf(claim.jobs));
    expect(taken).toHaveLength(40);
    expect(new Set(taken).size).toBe(40);
  });

  test("a job whose time is ahead is not handed out, not a millisecond early", async (stage) => {
    await stage.addOne({ start: { delayMs: 1_000 } });
    expect(await stage.take()).toEqual([]);
    await stage.bench.advance(999);
    expect(await stage.take()).toEqual([]);
    await stage.bench.advance(1);
    expect(await stage.take()).toHaveLength(1);
  });

  test("a retry waits out its delay", async (stage) => {
    const ref = await stage.addOne();
    await stage.settle((await stage.takeOne()).lease, retryIn(4_000));
    expect((await stage.job(ref)).runAt).toBe((await stage.now()) + 4_000);
    await stage.bench.advance(3_999);
    expect(await stage.take()).toEqual([]);
    await stage.bench.advance(1);
    expect(await stage.takeOne()).toMatchObject({ attempt: 2, lease: { ref, epoch: 1 } });
  });

  test("types that the worker does not know are left alone, also newer versions", async (stage) => {
    await stage.add(
      { id: "unknown", name: "mystery" },
      { id: "newer", version: 3 },
      { id: "same", version: 2 },
      { id: "older" },
    );
    const queues = [serve(QUEUE, { types: [{ name: "greet", maxVersion: 2 }] })];
    expect(idsOf(await stage.take({ queues }))).toEqual(["same", "older"]);
    expect(await stage.take({ queues })).toEqual([]);
    expect((await stage.info()).counts).toMatchObject({ waiting: { n: 2 }, active: { n: 2 } });
  });

  test("each type has its own newest version", async (stage) => {
    await stage.add({ id: "a", name: "one", version: 2 }, { id: "b", name: "two", version: 2 });
    const types = [
      { name: "one", maxVersion: 1 },
      { name: "two", maxVersion: 2 },
    ];
    expect(idsOf(await stage.take({ queues: [serve(QUEUE, { types })] }))).toEqual(["b"]);
  });

  test("jobs of types that nobody asked for do not hide those behind them", async (stage) => {
    await stage.add(...Array.from({ length: 300 }, () => ({ name: "mystery" })), { id: "known", priority: 3 });
    expect(idsOf(await stage.take())).toEqual(["known"]);
  });

  test("queues are served in the order given, each up to its own max and all up to the claim's", async (stage) => {
    const three = (queue: string) => ["1", "2", "3"].map((n) => ({ queue, id: `${queue}${n}` }));
    await stage.add(...three("a"), ...three("b"), ...three("c"));
    const queues = [serve("b", { max: 2 }), serve("a", { max: 3 }), serve("c", { max: 1 })];
    expect(idsOf(await stage.take({ max: 4, queues }))).toEqual(["b1", "b2", "a1", "a2"]);
    expect(idsOf(await stage.take({ max: 10, queues }))).toEqual(["b3", "a3", "c1"]);
  });

  test("queues that were not asked for are left alone", async (stage) => {
    await stage.addOne({ queue: "print" });
    expect(await stage.take()).toEqual([]);
  });

  test("a paused queue gives nothing; the others do", async (stage) => {
    await stage.add({ queue: "a", id: "a1" }, { queue: "b", id: "b1" });
    await stage.pause("a");
    const queues = [serve("a"), serve("b")];
    expect(idsOf(await stage.take({ queues }))).toEqual(["b1"]);
    await stage.resume("a");
    expect(idsOf(await stage.take({ queues }))).toEqual(["a1"]);
  });

  test("an empty claim says when the next job becomes due", async (stage) => {
    expect((await stage.claim()).nextDueAt).toBeNull();
    const now = await stage.now();
    await stage.add(
      { start: { delayMs: 9_000 } },
      { start: { delayMs: 3_000 } },
      { queue: "b", start: { delayMs: 5 } },
    );
    expect((await stage.claim()).nextDueAt).toBe(now + 3_000);
  });

  test("a claim that leaves due jobs behind says nothing about later ones", async (stage) => {
    await stage.add({}, {}, { start: { delayMs: 3_000 } });
    expect((await stage.claim({ max: 1 })).nextDueAt).toBeNull();
    expect((await stage.claim({ max: 1 })).nextDueAt).toBe((await stage.now()) + 3_000);
  });

  test("a worker sees the progress that an earlier attempt reported", async (stage) => {
    await stage.addOne();
    const { lease } = await stage.takeOne();
    await stage.adapter.leaser.append([{ lease, kind: "progress", data: '{"page":3}' }]);
    await stage.settle(lease, retryIn(0));
    expect((await stage.takeOne()).progress).toBe('{"page":3}');
  });

  test("a claim waits for work, and an enqueue wakes it", async (stage) => {
    const claim = stage.claim({ waitMs: LONG_MS });
    await stage.addOne({ id: "late" });
    expect(idsOf((await woken(claim)).jobs)).toEqual(["late"]);
  });

  test("an enqueue through another handle wakes a waiting claim", async (stage) => {
    const other = await stage.second();
    const claim = stage.claim({ waitMs: LONG_MS });
    await other.writer.enqueue([stage.newJob({ id: "late" })]);
    expect(idsOf((await woken(claim)).jobs)).toEqual(["late"]);
  });

  test("a claim that waits is woken when a job goes back, is requeued, or its queue is resumed", async (stage) => {
    const ref = await stage.addOne();
    const { lease } = await stage.takeOne();
    const first = stage.claim({ waitMs: LONG_MS, session: "w2" });
    await stage.settle(lease, { move: "release", delayMs: 0 });
    const second = (await woken(first)).jobs[0];
    if (!second) throw new Error("woken without the job");
    await stage.settle(second.lease, { move: "stop", reason: "handler", failure: null });
    const third = stage.claim({ waitMs: LONG_MS });
    await stage.move("requeue", ref);
    expect((await woken(third)).jobs).toHaveLength(1);
    await stage.pause();
    await stage.addOne({ id: "later" });
    const fourth = stage.claim({ waitMs: LONG_MS });
    await stage.resume();
    expect(idsOf((await woken(fourth)).jobs)).toEqual(["later"]);
  });

  test("the signal ends the waiting", async (stage) => {
    const stop = new AbortController();
    const claim = stage.claim({ waitMs: LONG_MS, signal: stop.signal });
    stop.abort();
    expect((await woken(claim)).jobs).toEqual([]);
  });

  test("the signal ends the waiting only: a job that is there is claimed", async (stage) => {
    await stage.addOne();
    expect(await stage.take({ waitMs: LONG_MS, signal: AbortSignal.abort() })).toHaveLength(1);
  });

  test("a claim that waits takes a job when its time comes", async (stage) => {
    await stage.addOne({ id: "soon", start: { delayMs: 1_000 } });
    const claim = stage.claim({ waitMs: LONG_MS });
    expect(idsOf((await letPass(stage, claim, 1_000)).jobs)).toEqual(["soon"]);
  });

  test("a claim that waited in vain answers empty", async (stage) => {
    const claim = stage.claim({ waitMs: 1_000 });
    expect((await letPass(stage, claim, 1_000)).jobs).toEqual([]);
  });

  test("completing a job frees nothing that could be claimed again", async (stage) => {
    await stage.addOne();
    await stage.settle((await stage.takeOne()).lease, COMPLETE);
    await stage.bench.advance(10 * LEASE_MS);
    expect(await stage.take()).toEqual([]);
  });
};

const woken = (claim: Promise<Claim>): Promise<Claim> => within(claim, "the claim was not woken");

/** Lets time pass until the claim answers: it may have gone to sleep after the first step. */
async function letPass(stage: Stage, claim: Promise<Claim>, ms: number): Promise<Claim> {
  let answered = false;
  const answer = claim.finally(() => {
    answered = true;
  });
  for (let step = 0; step < 100 && !answered; step++) {
    await stage.bench.advance(ms);
    await setImmediate();
  }
  return woken(answer);
}
