/** Jobs that follow a completed one, in the same step; they never fail the completion. */

import { expect } from "vitest";
import type { NewJob } from "../../contract/adapter.ts";
import type { Dedupe } from "../../nouns/job.ts";
import { BURY, type Chapter, COMPLETE, refOf, releaseFor, type Stage } from "./stage.ts";

const key = (over: Partial<Dedupe> = {}): { readonly dedupe: Dedupe } => ({
  dedupe: { key: "doc 1", while: "open", onConflict: "skip", ...over },
});

export const followUpsChapter: Chapter = (test) => {
  test("they are enqueued with the completion, and answered", async (stage) => {
    const [settled, parent] = await completing(stage, {}, [
      { id: "f1", queue: "print", parent: { queue: "mail", id: "parent", epoch: 0, ref: "print" } },
      { id: "f2", start: { delayMs: 5_000 } },
    ]);
    const now = await stage.now();
    expect(settled).toMatchObject({
      ok: true,
      state: "completed",
      followUps: [
        { outcome: "accepted", ref: refOf("f1", "print"), state: "waiting" },
        { outcome: "accepted", ref: refOf("f2"), state: "waiting" },
      ],
    });
    expect(await stage.job(refOf("f1", "print"))).toMatchObject({
      parent: { ...parent, epoch: 0, ref: "print" },
      runAt: now,
    });
    expect(await stage.job(refOf("f2"))).toMatchObject({ runAt: now + 5_000, createdAt: now });
    expect(await stage.kinds(refOf("f2"))).toEqual(["enqueue"]);
  });

  test("one that is there already is a duplicate", async (stage) => {
    await stage.addOne({ id: "f1", queue: "print" });
    const [settled] = await completing(stage, {}, [{ id: "f1", queue: "print" }, { id: "f2" }]);
    expect(settled).toMatchObject({
      ok: true,
      state: "completed",
      followUps: [{ outcome: "duplicate", by: "id" }, { outcome: "accepted" }],
    });
  });

  test("one whose id is taken by another payload is a conflict, and the job is completed all the same", async (stage) => {
    await stage.addOne({ id: "f1", queue: "print", payload: '"other"' });
    const [settled] = await completing(stage, {}, [{ id: "f1", queue: "print" }, { id: "f2" }]);
    expect(settled).toMatchObject({
      ok: true,
      state: "completed",
      followUps: [{ outcome: "conflict" }, { outcome: "accepted" }],
    });
    expect((await stage.job(refOf("f1", "print"))).payload).toBe('"other"');
  });

  test("one whose key is held is a duplicate, and the job is completed all the same", async (stage) => {
    const holder = await stage.addOne({ ...key(), queue: "print" });
    const [settled] = await completing(stage, {}, [{ ...key(), queue: "print", id: "f1" }]);
    expect(settled).toMatchObject({
      ok: true,
      state: "completed",
      followUps: [{ outcome: "duplicate", by: "key", ref: holder }],
    });
    expect(await stage.adapter.reader.locate("f1")).toEqual([]);
  });

  test("one may replace a job that waits", async (stage) => {
    const holder = await stage.addOne({ ...key(), queue: "print" });
    const [settled] = await completing(stage, {}, [{ ...key({ onConflict: "replace" }), queue: "print", id: "f1" }]);
    expect(settled).toMatchObject({ followUps: [{ outcome: "accepted", replaced: holder }] });
    expect(await stage.job(holder)).toMatchObject({ state: "cancelled", reason: "replaced" });
  });

  test("one may have the key of its parent, which is free by then", async (stage) => {
    const [settled] = await completing(stage, key(), [{ ...key(), id: "f1" }]);
    expect(settled).toMatchObject({ state: "completed", followUps: [{ outcome: "accepted" }] });
  });

  test("they pass the bound of their queue, which is over by that many then", async (stage) => {
    await stage.configure({ maxSize: 1 }, "print");
    await stage.addOne({ queue: "print" });
    const [settled] = await completing(stage, {}, [
      { queue: "print", id: "f1" },
      { queue: "print", id: "f2" },
    ]);
    expect(settled).toMatchObject({ followUps: [{ outcome: "accepted" }, { outcome: "accepted" }] });
    expect((await stage.info("print")).depth).toBe(3);
    expect(await stage.enqueue({ queue: "print" })).toMatchObject([{ outcome: "full", depth: 3, maxSize: 1 }]);
  });

  test("they are enqueued when a cancel came too late to stop the completion", async (stage) => {
    const parent = await stage.addOne();
    const { lease } = await stage.takeOne();
    await stage.move("cancel", parent);
    const followUps = [stage.newJob({ id: "f1" })];
    expect(await stage.settle(lease, COMPLETE, { followUps })).toMatchObject({ followUps: [{ outcome: "accepted" }] });
  });

  test("those of several settlements are judged in order", async (stage) => {
    await stage.add({}, {});
    const jobs = await stage.take();
    const settled = await stage.adapter.leaser.settle(
      jobs.map(({ lease }) => ({
        lease,
        guard: "held",
        decision: COMPLETE,
        followUps: [stage.newJob({ id: "same", queue: "print" })],
      })),
    );
    expect(settled.map((answer) => answer.ok && answer.followUps.map((receipt) => receipt.outcome))).toEqual([
      ["accepted"],
      ["duplicate"],
    ]);
  });

  test("a job that does not complete has none", async (stage) => {
    for (const decision of [BURY, releaseFor(60_000)]) {
      await stage.addOne();
      expect(await stage.settle((await stage.takeOne()).lease, decision)).toMatchObject({ ok: true, followUps: [] });
    }
  });
};

/** Completes a new job with these follow-ups. */
async function completing(stage: Stage, job: Partial<NewJob>, followUps: readonly Partial<NewJob>[]) {
  const ref = await stage.addOne({ ...job, id: "parent" });
  const { lease } = await stage.takeOne();
  const settled = await stage.settle(lease, COMPLETE, { followUps: followUps.map((one) => stage.newJob(one)) });
  return [settled, ref] as const;
}
