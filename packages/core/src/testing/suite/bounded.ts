/** Bounded queues are exact: an enqueue never leaves more open jobs than `maxSize`, and a refusal leaves nothing. */

import { expect } from "vitest";
import { BURY, type Chapter, COMPLETE, only, refOf, releaseFor, rescueTo, retryIn, STOP } from "./stage.ts";

export const boundedChapter: Chapter = (test) => {
  test("an enqueue into a full queue is refused, and nothing is written", async (stage) => {
    await stage.configure({ maxSize: 2 });
    expect(await stage.enqueue({ id: "a" }, { id: "b" }, { id: "c" })).toEqual([
      { outcome: "accepted", ref: refOf("a"), state: "waiting", replaced: null },
      { outcome: "accepted", ref: refOf("b"), state: "waiting", replaced: null },
      { outcome: "full", ref: refOf("c"), depth: 2, maxSize: 2 },
    ]);
    expect(await stage.adapter.reader.locate("c")).toEqual([]);
    expect((await stage.info()).depth).toBe(2);
  });

  test("waiting, scheduled and active jobs count; stale and final ones do not", async (stage) => {
    const refs = await stage.add({}, {}, {}, {}, {}, {}, { start: { delayMs: 60_000 } });
    const depth = async (): Promise<number> => (await stage.info()).depth;
    expect(await depth()).toBe(7);
    const [a, b, c, d] = await stage.take({ max: 4 });
    if (!a || !b || !c || !d) throw new Error("four jobs");
    expect(await depth()).toBe(7);
    await stage.settle(a.lease, COMPLETE);
    await stage.settle(b.lease, BURY);
    await stage.settle(c.lease, STOP);
    expect(await depth()).toBe(4);
    await stage.rescue(d.lease, rescueTo("stale"));
    expect(await depth()).toBe(3);
    await stage.apply("park", refs[4] ?? []);
    await stage.apply("cancel", refs[5] ?? []);
    expect(await depth()).toBe(1);
    await stage.apply("remove", refs[6] ?? []);
    expect(await depth()).toBe(0);
  });

  test("a place is free again with every end that is final, and with none that is not", async (stage) => {
    await stage.configure({ maxSize: 1 });
    const full = async (): Promise<void> =>
      expect(await stage.enqueue({})).toMatchObject([{ outcome: "full", depth: 1, maxSize: 1 }]);
    for (const end of [COMPLETE, BURY, STOP]) {
      await stage.addOne();
      await full();
      const { lease } = await stage.takeOne();
      await full();
      await stage.settle(lease, retryIn(0));
      await full();
      await stage.settle((await stage.takeOne()).lease, releaseFor(0));
      await full();
      await stage.settle((await stage.takeOne()).lease, end);
    }
    await stage.addOne();
  });

  test("a queue without a bound takes what comes; a bound may be set, changed and lifted", async (stage) => {
    await stage.add({}, {}, {});
    await stage.configure({ maxSize: 2 });
    expect(await stage.enqueue({})).toMatchObject([{ outcome: "full", depth: 3, maxSize: 2 }]);
    await stage.configure({ maxSize: 4 });
    expect((await stage.enqueue({}, {})).map(({ outcome }) => outcome)).toEqual(["accepted", "full"]);
    await stage.configure({ maxSize: null });
    await stage.add({}, {});
  });

  test("duplicates and conflicts are told so, also by a full queue", async (stage) => {
    await stage.configure({ maxSize: 1 });
    const key = { dedupe: { key: "k", while: "open", onConflict: "skip" } } as const;
    await stage.addOne({ id: "a", ...key });
    const receipts = await stage.enqueue({ id: "a" }, { id: "a", payload: "1" }, { id: "b", ...key });
    expect(receipts.map(({ outcome }) => outcome)).toEqual(["duplicate", "conflict", "duplicate"]);
  });

  test("a replacement takes the place of the one it replaces", async (stage) => {
    await stage.configure({ maxSize: 2 });
    const key = { dedupe: { key: "k", while: "open", onConflict: "replace" } } as const;
    await stage.add(key, {});
    expect(await stage.enqueue(key)).toMatchObject([{ outcome: "accepted" }]);
    expect((await stage.info()).depth).toBe(2);
  });

  test("a replacement that a queue over its bound refuses leaves the holder as it was", async (stage) => {
    const key = { dedupe: { key: "k", while: "open", onConflict: "replace" } } as const;
    const [holder] = await stage.add(key, {}, {});
    if (!holder) throw new Error("three jobs");
    await stage.configure({ maxSize: 1 });
    expect(await stage.enqueue(key)).toMatchObject([{ outcome: "full", depth: 3, maxSize: 1 }]);
    expect(await stage.job(holder)).toMatchObject({ state: "waiting", seq: 1 });
  });

  test("moves back to waiting pass the bound", async (stage) => {
    const [a, b, c] = await stage.add({}, {}, {});
    if (!a || !b || !c) throw new Error("three jobs");
    await stage.apply("cancel", a);
    await stage.apply("park", b);
    await stage.apply("remove", c);
    await stage.configure({ maxSize: 1 });
    await stage.addOne();
    expect(await stage.apply("requeue", [a, b])).toMatchObject([{ outcome: "done" }, { outcome: "done" }]);
    expect(await stage.move("restore", c)).toBe("done");
    expect((await stage.info()).depth).toBe(4);
  });

  test("the bound holds exactly when many enqueue at once, through any handle", async (stage) => {
    await stage.configure({ maxSize: 25 });
    const other = await stage.second();
    const receipts = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        (index % 2 === 0 ? stage.adapter : other).writer.enqueue([stage.newJob(), stage.newJob()]),
      ),
    );
    const accepted = receipts.flat().filter(({ outcome }) => outcome === "accepted");
    expect(accepted).toHaveLength(25);
    expect((await stage.info()).depth).toBe(25);
    expect(await stage.adapter.reader.count([], 1_000)).toEqual({ n: 25, exact: true });
  });

  test("the bound holds while jobs end and new ones come", async (stage) => {
    await stage.configure({ maxSize: 3 });
    for (let round = 0; round < 5; round++) {
      await stage.enqueue({}, {}, {}, {});
      expect((await stage.info()).depth).toBe(3);
      for (const { lease } of await stage.take({ max: 2 })) await stage.settle(lease, COMPLETE);
      expect((await stage.info()).depth).toBe(1);
    }
  });

  test("queues are bounded each by itself", async (stage) => {
    await stage.configure({ maxSize: 1 }, "a");
    const receipts = await stage.enqueue({ queue: "a" }, { queue: "b" }, { queue: "a" }, { queue: "b" });
    expect(receipts.map(({ outcome }) => outcome)).toEqual(["accepted", "accepted", "full", "accepted"]);
  });

  test("a bound of none refuses everything", async (stage) => {
    await stage.configure({ maxSize: 0 });
    expect(only(await stage.enqueue({}))).toMatchObject({ outcome: "full", depth: 0, maxSize: 0 });
  });
};
