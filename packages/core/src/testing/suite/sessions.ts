/** One deadline per worker session, and what a rescuer is told when it is over. */

import { expect } from "vitest";
import type { ExpiredSession, Lease } from "../../contract/adapter.ts";
import {
  BURY,
  type Chapter,
  COMPLETE,
  ids,
  LEASE_MS,
  only,
  releaseFor,
  rescueTo,
  retryIn,
  type Stage,
} from "./stage.ts";

export const sessionsChapter: Chapter = (test) => {
  test("extend moves the deadline of everything that the session holds", async (stage) => {
    const refs = await stage.add({}, { queue: "print" });
    const first = await stage.takeOne();
    await stage.bench.advance(10_000);
    await stage.takeOne({ queues: [{ queue: "print", max: 1, types: [{ name: "greet", maxVersion: 1 }] }] });
    await stage.bench.advance(10_000);
    const now = await stage.now();
    expect(await stage.adapter.leaser.extend("w1", [first.lease], 45_000)).toEqual({
      leases: ["held"],
      pausedQueues: [],
      now,
    });
    const jobs = await stage.adapter.reader.get(refs);
    expect(jobs.map((job) => job?.leaseUntil)).toEqual([now + 45_000, now + 45_000]);
  });

  test("a claim moves the deadline of what the session held before", async (stage) => {
    const [first] = await stage.add({}, {});
    if (!first) throw new Error("two jobs");
    await stage.takeOne();
    await stage.bench.advance(10_000);
    await stage.takeOne();
    expect((await stage.job(first)).leaseUntil).toBe((await stage.now()) + LEASE_MS);
  });

  test("extend says of each lease how it stands, and leaves no event", async (stage) => {
    const refs = await stage.add({}, {}, {});
    const leases = (await stage.take()).map((job) => job.lease);
    const [held, cancelled, lost] = leases;
    if (!held || !cancelled || !lost) throw new Error("three jobs");
    await stage.move("cancel", cancelled.ref);
    await stage.settle(lost, releaseFor(0));
    const answer = await stage.adapter.leaser.extend("w1", leases, LEASE_MS);
    expect(answer.leases).toEqual(["held", "cancel", "lost"]);
    const kinds = await Promise.all(refs.map((ref) => stage.kinds(ref)));
    expect(kinds.map((list) => list.at(-1))).toEqual(["claim", "cancel", "release"]);
  });

  test("extend names the paused queues of its leases", async (stage) => {
    await stage.add({}, { queue: "print" });
    const print = { queue: "print", max: 1, types: [{ name: "greet", maxVersion: 1 }] };
    const leases = [await stage.takeOne(), await stage.takeOne({ queues: [print] })].map((job) => job.lease);
    expect((await stage.adapter.leaser.extend("w1", leases, LEASE_MS)).pausedQueues).toEqual([]);
    await stage.pause("print");
    expect((await stage.adapter.leaser.extend("w1", leases, LEASE_MS)).pausedQueues).toEqual(["print"]);
  });

  test("a session that holds nothing may extend, and leaves no trace", async (stage) => {
    expect((await stage.adapter.leaser.extend("idle", [], LEASE_MS)).leases).toEqual([]);
    await stage.bench.advance(10 * LEASE_MS);
    expect(await stage.adapter.leaser.expired(10)).toEqual([]);
  });

  test("nothing is expired before the deadline; at the deadline the session is, with all it holds", async (stage) => {
    const refs = await stage.add({ backoff: [5], maxAttempts: 4, onLeaseLost: "hold" }, {});
    await stage.take({ session: "w1" });
    await stage.bench.advance(LEASE_MS - 1);
    expect(await stage.adapter.leaser.expired(10)).toEqual([]);
    await stage.bench.advance(1);
    const session = only(await stage.adapter.leaser.expired(10));
    expect(session).toMatchObject({ session: "w1", alone: false });
    expect(idsIn(session)).toEqual([...ids(refs)].sort());
    const first = session.jobs.find((job) => job.lease.ref.id === refs[0]?.id);
    expect(first).toMatchObject({
      lease: { epoch: 0, session: "w1" },
      facts: {
        attempt: 1,
        maxAttempts: 4,
        backoff: [5],
        cancelRequested: false,
        onLeaseLost: "hold",
        heldLimit: null,
      },
    });
  });

  test("the leases that a rescuer is given are the ones that settle", async (stage) => {
    const refs = await stage.add({}, {});
    await stage.take();
    await stage.apply("cancel", refs[1] ?? []);
    await stage.bench.advance(LEASE_MS);
    const session = only(await stage.adapter.leaser.expired(10));
    expect(session.jobs.filter((job) => job.facts.cancelRequested)).toHaveLength(1);
    const settled = await stage.adapter.leaser.settle(
      session.jobs.map(({ lease }) => ({ lease, guard: "expired", decision: rescueTo("waiting") })),
    );
    expect(settled.map((answer) => answer.ok)).toEqual([true, true]);
    expect(await stage.adapter.leaser.expired(10)).toEqual([]);
  });

  test("a session that heartbeats is not expired", async (stage) => {
    await stage.addOne();
    const { lease } = await stage.takeOne();
    for (let beat = 0; beat < 5; beat++) {
      await stage.bench.advance(LEASE_MS - 1);
      await stage.adapter.leaser.extend("w1", [lease], LEASE_MS);
    }
    expect(await stage.adapter.leaser.expired(10)).toEqual([]);
  });

  test("a rescue of a session that is alive is refused and writes nothing", async (stage) => {
    const ref = await stage.addOne();
    const { lease } = await stage.takeOne();
    await stage.bench.advance(LEASE_MS - 1);
    const before = await stage.job(ref);
    expect(await stage.settle(lease, rescueTo("dead"), { guard: "expired" })).toEqual({ ok: false, now: "live" });
    expect(await stage.job(ref)).toEqual(before);
    expect(await stage.kinds(ref)).toEqual(["enqueue", "claim"]);
  });

  test("a session that comes back before the rescue keeps its jobs", async (stage) => {
    await stage.addOne();
    const { lease } = await stage.takeOne();
    await stage.bench.advance(5 * LEASE_MS);
    expect(await stage.adapter.leaser.expired(10)).toHaveLength(1);
    expect((await stage.adapter.leaser.extend("w1", [lease], LEASE_MS)).leases).toEqual(["held"]);
    expect(await stage.adapter.leaser.expired(10)).toEqual([]);
    expect(await stage.settle(lease, rescueTo("waiting"), { guard: "expired" })).toEqual({ ok: false, now: "live" });
  });

  test("of two rescuers at once one wins, through any handle", async (stage) => {
    const other = await stage.second();
    const ref = await stage.addOne();
    await stage.takeOne();
    await stage.bench.advance(LEASE_MS);
    const answers = await Promise.all(
      [stage.adapter, other].map(async ({ leaser }) => {
        const jobs = (await leaser.expired(10)).flatMap((session) => session.jobs);
        return leaser.settle(jobs.map(({ lease }) => ({ lease, guard: "expired", decision: rescueTo("waiting") })));
      }),
    );
    expect(answers.flat().filter((answer) => answer.ok)).toHaveLength(1);
    expect(await stage.job(ref)).toMatchObject({ rescues: 1, epoch: 1, seq: 3 });
  });

  test("a charged rescue counts the attempt and keeps the error", async (stage) => {
    const ref = await stage.addOne();
    const { lease } = await stage.takeOne();
    expect(await stage.rescue(lease, rescueTo("waiting", { charged: true, delayMs: 2_000 }))).toEqual({
      ok: true,
      state: "waiting",
      reason: null,
      followUps: [],
    });
    const now = await stage.now();
    expect(await stage.job(ref)).toMatchObject({
      state: "waiting",
      attempt: 1,
      rescues: 1,
      runAt: now + 2_000,
      heldLimit: null,
      epoch: 1,
      errors: [{ at: now, attempt: 1, code: "LEASE_EXPIRED" }],
      worker: "w1",
      leaseUntil: null,
    });
    const event = (await stage.events(ref)).at(-1);
    expect(event).toMatchObject({ kind: "rescue", at: now });
    expect(JSON.parse(event?.data ?? "")).toMatchObject({
      to: "waiting",
      charged: true,
      heldLimit: null,
      runAt: now + 2_000,
    });
  });

  test("a rescue that is not charged gives the attempt back and sets the held limit", async (stage) => {
    const ref = await stage.addOne();
    await stage.rescue((await stage.takeOne()).lease, rescueTo("waiting", { charged: false, heldLimit: 4 }));
    expect(await stage.job(ref)).toMatchObject({
      attempt: 0,
      rescues: 1,
      heldLimit: 4,
      epoch: 1,
      errors: [{ attempt: 1 }],
    });
  });

  for (const [to, reason] of [
    ["stale", null],
    ["dead", null],
    ["cancelled", "user"],
  ] as const)
    test(`a rescue may end in ${to}`, async (stage) => {
      const ref = await stage.addOne();
      const answer = await stage.rescue((await stage.takeOne()).lease, rescueTo(to));
      expect(answer).toEqual({ ok: true, state: to, reason, followUps: [] });
      expect(await stage.job(ref)).toMatchObject({
        state: to,
        reason,
        rescues: 1,
        attempt: 1,
        finishedAt: to === "stale" ? null : await stage.now(),
        epoch: to === "stale" ? 1 : 0,
      });
    });

  test("rescues are counted until a person requeues the job", async (stage) => {
    const ref = await stage.addOne();
    await stage.rescue((await stage.takeOne()).lease);
    await stage.rescue((await stage.takeOne()).lease);
    await stage.settle((await stage.takeOne()).lease, BURY);
    expect(await stage.job(ref)).toMatchObject({ rescues: 2, attempt: 3 });
    await stage.move("requeue", ref);
    expect(await stage.job(ref)).toMatchObject({ rescues: 0, attempt: 0 });
  });

  test("alone: the session held nothing and got one job", async (stage) => {
    await stage.addOne();
    await stage.takeOne();
    expect(await expiredNow(stage)).toMatchObject([{ session: "w1", alone: true }]);
  });

  test("not alone: the claim gave two, even if one of them is settled", async (stage) => {
    await stage.add({}, {});
    const [first] = await stage.take();
    await stage.settle(leaseOf(first), COMPLETE);
    expect(await expiredNow(stage)).toMatchObject([{ alone: false, jobs: [{}] }]);
  });

  test("not alone: a later claim took another, even if either is settled", async (stage) => {
    await stage.add({}, {});
    const first = await stage.takeOne();
    await stage.takeOne();
    await stage.settle(first.lease, COMPLETE);
    expect(await expiredNow(stage)).toMatchObject([{ alone: false, jobs: [{}] }]);
  });

  test("alone stays through heartbeats and claims that give nothing", async (stage) => {
    await stage.addOne();
    const { lease } = await stage.takeOne();
    await stage.adapter.leaser.extend("w1", [lease], LEASE_MS);
    expect(await stage.take()).toEqual([]);
    expect(await expiredNow(stage)).toMatchObject([{ alone: true }]);
  });

  test("alone again: everything was settled before the next claim", async (stage) => {
    await stage.add({}, {}, {});
    for (const { lease } of await stage.take({ max: 2 })) await stage.settle(lease, COMPLETE);
    await stage.takeOne();
    expect(await expiredNow(stage)).toMatchObject([{ alone: true, jobs: [{}] }]);
  });

  test("sessions come longest over first, and are never split", async (stage) => {
    await stage.add(...Array.from({ length: 6 }, () => ({})));
    await stage.take({ session: "late", max: 2, leaseMs: 9_000 });
    await stage.take({ session: "early", max: 3, leaseMs: 3_000 });
    await stage.take({ session: "middle", max: 1, leaseMs: 6_000 });
    await stage.bench.advance(20_000);
    const page = async (limit: number) =>
      (await stage.adapter.leaser.expired(limit)).map(({ session, jobs }) => `${session} ${jobs.length}`);
    expect(await page(1)).toEqual(["early 3"]);
    expect(await page(3)).toEqual(["early 3"]);
    expect(await page(4)).toEqual(["early 3", "middle 1"]);
    expect(await page(5)).toEqual(["early 3", "middle 1", "late 2"]);
    expect(await page(100)).toEqual(["early 3", "middle 1", "late 2"]);
  });

  test("a retired session is over at once, whatever its lease", async (stage) => {
    const ref = await stage.addOne();
    const { lease } = await stage.takeOne();
    await stage.adapter.leaser.retire("w1");
    expect(await stage.adapter.leaser.expired(10)).toMatchObject([{ session: "w1", jobs: [{ lease }] }]);
    expect((await stage.job(ref)).leaseUntil).toBe(await stage.now());
    expect(await stage.settle(lease, rescueTo("waiting"), { guard: "expired" })).toMatchObject({ ok: true });
  });

  test("retiring one session leaves the others alone; an unknown one is nothing", async (stage) => {
    await stage.add({}, {});
    await stage.takeOne({ session: "w1" });
    await stage.takeOne({ session: "w2" });
    await stage.adapter.leaser.retire("w1");
    await stage.adapter.leaser.retire("nobody");
    expect((await stage.adapter.leaser.expired(10)).map(({ session }) => session)).toEqual(["w1"]);
  });

  test("a session is gone when its last job is settled", async (stage) => {
    await stage.addOne();
    await stage.settle((await stage.takeOne()).lease, retryIn(0));
    await stage.bench.advance(10 * LEASE_MS);
    expect(await stage.adapter.leaser.expired(10)).toEqual([]);
  });
};

async function expiredNow(stage: Stage): Promise<readonly ExpiredSession[]> {
  await stage.bench.advance(LEASE_MS);
  return stage.adapter.leaser.expired(10);
}

const idsIn = (session: ExpiredSession): readonly string[] => [...ids(session.jobs.map((job) => job.lease.ref))].sort();

function leaseOf(job: { readonly lease: Lease } | undefined): Lease {
  if (!job) throw new Error("no job was claimed");
  return job.lease;
}
