/** At most one job per queue and key: in bulk as well as singly, and on every way back to waiting. */

import { expect } from "vitest";
import type { Dedupe, JobRef } from "../../nouns/job.ts";
import { BURY, type Chapter, COMPLETE, FAILURE, only, releaseFor, rescueTo, retryIn, type Stage } from "./stage.ts";

const KEY = "customer 7";
const keyed = (over: Partial<Dedupe> = {}): { readonly dedupe: Dedupe } => ({
  dedupe: { key: KEY, while: "open", onConflict: "skip", ...over },
});

export const dedupeChapter: Chapter = (test) => {
  test("a job whose key is held is a duplicate, and is told the holder", async (stage) => {
    const ref = await stage.addOne(keyed());
    expect((await stage.job(ref)).dedupeKey).toBe(KEY);
    expect(await stage.enqueue(keyed())).toEqual([{ outcome: "duplicate", ref, state: "waiting", by: "key" }]);
    expect((await stage.info()).depth).toBe(1);
  });

  test("a key is held within one call too", async (stage) => {
    const receipts = await stage.enqueue(keyed(), keyed(), {}, keyed());
    expect(receipts.map((receipt) => receipt.outcome)).toEqual(["accepted", "duplicate", "accepted", "duplicate"]);
    expect((await stage.info()).depth).toBe(2);
  });

  test("a key counts within its queue", async (stage) => {
    await stage.add({ ...keyed(), queue: "mail" }, { ...keyed(), queue: "print" });
  });

  test("a taken id is judged before the key", async (stage) => {
    const ref = await stage.addOne({ ...keyed(), id: "a" });
    expect(await stage.enqueue({ ...keyed(), id: "a" })).toEqual([
      { outcome: "duplicate", ref, state: "waiting", by: "id" },
    ]);
    expect(await stage.enqueue({ ...keyed(), id: "a", payload: "1" })).toMatchObject([{ outcome: "conflict" }]);
  });

  test("of many producers with one key exactly one is accepted, through any handle", async (stage) => {
    const other = await stage.second();
    const receipts = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? stage.adapter : other).writer.enqueue([stage.newJob(keyed())]),
      ),
    );
    expect(receipts.filter((answer) => only(answer).outcome === "accepted")).toHaveLength(1);
  });

  test('while "open": held while waiting, active and stale, free once the job is final', async (stage) => {
    const ref = await stage.addOne(keyed());
    const duplicateIn = async (state: string): Promise<void> =>
      expect(await stage.enqueue(keyed())).toEqual([{ outcome: "duplicate", ref, state, by: "key" }]);
    const { lease } = await stage.takeOne();
    await duplicateIn("active");
    await stage.rescue(lease, rescueTo("stale"));
    await duplicateIn("stale");
    await stage.move("requeue", ref);
    await duplicateIn("waiting");
    await stage.settle((await stage.takeOne()).lease, retryIn(1_000));
    await duplicateIn("waiting");
    await stage.bench.advance(1_000);
    await stage.settle((await stage.takeOne()).lease, BURY);
    await stage.addOne(keyed());
  });

  test('while "waiting": free at the claim', async (stage) => {
    await stage.addOne(keyed({ while: "waiting" }));
    await stage.takeOne();
    const twin = await stage.addOne(keyed({ while: "waiting" }));
    expect(await stage.enqueue(keyed({ while: "waiting" }))).toMatchObject([{ outcome: "duplicate", ref: twin }]);
  });

  test('while "waiting": free while the job is parked', async (stage) => {
    const ref = await stage.addOne(keyed({ while: "waiting" }));
    expect(await stage.move("park", ref)).toBe("done");
    await stage.addOne(keyed({ while: "waiting" }));
    expect(await stage.move("requeue", ref)).toBe("held");
  });

  test("while forMs: held from the enqueue for that long, whatever becomes of the job", async (stage) => {
    const forTen = keyed({ while: { forMs: 10_000 } });
    const ref = await stage.addOne(forTen);
    await stage.settle((await stage.takeOne()).lease, COMPLETE);
    expect(await stage.enqueue(forTen)).toEqual([{ outcome: "duplicate", ref, state: "completed", by: "key" }]);
    await stage.move("remove", ref);
    await stage.bench.advance(9_999);
    expect(await stage.enqueue(forTen)).toMatchObject([{ outcome: "duplicate", ref, by: "key" }]);
    await stage.bench.advance(1);
    await stage.addOne(forTen);
  });

  test("while forMs: free after that long, even if the job still waits", async (stage) => {
    await stage.addOne(keyed({ while: { forMs: 10_000 } }));
    await stage.bench.advance(10_000);
    await stage.addOne(keyed({ while: { forMs: 10_000 } }));
  });

  test("replace cancels a holder that waits, and the new job takes its place", async (stage) => {
    const old = await stage.addOne(keyed());
    const receipts = await stage.enqueue({ ...keyed({ onConflict: "replace" }), payload: '"new"' });
    const receipt = only(receipts);
    expect(receipt).toMatchObject({ outcome: "accepted", state: "waiting", replaced: old });
    expect(await stage.job(old)).toMatchObject({
      state: "cancelled",
      reason: "replaced",
      finishedAt: await stage.now(),
      attempt: 0,
    });
    expect((await stage.events(old)).at(-1)).toEqual({ seq: 2, at: await stage.now(), kind: "replace", data: null });
    expect(await stage.enqueue(keyed())).toMatchObject([{ outcome: "duplicate", ref: receipt.ref }]);
    expect((await stage.take()).map((job) => job.payload)).toEqual(['"new"']);
  });

  test("replace leaves a holder alone that does not wait", async (stage) => {
    const ref = await stage.addOne(keyed());
    await stage.takeOne();
    const before = await stage.job(ref);
    expect(await stage.enqueue(keyed({ onConflict: "replace" }))).toEqual([
      { outcome: "duplicate", ref, state: "active", by: "key" },
    ]);
    expect(await stage.job(ref)).toEqual(before);
  });

  test("extend moves the time of a holder that waits", async (stage) => {
    const ref = await stage.addOne(keyed());
    const receipts = await stage.enqueue({ ...keyed({ onConflict: "extend" }), start: { delayMs: 4_000 } });
    expect(receipts).toEqual([{ outcome: "duplicate", ref, state: "waiting", by: "key" }]);
    const now = await stage.now();
    expect(await stage.job(ref)).toMatchObject({ state: "waiting", runAt: now + 4_000, seq: 2 });
    expect((await stage.events(ref)).at(-1)).toEqual({ seq: 2, at: now, kind: "reschedule", data: null });
    expect(await stage.take()).toEqual([]);
    await stage.bench.advance(4_000);
    await stage.takeOne();
  });

  test("extend leaves a running holder's time alone, and lets its forMs run anew", async (stage) => {
    const forTen = keyed({ while: { forMs: 10_000 }, onConflict: "extend" });
    const ref = await stage.addOne(forTen);
    await stage.takeOne();
    await stage.bench.advance(9_000);
    expect(await stage.enqueue(forTen)).toMatchObject([{ outcome: "duplicate", ref, state: "active" }]);
    expect(await stage.kinds(ref)).toEqual(["enqueue", "claim"]);
    await stage.bench.advance(9_999);
    expect(await stage.enqueue(keyed())).toMatchObject([{ outcome: "duplicate", ref }]);
    await stage.bench.advance(1);
    await stage.addOne(keyed());
  });

  for (const [way, back] of Object.entries(WAYS_BACK))
    test(`a ${way} that meets a waiting twin yields: cancelled as a duplicate`, async (stage) => {
      const ref = await stage.addOne(keyed({ while: "waiting" }));
      const { lease } = await stage.takeOne();
      const twin = await stage.addOne(keyed({ while: "waiting" }));
      expect(await back.settle(stage, lease)).toEqual({
        ok: true,
        state: "cancelled",
        reason: "duplicate",
        followUps: [],
      });
      expect(await stage.job(ref)).toMatchObject({
        state: "cancelled",
        reason: "duplicate",
        attempt: back.attempt,
        rescues: back.rescues,
        errors: back.errors,
        finishedAt: await stage.now(),
        epoch: 0,
      });
      expect((await stage.kinds(ref)).at(-1)).toBe("yield");
      await expectStillWaiting(stage, twin);
    });

  for (const [way, back] of Object.entries(WAYS_BACK))
    test(`a ${way} without a twin takes its "waiting" key again`, async (stage) => {
      const ref = await stage.addOne(keyed({ while: "waiting" }));
      await back.settle(stage, (await stage.takeOne()).lease);
      await expectStillWaiting(stage, ref);
      expect(await stage.enqueue(keyed({ while: "waiting" }))).toMatchObject([{ outcome: "duplicate", ref }]);
    });

  test("of two that go back in one call the second yields to the first", async (stage) => {
    await stage.addOne(keyed({ while: "waiting" }));
    const first = await stage.takeOne();
    await stage.addOne(keyed({ while: "waiting" }));
    const second = await stage.takeOne();
    const settled = await stage.adapter.leaser.settle(
      [first, second].map(({ lease }) => ({ lease, guard: "held", decision: retryIn(0) })),
    );
    expect(settled.map((answer) => answer.ok && answer.state)).toEqual(["waiting", "cancelled"]);
  });

  test("a requeue is refused while another job holds the key", async (stage) => {
    const ref = await stage.addOne(keyed());
    await stage.settle((await stage.takeOne()).lease, BURY);
    await stage.addOne(keyed());
    const before = await stage.job(ref);
    expect(await stage.apply("requeue", ref)).toEqual([{ ref, outcome: "held", state: "dead" }]);
    expect(await stage.job(ref)).toEqual(before);
  });

  test("a requeued job holds its key again", async (stage) => {
    const ref = await stage.addOne(keyed());
    await stage.settle((await stage.takeOne()).lease, BURY);
    await stage.move("requeue", ref);
    expect(await stage.enqueue(keyed())).toMatchObject([{ outcome: "duplicate", ref }]);
  });
};

const kept = { attempt: 1, code: FAILURE.code, message: FAILURE.message };

/** Every way from active back to waiting, and what it leaves on the job. */
const WAYS_BACK = {
  retry: {
    settle: (stage: Stage, lease: Parameters<Stage["settle"]>[0]) => stage.settle(lease, retryIn(0)),
    attempt: 1,
    rescues: 0,
    errors: [expect.objectContaining(kept)],
  },
  release: {
    settle: (stage: Stage, lease: Parameters<Stage["settle"]>[0]) => stage.settle(lease, releaseFor(0)),
    attempt: 0,
    rescues: 0,
    errors: [],
  },
  rescue: {
    settle: (stage: Stage, lease: Parameters<Stage["settle"]>[0]) => stage.rescue(lease),
    attempt: 1,
    rescues: 1,
    errors: [expect.objectContaining({ attempt: 1, code: "LEASE_EXPIRED" })],
  },
};

async function expectStillWaiting(stage: Stage, ref: JobRef): Promise<void> {
  expect(await stage.job(ref)).toMatchObject({ state: "waiting", reason: null });
}
