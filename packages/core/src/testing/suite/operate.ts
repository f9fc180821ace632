/** The moves that a person makes, one job at a time, each with its event. */

import { expect } from "vitest";
import { operatorData } from "../../contract/entries.ts";
import type { JobRef } from "../../nouns/job.ts";
import { BURY, type Chapter, COMPLETE, refOf, releaseFor, rescueTo, retryIn, type Stage } from "./stage.ts";

export const operateChapter: Chapter = (test) => {
  test("a move answers for each job in the order given, and one refusal touches no other", async (stage) => {
    const [a, b] = await stage.add({ id: "a" }, { id: "b" });
    if (!a || !b) throw new Error("two jobs");
    await stage.takeOne();
    expect(await stage.apply("promote", [b, refOf("nobody"), a])).toEqual([
      { ref: b, outcome: "done", state: "waiting" },
      { ref: refOf("nobody"), outcome: "missing", state: null },
      { ref: a, outcome: "refused", state: "active" },
    ]);
  });

  test("the event tells who, why and in which operation, and the job keeps the operation", async (stage) => {
    const ref = await stage.addOne();
    const options = { actor: "ada", reason: "not now", opId: "op-1" };
    await stage.apply("park", ref, options);
    expect((await stage.events(ref)).at(-1)).toEqual({
      seq: 2,
      at: await stage.now(),
      kind: "park",
      data: operatorData("park", options, null),
    });
    expect((await stage.job(ref)).lastOp).toBe("op-1");
    await stage.apply("requeue", ref);
    expect((await stage.job(ref)).lastOp).toBeNull();
  });

  test("one job named twice is judged twice", async (stage) => {
    const ref = await stage.addOne();
    expect((await stage.apply("cancel", [ref, ref])).map(({ outcome }) => outcome)).toEqual(["done", "refused"]);
    expect(await stage.kinds(ref)).toEqual(["enqueue", "cancel"]);
  });

  for (const move of ["cancel", "requeue", "edit", "remove"] as const)
    test(`${move} with expectEpoch is made only if the job's epoch is still that`, async (stage) => {
      const ref = await stage.addOne();
      await stage.settle((await stage.takeOne()).lease, releaseFor(0));
      if (move === "requeue") await stage.move("cancel", ref);
      const before = await stage.job(ref);
      const options = { payload: "1", expectEpoch: 0 };
      expect(await stage.apply(move, ref, options)).toEqual([{ ref, outcome: "changed", state: before.state }]);
      expect(await stage.job(ref)).toEqual(before);
      expect(await stage.move(move, ref, { ...options, expectEpoch: 1 })).toBe("done");
    });

  test("cancel ends a job that waits, or is parked", async (stage) => {
    const [waiting, later, parked] = await stage.add({}, { start: { delayMs: 60_000 } }, {});
    if (!waiting || !later || !parked) throw new Error("three jobs");
    await stage.move("park", parked);
    const refs = [waiting, later, parked];
    expect(await stage.apply("cancel", refs)).toEqual(
      refs.map((ref) => ({ ref, outcome: "done", state: "cancelled" })),
    );
    for (const ref of refs)
      expect(await stage.job(ref)).toMatchObject({ state: "cancelled", reason: "user", finishedAt: await stage.now() });
    await stage.bench.advance(60_000);
    expect(await stage.take()).toEqual([]);
  });

  test("cancel asks a running job to stop, once", async (stage) => {
    const ref = await stage.addOne();
    const { lease } = await stage.takeOne();
    const asked = [{ ref, outcome: "requested", state: "active" }];
    expect(await stage.apply("cancel", ref, { opId: "op-1" })).toEqual(asked);
    expect(await stage.job(ref)).toMatchObject({ state: "active", cancelRequested: true, lastOp: "op-1", epoch: 0 });
    const before = await stage.job(ref);
    expect(await stage.apply("cancel", ref, { opId: "op-2" })).toEqual(asked);
    expect(await stage.job(ref)).toEqual(before);
    expect(await stage.kinds(ref)).toEqual(["enqueue", "claim", "cancel"]);
    expect((await stage.adapter.leaser.extend("w1", [lease], 1_000)).leases).toEqual(["cancel"]);
    expect(await stage.adapter.leaser.append([{ lease, kind: "log", data: '"stopping"' }])).toEqual([true]);
  });

  test("a cancel and a retry at once end in a cancel, whichever is first, through any handle", async (stage) => {
    const other = await stage.second();
    const refs = await stage.add(...Array.from({ length: 10 }, () => ({})));
    const jobs = await stage.take();
    const [settled, cancelled] = await Promise.all([
      Promise.all(jobs.map(({ lease }) => stage.settle(lease, retryIn(0)))),
      Promise.all(refs.map((ref) => other.operator.apply("cancel", [ref], { actor: "ada" }))),
    ]);
    expect(settled.every((answer) => answer.ok)).toBe(true);
    for (const [index, answer] of cancelled.entries()) {
      const ref = refs[index] ?? refOf("nobody");
      expect(["requested", "done"]).toContain(answer[0]?.outcome);
      expect(await stage.job(ref)).toMatchObject({ state: "cancelled", reason: "user", cancelRequested: false });
    }
  });

  test("requeue gives a dead job a new life, and keeps its past", async (stage) => {
    const ref = await stage.addOne({ expiresInMs: 600_000 });
    const first = await stage.takeOne();
    await stage.adapter.leaser.append([{ lease: first.lease, kind: "progress", data: "0.5" }]);
    await stage.rescue(first.lease, rescueTo("waiting", { heldLimit: 1 }));
    await stage.settle((await stage.takeOne({ held: true })).lease, BURY);
    const dead = await stage.job(ref);
    expect(await stage.apply("requeue", ref, { delayMs: 2_000 })).toEqual([{ ref, outcome: "done", state: "waiting" }]);
    expect(await stage.job(ref)).toEqual({
      ...dead,
      state: "waiting",
      attempt: 0,
      rescues: 0,
      finishedAt: null,
      expiresAt: null,
      progress: null,
      heldLimit: null,
      runAt: (await stage.now()) + 2_000,
      seq: dead.seq + 1,
    });
    expect(dead).toMatchObject({ epoch: 1, attempt: 2, errors: [{}, {}] });
    await stage.bench.advance(2_000);
    expect(await stage.takeOne()).toMatchObject({ attempt: 1, lease: { epoch: 1 } });
  });

  test("requeue also takes up what was cancelled or parked", async (stage) => {
    const [cancelled, parked] = await stage.add({}, {});
    if (!cancelled || !parked) throw new Error("two jobs");
    await stage.move("cancel", cancelled);
    await stage.move("park", parked);
    await stage.apply("requeue", [cancelled, parked]);
    expect(await stage.adapter.reader.get([cancelled, parked])).toMatchObject([
      { state: "waiting", reason: null, finishedAt: null },
      { state: "waiting", reason: null, finishedAt: null },
    ]);
    expect(await stage.take()).toHaveLength(2);
  });

  test("a requeue may bring an edited payload; the old one stays in the event", async (stage) => {
    const ref = await stage.addOne({ payload: '{"to":"Ada"}' });
    await stage.settle((await stage.takeOne()).lease, BURY);
    const options = { actor: "ada", opId: "op-1", payload: '{"to":"Bob"}' };
    await stage.apply("requeue", ref, options);
    expect((await stage.job(ref)).payload).toBe('{"to":"Bob"}');
    expect((await stage.events(ref)).at(-1)?.data).toBe(operatorData("requeue", options, '{"to":"Ada"}'));
    expect((await stage.takeOne()).payload).toBe('{"to":"Bob"}');
  });

  test("promote makes a job due; one that is due stays as it is", async (stage) => {
    const ref = await stage.addOne({ start: { delayMs: 60_000 } });
    expect(await stage.apply("promote", ref, { opId: "op-1" })).toEqual([{ ref, outcome: "done", state: "waiting" }]);
    const before = await stage.job(ref);
    expect(before).toMatchObject({ runAt: await stage.now(), seq: 2, lastOp: "op-1" });
    expect(await stage.move("promote", ref, { opId: "op-2" })).toBe("done");
    expect(await stage.job(ref)).toEqual(before);
    expect(await stage.take()).toHaveLength(1);
  });

  test("reschedule moves the time, also of a job that is due", async (stage) => {
    const ref = await stage.addOne();
    await stage.move("reschedule", ref, { delayMs: 5_000 });
    expect(await stage.job(ref)).toMatchObject({ runAt: (await stage.now()) + 5_000, seq: 2 });
    expect(await stage.take()).toEqual([]);
    await stage.move("reschedule", ref, { delayMs: 100 });
    await stage.bench.advance(100);
    expect(await stage.take()).toHaveLength(1);
  });

  test("reprioritise and edit change what they say", async (stage) => {
    const ref = await stage.addOne();
    const before = await stage.job(ref);
    await stage.move("reprioritise", ref, { priority: 7 });
    await stage.move("edit", ref, { payload: "[1]" });
    expect(await stage.job(ref)).toEqual({ ...before, priority: 7, payload: "[1]", seq: 3 });
    const [, priority, payload] = await stage.events(ref);
    expect(JSON.parse(priority?.data ?? "")).toEqual({ by: "ada", priority: 7 });
    expect(JSON.parse(payload?.data ?? "")).toEqual({ by: "ada", previousPayload: before.payload });
  });

  test("a parked job is not claimed until it is requeued", async (stage) => {
    const ref = await stage.addOne();
    expect(await stage.apply("park", ref)).toEqual([{ ref, outcome: "done", state: "stale" }]);
    expect(await stage.job(ref)).toMatchObject({ state: "stale", finishedAt: null, reason: null });
    expect(await stage.take()).toEqual([]);
    await stage.move("requeue", ref);
    expect(await stage.take()).toHaveLength(1);
  });

  test("a running job is busy and cannot be removed", async (stage) => {
    const ref = await stage.addOne();
    await stage.takeOne();
    expect(await stage.apply("remove", ref)).toEqual([{ ref, outcome: "busy", state: "active" }]);
    expect(await stage.kinds(ref)).toEqual(["enqueue", "claim"]);
  });

  test("moves of hundreds of jobs are one call", async (stage) => {
    const refs = await stage.add(...Array.from({ length: 500 }, () => ({})));
    const answers = await stage.apply("cancel", refs);
    expect(answers.every(({ outcome }) => outcome === "done")).toBe(true);
    expect((await stage.info()).counts).toMatchObject({ cancelled: { n: 500 }, waiting: { n: 0 } });
  });

  test("of two who requeue one job at once one is told so, through any handle", async (stage) => {
    const other = await stage.second();
    const ref = await stage.addOne();
    await stage.settle((await stage.takeOne()).lease, BURY);
    const answers = await Promise.all(
      [stage.adapter, other].map((adapter) => adapter.operator.apply("requeue", [ref], { actor: "ada" })),
    );
    expect(answers.map(([answer]) => answer?.outcome).sort()).toEqual(["done", "refused"]);
  });

  test("what is completed stays completed", async (stage) => {
    const ref = await stage.addOne();
    await stage.settle((await stage.takeOne()).lease, COMPLETE);
    await expectUnchanged(stage, ref, async () => {
      for (const move of ["cancel", "requeue", "promote", "reschedule", "reprioritise", "edit", "park"] as const)
        expect(await stage.apply(move, ref)).toEqual([{ ref, outcome: "refused", state: "completed" }]);
    });
  });
};

async function expectUnchanged(stage: Stage, ref: JobRef, act: () => Promise<void>): Promise<void> {
  const before = [await stage.job(ref), await stage.events(ref)];
  await act();
  expect([await stage.job(ref), await stage.events(ref)]).toEqual(before);
}
