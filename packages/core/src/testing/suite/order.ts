/** Who is next: priority first, then the order of enqueueing; what had to wait takes its place when it is due. */

import { expect } from "vitest";
import type { SuiteOptions } from "../bench.ts";
import { type Chapter, ids, idsOf, LEASE_MS, releaseFor, rescueTo, retryIn, type Stage, serve } from "./stage.ts";

export const orderChapter =
  (options: SuiteOptions): Chapter =>
  (test) => {
    test("jobs are claimed in the order in which they were enqueued", async (stage) => {
      const refs = [...(await stage.add({}, {}, {})), ...(await stage.add({}, {}))];
      expect(idsOf(await stage.take({ max: 2 }))).toEqual(ids(refs.slice(0, 2)));
      expect(idsOf(await stage.take({ max: 3 }))).toEqual(ids(refs.slice(2)));
    });

    test("ids and times within a millisecond do not matter", async (stage) => {
      await stage.add({ id: "z" }, { id: "m" }, { id: "a" }, { id: "Z" });
      expect(idsOf(await stage.take())).toEqual(["z", "m", "a", "Z"]);
    });

    test("the lowest priority number first, and within it the order of enqueueing", async (stage) => {
      const by = (id: string, priority: number) => ({ id, priority });
      await stage.add(by("c", 5), by("e", 2_097_151), by("a", 0), by("d", 5), by("b", 0));
      expect(idsOf(await stage.take())).toEqual(["a", "b", "c", "d", "e"]);
    });

    test("reprioritise moves a job to the front, or to the back", async (stage) => {
      const [a, b, c] = await stage.add({ id: "a", priority: 1 }, { id: "b", priority: 1 }, { id: "c", priority: 1 });
      if (!a || !b || !c) throw new Error("three jobs");
      await stage.move("reprioritise", c, { priority: 0 });
      await stage.move("reprioritise", a, { priority: 2 });
      expect(idsOf(await stage.take())).toEqual(["c", "b", "a"]);
    });

    test("reprioritise and edit keep the place", async (stage) => {
      const [a] = await stage.add({ id: "a" }, { id: "b" });
      if (!a) throw new Error("two jobs");
      await stage.move("reprioritise", a, { priority: 9 });
      await stage.move("reprioritise", a, { priority: 0 });
      await stage.move("edit", a, { payload: "1" });
      expect(idsOf(await stage.take())).toEqual(["a", "b"]);
    });

    test("a job that was never delayed stays in order beside those that come and go", async (stage) => {
      await stage.add({ id: "x" });
      const { lease } = await stage.takeOne();
      await stage.add({ id: "a" }, { id: "soon", start: { delayMs: 10 } }, { id: "b" });
      await stage.settle(lease, retryIn(0));
      await stage.add({ id: "c" });
      await stage.bench.advance(10);
      const plain = idsOf(await stage.take()).filter((id) => ["a", "b", "c"].includes(id));
      expect(plain).toEqual(["a", "b", "c"]);
    });

    if (options.strictOrder === false) return;

    for (const [way, goBack] of Object.entries(WAYS_BEHIND))
      test(`${way} takes a job behind those that wait`, async (stage) => {
        await stage.add({ id: "first" });
        await goBack(stage);
        expect(idsOf(await stage.take())).toEqual(["other", "first"]);
      });

    test("a delayed job stands behind those enqueued before a claim found it due", async (stage) => {
      await stage.add({ id: "soon", start: { delayMs: 1_000 } }, { id: "a" });
      await stage.bench.advance(1_000);
      await stage.add({ id: "b" });
      expect(idsOf(await stage.take())).toEqual(["a", "b", "soon"]);
    });

    test("a delayed job stands before those enqueued after a claim found it due", async (stage) => {
      await stage.add({ id: "soon", start: { delayMs: 1_000 } }, { id: "a" });
      await stage.bench.advance(1_000);
      expect(idsOf(await stage.take({ max: 1 }))).toEqual(["a"]);
      await stage.add({ id: "b" });
      expect(idsOf(await stage.take())).toEqual(["soon", "b"]);
    });

    test("a claim finds the due jobs of every queue and type that it names or not, but of no paused queue", async (stage) => {
      const soon = { start: { delayMs: 1_000 } };
      await stage.add({ queue: "a", id: "a1", ...soon }, { queue: "b", id: "b1", ...soon, name: "other" });
      await stage.add({ queue: "c", id: "c1", ...soon });
      await stage.pause("c");
      await stage.bench.advance(1_000);
      const types = [
        { name: "greet", maxVersion: 1 },
        { name: "other", maxVersion: 1 },
      ];
      expect(idsOf(await stage.take({ max: 1, queues: [serve("a"), serve("b"), serve("c")] }))).toEqual(["a1"]);
      await stage.add({ queue: "b", id: "b2" }, { queue: "c", id: "c2" });
      await stage.resume("c");
      expect(idsOf(await stage.take({ queues: [serve("b", { types }), serve("c")] }))).toEqual([
        "b1",
        "b2",
        "c2",
        "c1",
      ]);
    });

    test("what came due together is taken by its time, then by its enqueueing", async (stage) => {
      const after = (id: string, delayMs: number) => ({ id, start: { delayMs } });
      await stage.add(after("d", 30), after("b", 20), after("c", 20), after("a", 10));
      await stage.bench.advance(100);
      expect(idsOf(await stage.take())).toEqual(["a", "b", "c", "d"]);
    });
  };

const behind = async (stage: Stage): Promise<void> => {
  await stage.add({ id: "other" });
};
const first = { queue: "mail", id: "first" };

/** Everything that gives a job a new place; each begins with `first` waiting alone and ends with `other` beside it. */
const WAYS_BEHIND: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  "a retry": async (stage) => {
    const { lease } = await stage.takeOne();
    await behind(stage);
    await stage.settle(lease, retryIn(0));
  },
  "a release": async (stage) => {
    const { lease } = await stage.takeOne();
    await behind(stage);
    await stage.settle(lease, releaseFor(0));
  },
  "a rescue": async (stage) => {
    const { lease } = await stage.takeOne();
    await behind(stage);
    await stage.rescue(lease, rescueTo("waiting", { charged: false }));
  },
  "a reschedule": async (stage) => {
    await behind(stage);
    await stage.move("reschedule", first, { delayMs: 0 });
  },
  "a requeue": async (stage) => {
    await stage.move("cancel", first);
    await behind(stage);
    await stage.move("requeue", first);
  },
  "park and requeue": async (stage) => {
    await behind(stage);
    await stage.move("park", first);
    await stage.move("requeue", first);
  },
  "remove and restore": async (stage) => {
    await behind(stage);
    await stage.move("remove", first);
    await stage.move("restore", first);
  },
  "reschedule and promote": async (stage) => {
    await behind(stage);
    await stage.move("reschedule", first, { delayMs: LEASE_MS });
    await stage.move("promote", first);
  },
};
