/** Retention: how much is kept of the jobs that are over. The oldest go, until every bound holds. */

import { expect } from "vitest";
import type { NewJob, PurgeRule } from "../../contract/adapter.ts";
import type { JobRef, JsonText } from "../../nouns/job.ts";
import { RETAINED_STATES, type RetainedState, type Retention, retainedBytes } from "../../nouns/retention.ts";
import { BURY, type Chapter, COMPLETE, FAILURE, ids, KEEP_NONE, QUEUE, retryIn, STOP, type Stage } from "./stage.ts";

const HOURS = 3_600_000;

/** How a running job gets into each state, and that way only. */
const ENDS = { completed: COMPLETE, dead: BURY, cancelled: STOP } as const;

export const retentionChapter: Chapter = (test) => {
  test("finals are removed for good once they are old enough, each state by its own rule", async (stage) => {
    const [completed, dead, cancelled] = await stage.add({}, {}, {});
    if (!completed || !dead || !cancelled) throw new Error("three jobs");
    await stage.settle((await stage.takeOne()).lease, COMPLETE);
    await stage.settle((await stage.takeOne()).lease, BURY);
    await stage.move("cancel", cancelled);
    await stage.bench.advance(HOURS);
    expect(await purge(stage, "completed", { ageMs: HOURS + 1 })).toEqual({ removed: 0, more: false });
    for (const [state, ref] of [
      ["completed", completed],
      ["dead", dead],
      ["cancelled", cancelled],
    ] as const) {
      expect(await purge(stage, state, { ageMs: HOURS })).toEqual({ removed: 1, more: false });
      expect(await stage.adapter.reader.get([ref])).toEqual([null]);
      expect(await stage.adapter.reader.events(ref, 0, 10)).toBeNull();
      expect(await stage.move("restore", ref)).toBe("missing");
      await stage.addOne({ id: ref.id });
      expect(await stage.kinds(ref)).toEqual(["enqueue"]);
      await stage.move("cancel", ref);
      await stage.move("remove", ref);
    }
  });

  test("open jobs are never taken, however old", async (stage) => {
    const refs = await stage.add({}, {}, { start: { delayMs: 900 * HOURS } });
    await stage.takeOne({ leaseMs: 900 * HOURS });
    await stage.apply("park", refs[1] ?? []);
    await stage.bench.advance(800 * HOURS);
    for (const state of RETAINED_STATES)
      for (const keep of [KEEP_NONE, { count: 0 }, { bytes: 0 }])
        expect(await purge(stage, state, keep)).toEqual({ removed: 0, more: false });
    expect((await stage.adapter.reader.get(refs)).map((job) => job?.state)).toEqual(["active", "stale", "waiting"]);
  });

  test("a requeued job is kept, and its age counts from its new end", async (stage) => {
    const ref = await stage.addOne();
    await stage.settle((await stage.takeOne()).lease, BURY);
    await stage.bench.advance(HOURS);
    await stage.move("requeue", ref);
    expect(await purge(stage, "dead", KEEP_NONE)).toEqual({ removed: 0, more: false });
    await stage.settle((await stage.takeOne()).lease, BURY);
    expect(await purge(stage, "dead", { ageMs: HOURS })).toEqual({ removed: 0, more: false });
    expect(await purge(stage, "dead", KEEP_NONE)).toEqual({ removed: 1, more: false });
  });

  test("the purge goes by batches, and stays in its queue and state", async (stage) => {
    const refs = await stage.add({}, {}, {}, { queue: "print" });
    await stage.apply("cancel", refs);
    const [dead] = await end(stage, "dead", {});
    expect(await purge(stage, "cancelled", KEEP_NONE, 2)).toEqual({ removed: 2, more: true });
    expect(await purge(stage, "cancelled", KEEP_NONE, 1)).toEqual({ removed: 1, more: false });
    const print = refs.slice(3);
    expect(await left(stage, [...refs, ...(dead ? [dead] : [])])).toEqual(ids(dead ? [...print, dead] : print));
  });

  test("no bound keeps everything", async (stage) => {
    for (const state of RETAINED_STATES) await end(stage, state, {});
    await stage.bench.advance(1_000 * HOURS);
    for (const state of RETAINED_STATES) expect(await purge(stage, state, {})).toEqual({ removed: 0, more: false });
  });

  for (const state of RETAINED_STATES) {
    test(`${state}, by count: exactly so many stay, those that finished last`, async (stage) => {
      const refs = await endEach(stage, state, [{}, {}, {}, {}, {}]);
      expect(await purge(stage, state, { count: 5 })).toEqual({ removed: 0, more: false });
      expect(await purge(stage, state, { count: 3 }, 1)).toEqual({ removed: 1, more: true });
      expect(await purge(stage, state, { count: 3 }, 1)).toEqual({ removed: 1, more: false });
      expect(await left(stage, refs)).toEqual(ids(refs.slice(2)));
      expect(await purge(stage, state, { count: 0 })).toEqual({ removed: 3, more: false });
    });

    test(`${state}, by bytes: what stays fits, to the byte`, async (stage) => {
      const refs = await endEach(stage, state, [{ payload: text(900) }, { payload: text(80) }, { payload: text(10) }]);
      const [first = 0, second = 0, third = 0] = await sizes(stage, refs);
      expect(first).toBeGreaterThan(second + third);
      expect(await purge(stage, state, { bytes: first + second + third })).toEqual({ removed: 0, more: false });
      expect(await purge(stage, state, { bytes: first + second + third - 1 })).toEqual({ removed: 1, more: false });
      expect(await purge(stage, state, { bytes: second + third })).toEqual({ removed: 0, more: false });
      expect(await purge(stage, state, { bytes: third })).toEqual({ removed: 1, more: false });
      expect(await left(stage, refs)).toEqual(ids(refs.slice(2)));
      expect(await purge(stage, state, { bytes: third - 1 })).toEqual({ removed: 1, more: false });
    });

    test(`${state}: of jobs that finished in the same instant the earlier enqueued goes first`, async (stage) => {
      const refs = await stage.add({}, {}, {}, {});
      const taken = await stage.take();
      for (const index of [2, 0, 3, 1]) {
        const { lease } = taken[index] ?? {};
        if (lease) await stage.settle(lease, ENDS[state]);
      }
      expect(await purge(stage, state, { count: 2 }, 1)).toEqual({ removed: 1, more: true });
      expect(await left(stage, refs)).toEqual(ids(refs.slice(1)));
      expect(await purge(stage, state, { count: 2 }, 5)).toEqual({ removed: 1, more: false });
      expect(await left(stage, refs)).toEqual(ids(refs.slice(2)));
    });

    test(`${state}: the order is that of the ends, not that of the enqueues`, async (stage) => {
      const refs = await stage.add({ id: "early" }, { id: "middle" }, { id: "late" });
      const taken = await stage.take();
      for (const index of [1, 2, 0]) {
        const { lease } = taken[index] ?? {};
        if (lease) await stage.settle(lease, ENDS[state]);
        await stage.bench.advance(1_000);
      }
      expect(await purge(stage, state, { count: 2 })).toEqual({ removed: 1, more: false });
      expect(await left(stage, refs)).toEqual(["early", "late"]);
      expect(await purge(stage, state, { ageMs: 2_000 })).toEqual({ removed: 1, more: false });
      expect(await left(stage, refs)).toEqual(["early"]);
    });
  }

  test("bytes are those of UTF-8, of payload, result and errors", async (stage) => {
    const payload = '{"name":"Zoë 🦋"}';
    const [ref] = await stage.add({ payload });
    await stage.settle((await stage.takeOne()).lease, retryIn(0));
    const errors = [{ at: await stage.now(), attempt: 1, ...FAILURE }];
    await stage.settle((await stage.takeOne()).lease, { move: "complete", result: '"né"' });
    const bytes = Buffer.byteLength(payload) + Buffer.byteLength('"né"') + Buffer.byteLength(JSON.stringify(errors));
    expect(await purge(stage, "completed", { bytes })).toEqual({ removed: 0, more: false });
    expect(await purge(stage, "completed", { bytes: bytes - 1 })).toEqual({ removed: 1, more: false });
    expect(await left(stage, ref ? [ref] : [])).toEqual([]);
  });

  test("several bounds: the strictest decides, and they are counted from what is left", async (stage) => {
    const refs = await endEach(stage, "completed", [{}, {}, {}, {}, {}, {}]);
    const [size = 0] = await sizes(stage, refs);
    // Ended at 0, 1, 2 … seconds, and it is 6 now.
    expect(await purge(stage, "completed", { ageMs: 6_000, count: 5, bytes: 5 * size })).toMatchObject({ removed: 1 });
    expect(await purge(stage, "completed", { ageMs: 6_000, count: 4, bytes: 9 * size })).toMatchObject({ removed: 1 });
    expect(await purge(stage, "completed", { ageMs: 6_000, count: 9, bytes: 3 * size })).toMatchObject({ removed: 1 });
    expect(await purge(stage, "completed", { ageMs: 2_000, count: 9, bytes: 9 * size })).toMatchObject({ removed: 2 });
    expect(await left(stage, refs)).toEqual(ids(refs.slice(5)));
  });

  test("what was taken out by hand counts no more, and counts again once it is back", async (stage) => {
    for (const state of RETAINED_STATES) {
      const refs = await endEach(stage, state, [{}, {}, {}]);
      const [first, second, third] = refs;
      if (!first || !second || !third) throw new Error("three jobs");
      await stage.move("remove", first);
      await stage.move("remove", third);
      expect(await purge(stage, state, { count: 1, bytes: retainedBytes(await stage.job(second)) })).toEqual({
        removed: 0,
        more: false,
      });
      await stage.move("restore", first);
      await stage.move("restore", third);
      expect(await purge(stage, state, { count: 2 })).toEqual({ removed: 1, more: false });
      expect(await left(stage, refs)).toEqual(ids([second, third]));
      expect(await purge(stage, state, { bytes: 0 })).toEqual({ removed: 2, more: false });
    }
  });

  test("a job that is restored after its neighbours went is found like any other", async (stage) => {
    const refs = await endEach(stage, "completed", [{}, {}, {}]);
    const [first] = refs;
    if (!first) throw new Error("three jobs");
    await stage.move("remove", first);
    expect(await purge(stage, "completed", KEEP_NONE)).toEqual({ removed: 2, more: false });
    await stage.move("restore", first);
    expect(await purge(stage, "completed", { count: 1 })).toEqual({ removed: 0, more: false });
    expect(await purge(stage, "completed", KEEP_NONE)).toEqual({ removed: 1, more: false });
  });

  test("jobs that come back together have their places, also if one of them was back before", async (stage) => {
    const refs = await end(stage, "completed", {}, {});
    await stage.apply("remove", refs);
    expect(await purge(stage, "completed", KEEP_NONE)).toEqual({ removed: 0, more: false });
    await stage.apply("restore", refs.slice(0, 1));
    await stage.apply("remove", refs.slice(0, 1));
    await stage.apply("restore", refs);
    expect(await purge(stage, "completed", KEEP_NONE)).toEqual({ removed: 2, more: false });
  });

  test("a requeued job counts no more, and one whose requeue was undone counts as before", async (stage) => {
    const refs = await endEach(stage, "dead", [{}, {}, {}]);
    const [first] = refs;
    if (!first) throw new Error("three jobs");
    await stage.apply("requeue", first, { opId: "op" });
    expect(await purge(stage, "dead", { count: 2 })).toEqual({ removed: 0, more: false });
    await stage.apply("revert", first, { opId: "op" });
    expect(await purge(stage, "dead", { count: 2 })).toEqual({ removed: 1, more: false });
    expect(await left(stage, refs)).toEqual(ids(refs.slice(1)));
  });

  test("many go in batches of any size, and none is met twice", async (stage) => {
    await stage.add(...Array.from({ length: 50 }, () => ({})));
    for (const { lease } of await stage.take({ max: 30, queues: serveMany })) await stage.settle(lease, COMPLETE);
    const taken = await stage.take({ max: 20, queues: serveMany });
    await stage.adapter.leaser.settle(taken.map(({ lease }) => ({ lease, guard: "held", decision: COMPLETE })));
    const removed: number[] = [];
    for (let more = true; more && removed.length < 60; ) {
      const answer = await purge(stage, "completed", { count: 5 }, 7);
      removed.push(answer.removed);
      more = answer.more;
    }
    expect(removed).toEqual([7, 7, 7, 7, 7, 7, 3]);
    expect((await stage.info()).counts.completed).toEqual({ n: 5, exact: true });
  });
};

const serveMany = [{ queue: QUEUE, max: 100, types: [{ name: "greet", maxVersion: 1 }] }];

const purge = (stage: Stage, state: RetainedState, keep: Partial<Retention>, limit = 100) => {
  const rule: PurgeRule = { queue: QUEUE, state, keep: { ageMs: null, count: null, bytes: null, ...keep } };
  return stage.adapter.sweeper.purge(rule, limit);
};

/** Enqueues jobs and ends them at once. */
async function end(
  stage: Stage,
  state: RetainedState,
  ...jobs: readonly Partial<NewJob>[]
): Promise<readonly JobRef[]> {
  const refs = await stage.add(...jobs);
  for (const { lease } of await stage.take({ max: jobs.length })) await stage.settle(lease, ENDS[state]);
  return refs;
}

/** One after the other, a second apart. */
async function endEach(stage: Stage, state: RetainedState, jobs: readonly Partial<NewJob>[]): Promise<JobRef[]> {
  const refs: JobRef[] = [];
  for (const job of jobs) {
    refs.push(...(await end(stage, state, job)));
    await stage.bench.advance(1_000);
  }
  return refs;
}

/** Ids of those that are still there. */
async function left(stage: Stage, refs: readonly JobRef[]): Promise<readonly string[]> {
  return (await stage.adapter.reader.get(refs)).flatMap((job) => (job ? [job.id] : []));
}

const sizes = (stage: Stage, refs: readonly JobRef[]): Promise<number[]> =>
  Promise.all(refs.map(async (ref) => retainedBytes(await stage.job(ref))));

const text = (length: number): JsonText => JSON.stringify("x".repeat(length));
