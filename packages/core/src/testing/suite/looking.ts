/** One job, one queue, why a job does not run, and the hint to look again. */

import { expect } from "vitest";
import type { Adapter, Hint } from "../../contract/adapter.ts";
import { BURY, type Chapter, KEEP_NONE, QUEUE, refOf, releaseFor, retryIn, type Stage, within } from "./stage.ts";

export const lookingChapter: Chapter = (test) => {
  test("jobs are answered in the order asked, null for those that do not exist", async (stage) => {
    await stage.add({ id: "a" }, { id: "b" }, { id: "a", queue: "print" });
    const refs = [refOf("b"), refOf("nobody"), refOf("a", "print"), refOf("a"), refOf("b")];
    const jobs = await stage.adapter.reader.get(refs);
    expect(jobs.map((job) => job && `${job.queue}/${job.id}`)).toEqual(["mail/b", null, "print/a", "mail/a", "mail/b"]);
    expect(await stage.adapter.reader.get([])).toEqual([]);
  });

  test("an id is located in every queue that has it", async (stage) => {
    await stage.add({ id: "a" }, { id: "a", queue: "print" }, { id: "b" });
    const found = await stage.adapter.reader.locate("a");
    expect(found.map((ref) => ref.queue).sort()).toEqual(["mail", "print"]);
    expect(await stage.adapter.reader.locate("nobody")).toEqual([]);
  });

  test("a queue counts its jobs by the words that people read", async (stage) => {
    await stage.add({}, {}, {}, {}, {}, { start: { delayMs: 60_000 } });
    const [a, b, c] = await stage.take({ max: 3 });
    if (!a || !b || !c) throw new Error("three jobs");
    await stage.settle(a.lease, BURY);
    await stage.settle(b.lease, retryIn(60_000));
    await stage.move("park", refOf("j4"));
    const n = (count: number) => ({ n: count, exact: true });
    expect((await stage.info()).counts).toEqual({
      waiting: n(1),
      scheduled: n(1),
      retrying: n(1),
      blocked: n(0),
      active: n(1),
      stale: n(1),
      completed: n(0),
      dead: n(1),
      cancelled: n(0),
    });
    expect((await stage.info()).depth).toBe(4);
    await stage.bench.advance(60_000);
    expect((await stage.info()).counts).toMatchObject({ waiting: n(3), scheduled: n(0), retrying: n(0) });
  });

  test("a job given back without an attempt is scheduled, not retrying, while its time is ahead", async (stage) => {
    await stage.addOne();
    await stage.settle((await stage.takeOne()).lease, releaseFor(1_000));
    expect((await stage.info()).counts).toMatchObject({ scheduled: { n: 1 }, retrying: { n: 0 } });
  });

  test("a queue tells since when its oldest due job waits", async (stage) => {
    expect((await stage.info()).oldestDueAt).toBeNull();
    await stage.add({ start: { delayMs: 60_000 } });
    expect((await stage.info()).oldestDueAt).toBeNull();
    await stage.bench.advance(10);
    const since = await stage.now();
    await stage.addOne({ priority: 9 });
    await stage.bench.advance(10);
    await stage.addOne();
    expect((await stage.info()).oldestDueAt).toBe(since);
  });

  test("queues are listed by name: all that have jobs or settings", async (stage) => {
    await stage.add({ queue: "b" }, { queue: "a" }, { queue: "Z" });
    await stage.pause("d");
    await stage.configure({ maxSize: 5 }, "c");
    const names = (await stage.adapter.reader.queues()).map((info) => info.queue);
    expect([...names].sort()).toEqual(["Z", "a", "b", "c", "d"]);
    expect(names).toEqual([...names].sort());
    await stage.apply("cancel", refOf("j1", "b"));
    await stage.adapter.sweeper.purge({ queue: "b", state: "cancelled", keep: KEEP_NONE }, 10);
    expect((await stage.adapter.reader.queues()).map((info) => info.queue)).not.toContain("b");
  });

  test("facts that explain: the job, its queue, how many are ahead, who holds its key", async (stage) => {
    const { reader } = stage.adapter;
    await stage.add({}, { priority: 9 }, { start: { delayMs: 60_000 } });
    const key = { key: "k", while: "waiting", onConflict: "skip" } as const;
    const ref = await stage.addOne({ priority: 5, dedupe: key });
    expect(await reader.explainFacts(ref)).toEqual({
      now: await stage.now(),
      job: await stage.job(ref),
      queue: await stage.info(),
      ahead: { n: 1, exact: true },
      keyHolder: null,
    });
    expect((await reader.explainFacts(refOf("j2")))?.ahead).toEqual({ n: 2, exact: true });
    await stage.pause();
    expect((await reader.explainFacts(ref))?.queue.paused).toMatchObject({ by: "ada" });
    await stage.move("park", ref);
    const twin = await stage.addOne({ dedupe: key });
    expect((await reader.explainFacts(ref))?.keyHolder).toEqual(twin);
    expect(await reader.explainFacts(refOf("nobody"))).toBeNull();
  });

  test("the clock of the store moves with the bench, the same through any handle", async (stage) => {
    const other = await stage.second();
    const before = await stage.now();
    await stage.bench.advance(1_234);
    expect(await stage.now()).toBe(before + 1_234);
    expect(await other.reader.now()).toBe(before + 1_234);
  });

  for (const [what, change] of Object.entries(CHANGES))
    test(`a watcher hears of ${what}, here and through another handle`, async (stage) => {
      const other = await stage.second();
      await stage.add({ id: "a" });
      await stage.takeOne({ session: "w0" });
      await stage.add({ id: "b" });
      await stage.apply("cancel", await stage.add({}, {}));
      for (const watched of [stage.adapter, other]) {
        const hint = heard(watched);
        await change(stage);
        await within(hint, `no hint of ${what}`);
      }
    });

  test("who stopped watching hears nothing", async (stage) => {
    const hints: Hint[] = [];
    stage.adapter.reader.watch((hint) => hints.push(hint))();
    const hint = heard(stage.adapter);
    await stage.addOne();
    await within(hint, "no hint of an enqueue");
    expect(hints).toEqual([]);
  });

  test("a hint names the queue, or none in particular", async (stage) => {
    const hint = heard(stage.adapter);
    await stage.addOne({ queue: "print" });
    const { queues } = await within(hint, "no hint of an enqueue");
    expect(queues === null || queues.includes("print")).toBe(true);
  });
};

/** The first hint after now. */
function heard(adapter: Adapter): Promise<Hint> {
  const { promise, resolve } = Promise.withResolvers<Hint>();
  const stop = adapter.reader.watch((hint) => {
    stop();
    resolve(hint);
  });
  return promise;
}

let made = 0;
/** Each may be made twice in a row. */
const CHANGES: Readonly<Record<string, (stage: Stage) => Promise<unknown>>> = {
  "an enqueue": (stage) => stage.addOne(),
  "a claim and its settlement": async (stage) => {
    await stage.addOne();
    return stage.settle((await stage.takeOne({ session: `s${++made}` })).lease, BURY);
  },
  "an operator's move": (stage) => stage.apply("reprioritise", refOf("b"), { priority: ++made }),
  "a pause or a resume": async (stage) => (await stage.pause()) || stage.resume(),
  "a bound": (stage) => stage.configure({ maxSize: 100 + ++made }),
  "a purge": (stage) => stage.adapter.sweeper.purge({ queue: QUEUE, state: "cancelled", keep: KEEP_NONE }, 1),
  "a record": (stage) => stage.adapter.records.put("note", "one", `${++made}`),
};
