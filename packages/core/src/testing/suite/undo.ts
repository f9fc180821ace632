/** Taking back: a requeue by `revert`, a removal by `restore`. */

import { expect } from "vitest";
import type { JobRef } from "../../nouns/job.ts";
import { BURY, type Chapter, COMPLETE, releaseFor, rescueTo, type Stage } from "./stage.ts";

const HOURS = 3_600_000;

export const undoChapter: Chapter = (test) => {
  test("revert puts everything back that a requeue changed", async (stage) => {
    const ref = await dead(stage);
    const before = await stage.job(ref);
    await stage.apply("requeue", ref, { opId: "op-1", payload: '"edited"' });
    await stage.bench.advance(1_000);
    expect(await stage.apply("revert", ref, { opId: "op-1" })).toEqual([{ ref, outcome: "done", state: "dead" }]);
    const after = await stage.job(ref);
    expect(after).toEqual({ ...before, runAt: after.runAt, seq: before.seq + 2, lastOp: "op-1" });
    expect(before).toMatchObject({ attempt: 2, rescues: 1, progress: "0.5" });
    expect((await stage.kinds(ref)).slice(-2)).toEqual(["requeue", "revert"]);
    expect(await stage.take()).toEqual([]);
  });

  test("revert leads back to cancelled with its reason, and to stale", async (stage) => {
    const [cancelled, parked] = await stage.add({ expiresInMs: 60_000 }, {});
    if (!cancelled || !parked) throw new Error("two jobs");
    await stage.move("cancel", cancelled);
    await stage.move("park", parked);
    const before = await stage.adapter.reader.get([cancelled, parked]);
    await stage.apply("requeue", [cancelled, parked], { opId: "op-1" });
    await stage.apply("revert", [cancelled, parked], { opId: "op-1" });
    const after = await stage.adapter.reader.get([cancelled, parked]);
    for (const [index, job] of after.entries()) {
      const was = before[index];
      expect(job).toEqual({ ...was, runAt: job?.runAt, seq: 4, lastOp: "op-1" });
    }
    expect(after).toMatchObject([{ state: "cancelled", reason: "user" }, { state: "stale" }]);
  });

  test("revert is refused as changed once anything happened to the job since", async (stage) => {
    const since: Readonly<Record<string, (ref: JobRef) => Promise<unknown>>> = {
      "another operation": (ref) => stage.apply("promote", ref, { opId: "op-2" }),
      "a claim that gave it back": async () => stage.settle((await stage.takeOne()).lease, releaseFor(60_000)),
      "an operation without a name": (ref) => stage.apply("reprioritise", ref, { priority: 1 }),
    };
    for (const happen of Object.values(since)) {
      const ref = await dead(stage);
      await stage.apply("requeue", ref, { opId: "op-1", delayMs: 10 });
      await stage.bench.advance(happen === since["another operation"] ? 0 : 10);
      await happen(ref);
      const before = await stage.job(ref);
      expect(await stage.apply("revert", ref, { opId: "op-1" })).toEqual([
        { ref, outcome: "changed", state: "waiting" },
      ]);
      expect(await stage.job(ref)).toEqual(before);
      await stage.move("cancel", ref);
    }
  });

  test("revert of a job that runs by now is refused", async (stage) => {
    const ref = await dead(stage);
    await stage.apply("requeue", ref, { opId: "op-1" });
    await stage.takeOne();
    expect(await stage.apply("revert", ref, { opId: "op-1" })).toEqual([{ ref, outcome: "refused", state: "active" }]);
  });

  test("revert undoes requeues only, and needs the name of the operation", async (stage) => {
    const fresh = await stage.addOne({ start: { delayMs: 1_000 } });
    expect(await stage.move("revert", fresh)).toBe("changed");
    expect(await stage.move("revert", fresh, { opId: "op-1" })).toBe("changed");
    await stage.apply("promote", fresh, { opId: "op-1" });
    expect(await stage.move("revert", fresh, { opId: "op-1" })).toBe("changed");
    const ref = await dead(stage);
    await stage.apply("requeue", ref);
    expect(await stage.move("revert", ref)).toBe("changed");
  });

  test("after a revert the job can be requeued and reverted again", async (stage) => {
    const ref = await dead(stage);
    for (const opId of ["op-1", "op-2"]) {
      await stage.apply("requeue", ref, { opId });
      expect(await stage.move("revert", ref, { opId })).toBe("done");
    }
    expect(await stage.move("revert", ref, { opId: "op-2" })).toBe("refused");
    await stage.move("requeue", ref);
    expect(await stage.take()).toHaveLength(1);
  });

  test("a revert frees the key that the requeue took", async (stage) => {
    const keyed = { dedupe: { key: "k", while: "open", onConflict: "skip" } } as const;
    const ref = await stage.addOne(keyed);
    await stage.move("cancel", ref);
    await stage.apply("requeue", ref, { opId: "op-1" });
    await stage.apply("revert", ref, { opId: "op-1" });
    await stage.addOne(keyed);
  });

  test("a removed job is gone from every view", async (stage) => {
    const ref = await stage.addOne({ id: "gone" });
    expect(await stage.apply("remove", ref)).toEqual([{ ref, outcome: "done", state: null }]);
    const { reader } = stage.adapter;
    expect(await reader.get([ref])).toEqual([null]);
    expect(await reader.events(ref, 0, 10)).toBeNull();
    expect(await reader.locate("gone")).toEqual([]);
    expect((await reader.list({ filter: [], limit: 10, cursor: null })).items).toEqual([]);
    expect(await reader.count([], 10)).toEqual({ n: 0, exact: true });
    expect(await reader.explainFacts(ref)).toBeNull();
    expect((await stage.info()).depth).toBe(0);
    expect(await stage.take()).toEqual([]);
    expect(await stage.move("remove", ref)).toBe("missing");
    expect(await stage.move("cancel", ref)).toBe("missing");
  });

  for (const [state, reach] of Object.entries(REMOVABLE))
    test(`a removed job is restored as it was: ${state}`, async (stage) => {
      const ref = await stage.addOne();
      await reach(stage, ref);
      const before = await stage.job(ref);
      const events = await stage.events(ref);
      await stage.apply("remove", ref, { opId: "op-1" });
      await stage.bench.advance(24 * HOURS);
      expect(await stage.apply("restore", ref, { opId: "op-2" })).toEqual([
        { ref, outcome: "done", state: before.state },
      ]);
      expect(await stage.job(ref)).toEqual({ ...before, seq: before.seq + 2, lastOp: "op-2" });
      expect((await stage.events(ref)).slice(0, events.length)).toEqual(events);
      expect((await stage.kinds(ref)).slice(-2)).toEqual(["remove", "restore"]);
    });

  test("after 24 hours, or when nothing was removed, there is nothing to restore", async (stage) => {
    const ref = await stage.addOne();
    expect(await stage.apply("restore", ref)).toEqual([{ ref, outcome: "missing", state: "waiting" }]);
    await stage.move("remove", ref);
    await stage.bench.advance(24 * HOURS + 1);
    expect(await stage.apply("restore", ref)).toEqual([{ ref, outcome: "missing", state: null }]);
    await stage.adapter.sweeper.expire(100);
    expect(await stage.move("restore", ref)).toBe("missing");
    await stage.addOne({ id: ref.id });
  });

  test("a sweep leaves the trash of the last 24 hours", async (stage) => {
    const ref = await stage.addOne();
    await stage.move("remove", ref);
    await stage.bench.advance(24 * HOURS - 1);
    await stage.adapter.sweeper.expire(100);
    expect(await stage.move("restore", ref)).toBe("done");
  });

  test("restore is refused while the id is taken", async (stage) => {
    const ref = await stage.addOne({ id: "a" });
    await stage.move("remove", ref);
    await stage.addOne({ id: "a", payload: '"new"' });
    expect(await stage.apply("restore", ref)).toEqual([{ ref, outcome: "held", state: "waiting" }]);
    expect((await stage.job(ref)).payload).toBe('"new"');
  });

  test("restore is refused while another job holds the key, if the job would hold it", async (stage) => {
    const keyed = { dedupe: { key: "k", while: "open", onConflict: "skip" } } as const;
    const open = await stage.addOne(keyed);
    await stage.move("remove", open);
    const twin = await stage.addOne(keyed);
    expect(await stage.apply("restore", open)).toEqual([{ ref: open, outcome: "held", state: null }]);
    await stage.settle((await stage.takeOne()).lease, COMPLETE);
    await stage.move("remove", twin);
    expect(await stage.move("restore", open)).toBe("done");
    expect(await stage.move("restore", twin)).toBe("done");
    expect(await stage.enqueue(keyed)).toMatchObject([{ outcome: "duplicate", ref: open }]);
  });

  test("of two jobs removed under one id the later is restored", async (stage) => {
    const ref = await stage.addOne({ id: "a", payload: '"first"' });
    await stage.move("remove", ref);
    await stage.addOne({ id: "a", payload: '"second"' });
    expect(await stage.move("remove", ref)).toBe("done");
    expect(await stage.move("restore", ref)).toBe("done");
    expect((await stage.job(ref)).payload).toBe('"second"');
    expect(await stage.kinds(ref)).toEqual(["enqueue", "remove", "restore"]);
  });

  test("a restored job waits and is claimed like any other", async (stage) => {
    const [due, later] = await stage.add({}, { start: { delayMs: 1_000 } });
    if (!due || !later) throw new Error("two jobs");
    await stage.apply("remove", [due, later]);
    await stage.apply("restore", [due, later]);
    expect((await stage.info()).depth).toBe(2);
    expect(await stage.take()).toHaveLength(1);
    await stage.bench.advance(1_000);
    expect(await stage.take()).toHaveLength(1);
  });
};

/** A dead job with a history: one rescue, some progress, two errors. */
async function dead(stage: Stage): Promise<JobRef> {
  const ref = await stage.addOne();
  const first = await stage.takeOne();
  await stage.adapter.leaser.append([{ lease: first.lease, kind: "progress", data: "0.5" }]);
  await stage.rescue(first.lease);
  await stage.settle((await stage.takeOne()).lease, BURY);
  return ref;
}

const REMOVABLE: Readonly<Record<string, (stage: Stage, ref: JobRef) => Promise<unknown>>> = {
  waiting: async () => undefined,
  stale: async (stage) => stage.rescue((await stage.takeOne()).lease, rescueTo("stale")),
  completed: async (stage) => stage.settle((await stage.takeOne()).lease, COMPLETE),
  dead: async (stage) => stage.settle((await stage.takeOne()).lease, BURY),
  cancelled: (stage, ref) => stage.move("cancel", ref),
};
