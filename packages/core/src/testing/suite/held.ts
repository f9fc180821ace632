/**
 * Jobs that shared a crash run again only in exclusive batches, each at most as large as the smallest limit in it,
 * by a session that holds nothing else: so a poison pill ends and takes nobody with it.
 */

import { expect } from "vitest";
import type { JobRef } from "../../nouns/job.ts";
import {
  BURY,
  type Chapter,
  COMPLETE,
  ids,
  idsOf,
  LEASE_MS,
  releaseFor,
  rescueTo,
  retryIn,
  STOP,
  type Stage,
  serve,
} from "./stage.ts";

export const heldChapter: Chapter = (test) => {
  test("a held job is not handed out by an ordinary claim, which says that it waits", async (stage) => {
    const [since] = await crashed(stage, 2, 1);
    await stage.addOne({ id: "plain" });
    await stage.bench.advance(100);
    const claim = await stage.claim();
    expect(idsOf(claim.jobs)).toEqual(["plain"]);
    expect(claim.held).toEqual([{ queue: "mail", since: (await stage.job(since)).runAt }]);
  });

  test("an exclusive claim takes as many as the limit allows, and nothing else", async (stage) => {
    const refs = await crashed(stage, 5, 2);
    await stage.addOne({ id: "plain" });
    const claim = await stage.claim({ held: true });
    expect(idsOf(claim.jobs)).toEqual(ids(refs.slice(0, 2)));
    expect(claim.jobs.map((job) => [job.heldLimit, job.attempt])).toEqual([
      [2, 1],
      [2, 1],
    ]);
    expect(claim.held).toMatchObject([{ queue: "mail" }]);
    expect(await stage.take({ held: true, session: "w2" })).toHaveLength(2);
    expect((await stage.claim({ held: true, session: "w3" })).held).toEqual([]);
  });

  test("a batch is no larger than the claim's max and the queue's", async (stage) => {
    await crashed(stage, 6, 5);
    expect(await stage.take({ held: true, session: "w1", max: 2 })).toHaveLength(2);
    expect(await stage.take({ held: true, session: "w2", queues: [serve("mail", { max: 1 })] })).toHaveLength(1);
    expect(await stage.take({ held: true, session: "w3" })).toHaveLength(3);
  });

  test("the longest waiting come first, and the smallest limit among them counts", async (stage) => {
    const [old] = await crashed(stage, 1, 3);
    await stage.bench.advance(1_000);
    const young = await crashed(stage, 3, 2);
    expect(idsOf(await stage.take({ held: true }))).toEqual([old.id, young[0].id]);
  });

  test("a batch ends before the job whose limit it would break", async (stage) => {
    const wide = await crashed(stage, 2, 3);
    await stage.bench.advance(1_000);
    const narrow = await crashed(stage, 1, 1);
    expect(idsOf(await stage.take({ held: true, session: "w1" }))).toEqual(ids(wide));
    expect(idsOf(await stage.take({ held: true, session: "w2" }))).toEqual(ids(narrow));
  });

  test("a batch is of one queue: the first in order that has one", async (stage) => {
    await crashed(stage, 2, 4, "a");
    await crashed(stage, 2, 4, "b");
    await stage.addOne({ queue: "c", id: "plain" });
    const queues = [serve("c"), serve("b"), serve("a")];
    const claim = await stage.claim({ held: true, queues });
    expect(claim.jobs.map((job) => job.lease.ref.queue)).toEqual(["b", "b"]);
    expect(claim.held.map((one) => one.queue)).toEqual(["a"]);
  });

  test("held jobs of unknown types, of paused queues and ahead of their time are left alone", async (stage) => {
    await crashed(stage, 1, 1, "unknown");
    await crashed(stage, 1, 1, "paused");
    await crashed(stage, 1, 1, "ahead", 60_000);
    await stage.pause("paused");
    await stage.addOne({ id: "plain" });
    const queues = [
      serve("unknown", { types: [{ name: "other", maxVersion: 1 }] }),
      serve("paused"),
      serve("ahead"),
      serve("mail"),
    ];
    const claim = await stage.claim({ held: true, queues });
    expect(idsOf(claim.jobs)).toEqual(["plain"]);
    expect(claim.held).toEqual([]);
  });

  test("an empty claim says when the next held job becomes due", async (stage) => {
    const [ref] = await crashed(stage, 1, 1, "mail", 5_000);
    await stage.addOne({ start: { delayMs: 9_000 } });
    const { runAt } = await stage.job(ref);
    expect(await stage.claim()).toMatchObject({ jobs: [], nextDueAt: runAt, held: [] });
    await stage.bench.advance(5_000);
    expect((await stage.claim()).held).toEqual([{ queue: "mail", since: runAt }]);
  });

  test("an exclusive claim that finds none is an ordinary one", async (stage) => {
    await stage.add({}, {});
    expect(await stage.take({ held: true })).toHaveLength(2);
  });

  test("a session that holds anything gets no exclusive batch", async (stage) => {
    const [held] = await crashed(stage, 1, 1);
    await stage.add({ id: "a" }, { id: "b" });
    expect(idsOf(await stage.take({ max: 1 }))).toEqual(["a"]);
    expect(idsOf(await stage.take({ held: true }))).toEqual(["b"]);
    expect(await stage.take({ held: true })).toEqual([]);
    expect((await stage.job(held)).state).toBe("waiting");
  });

  test("a session that holds a held job gets nothing until the last of them is settled", async (stage) => {
    await crashed(stage, 2, 2);
    const batch = await stage.take({ held: true });
    await stage.addOne({ id: "plain" });
    for (const { lease } of batch) {
      expect(await stage.take()).toEqual([]);
      expect(await stage.take({ held: true })).toEqual([]);
      await stage.settle(lease, COMPLETE);
    }
    expect(idsOf(await stage.take())).toEqual(["plain"]);
  });

  test("others go on meanwhile", async (stage) => {
    await crashed(stage, 1, 1);
    await stage.take({ held: true, session: "w1" });
    await stage.addOne({ id: "plain" });
    expect(idsOf(await stage.take({ session: "w2" }))).toEqual(["plain"]);
  });

  for (const [name, decision, limit] of [
    ["complete", COMPLETE, null],
    ["retry", retryIn(0), null],
    ["bury", BURY, null],
    ["stop", STOP, null],
    ["release", releaseFor(0), 2],
  ] as const)
    test(`${name} ${limit === null ? "clears" : "keeps"} the limit`, async (stage) => {
      const [ref] = await crashed(stage, 1, 2);
      const [job] = await stage.take({ held: true });
      if (!job) throw new Error("no batch");
      await stage.settle(job.lease, decision);
      expect((await stage.job(ref)).heldLimit).toBe(limit);
    });

  test("a batch that crashes again is given a smaller limit, and its facts tell the one it had", async (stage) => {
    const refs = await crashed(stage, 4, 2);
    await stage.take({ held: true, session: "w2" });
    await stage.bench.advance(LEASE_MS);
    const sessions = await stage.adapter.leaser.expired(10);
    expect(sessions).toMatchObject([{ session: "w2", alone: false, jobs: [{ facts: { heldLimit: 2 } }, {}] }]);
    await stage.adapter.leaser.settle(
      sessions.flatMap(({ jobs }) =>
        jobs.map(({ lease }) => ({
          lease,
          guard: "expired",
          decision: rescueTo("waiting", { charged: false, heldLimit: 1 }),
        })),
      ),
    );
    const jobs = await stage.adapter.reader.get(refs);
    expect(jobs.map((job) => job?.heldLimit)).toEqual([1, 1, 2, 2]);
    expect(idsOf(await stage.take({ held: true, session: "w3" }))).toEqual(ids(refs.slice(2)));
    expect(idsOf(await stage.take({ held: true, session: "w4" }))).toEqual(ids(refs.slice(0, 1)));
  });

  test("a batch of one is alone", async (stage) => {
    await crashed(stage, 2, 1);
    await stage.take({ held: true, session: "w2" });
    await stage.bench.advance(LEASE_MS);
    expect(await stage.adapter.leaser.expired(10)).toMatchObject([{ session: "w2", alone: true, jobs: [{}] }]);
  });

  test("a requeue clears the limit", async (stage) => {
    const [ref] = await crashed(stage, 1, 1);
    await stage.move("cancel", ref);
    await stage.move("requeue", ref);
    expect((await stage.job(ref)).heldLimit).toBeNull();
    expect(await stage.take()).toHaveLength(1);
  });

  test("a held job that is not started in time expires", async (stage) => {
    const refs = await stage.add({ expiresInMs: 2 * LEASE_MS });
    await stage.rescue((await stage.takeOne()).lease, rescueTo("waiting", { charged: false, heldLimit: 1 }));
    await stage.bench.advance(LEASE_MS);
    expect(await stage.take({ held: true })).toEqual([]);
    await stage.adapter.sweeper.expire(10);
    expect(await stage.adapter.reader.get(refs)).toMatchObject([{ state: "cancelled", reason: "expired" }]);
  });
};

/** `n` jobs of one session that was lost, back with this limit and due after `delayMs`. */
async function crashed(
  stage: Stage,
  n: number,
  heldLimit: number,
  queue = "mail",
  delayMs = 0,
): Promise<[JobRef, ...JobRef[]]> {
  const refs = await stage.add(...Array.from({ length: n }, () => ({ queue })));
  const jobs = await stage.take({ session: "crashed", queues: [serve(queue)], leaseMs: 1 });
  expect(jobs).toHaveLength(n);
  await stage.bench.advance(1);
  const decision = rescueTo("waiting", { charged: false, heldLimit, delayMs });
  await stage.adapter.leaser.settle(jobs.map(({ lease }) => ({ lease, guard: "expired", decision })));
  return refs as [JobRef, ...JobRef[]];
}
