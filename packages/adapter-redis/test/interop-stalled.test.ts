/** Workers that are gone, ours and BullMQ's: the others go on with their jobs, and what comes late is refused. */

import type { Decision, ExpiredSession } from "@jobyard/core/adapter";
import { claimRequest } from "@jobyard/core/testing";
import { describe, expect, test } from "vitest";
import {
  accepts,
  bury,
  claimJobs,
  complete,
  failure,
  jobOf,
  newJob,
  openYard,
  QUEUE,
  settleAll,
  type Yard,
} from "./bullmq-ground.ts";
import { until } from "./links.ts";

const rescue = (to: "waiting" | "dead"): Decision => ({
  ...{ move: "rescue", to, charged: true, heldLimit: null, delayMs: 0 },
  failure: { ...failure("gone"), code: "LEASE_EXPIRED" },
});

/** Who is over, once anybody is. */
async function expired({ adapter }: Yard): Promise<ExpiredSession> {
  let found: readonly ExpiredSession[] = [];
  await until("a worker is found to be gone", async () => {
    found = await adapter.leaser.expired(100);
    return found.length > 0;
  });
  const [one] = found;
  if (one === undefined || found.length > 1) throw new Error(`${found.length} sessions are over`);
  return one;
}

const rescueAll = ({ adapter }: Yard, { jobs }: ExpiredSession, to: "waiting" | "dead") =>
  adapter.leaser.settle(jobs.map(({ lease }) => ({ lease, guard: "expired", decision: rescue(to) })));

/** A worker of ours has asked for jobs of the queue, and got none. */
async function serve(yard: Yard): Promise<void> {
  await yard.adapter.leaser.claim({ ...claimRequest("none"), queues: [{ queue: QUEUE, max: 1, types: [] }] });
}

/** A worker of BullMQ's that takes one job, and is dead until it is told to end it. */
async function deadWorker(yard: Yard): Promise<{ readonly wakes: () => Promise<unknown> }> {
  const sleep = Promise.withResolvers<unknown>();
  const active = await yard.queue.getActiveCount();
  const worker = yard.worker(() => sleep.promise, {
    ...{ name: "stock", lockDuration: 150, skipLockRenewal: true, skipStalledCheck: true, concurrency: 1 },
  });
  await until("it has a job", async () => (await yard.queue.getActiveCount()) > active);
  const woken = new Promise((resolve) => worker.once("error", resolve));
  return {
    wakes: async () => {
      sleep.resolve("late");
      return woken;
    },
  };
}

describe("a worker of ours is gone", () => {
  test("and BullMQ's check puts its job back: it runs there, and nothing late of ours is kept", async () => {
    const yard = await openYard();
    const { leaser } = yard.adapter;
    await accepts(yard, newJob("a"));
    const jobs = await claimJobs(yard, 1, { leaseMs: 150 });
    yard.worker(async () => "theirs", { stalledInterval: 60, lockDuration: 5_000 });
    await until("BullMQ has completed it", async () => (await yard.queue.getCompletedCount()) === 1);
    expect(await settleAll(yard, jobs, complete('"ours"'))).toEqual([{ ok: false, now: "lost" }]);
    expect(await settleAll(yard, jobs, bury())).toEqual([{ ok: false, now: "lost" }]);
    const leases = jobs.map(({ lease }) => lease);
    expect(await leaser.append(leases.map((lease) => ({ lease, kind: "progress", data: "1" })))).toEqual([false]);
    expect((await leaser.extend("w1", leases, 30_000)).leases).toEqual(["lost"]);
    expect(await yard.queue.getJob("a")).toMatchObject({ stalledCounter: 1, attemptsStarted: 2, attemptsMade: 1 });
    expect(await jobOf(yard, "a")).toMatchObject({ state: "completed", result: '"theirs"', attempt: 2 });
    await leaser.retire("w1");
    expect(await leaser.expired(10)).toEqual([]);
    expect(await yard.client.zcard(`${yard.prefix}::sessions`)).toBe(0);
  });

  test("a job that BullMQ has put back, and nobody has taken, is no lease any more", async () => {
    const yard = await openYard();
    await accepts(yard, newJob("a"));
    const jobs = await claimJobs(yard, 1, { leaseMs: 50 });
    const backend = yard.worker(null, { stalledInterval: 1 }).getBackend();
    await until("BullMQ has put it back", async () => {
      await backend.moveStalledJobsToWait();
      return (await yard.queue.getWaitingCount()) === 1;
    });
    expect(await yard.adapter.leaser.expired(10)).toEqual([]);
    expect(await settleAll(yard, jobs, complete())).toEqual([{ ok: false, now: "lost" }]);
    expect(await claimJobs(yard, 1)).toMatchObject([{ attempt: 2 }]);
  });

  test("a job of ours that BullMQ gives up on is ours to judge, one of its own fails unrun", async () => {
    const yard = await openYard();
    await accepts(yard, newJob("ours"));
    await yard.queue.add("greet", 1, { jobId: "theirs" });
    for (const id of ["ours", "theirs"]) await yard.client.hset(yard.key(id), "defa", "stalled too often");
    expect(await claimJobs(yard, 10)).toMatchObject([{ lease: { ref: { id: "ours" } } }]);
    expect(await yard.queue.getJob("theirs")).toMatchObject({ failedReason: "stalled too often" });
    expect(await jobOf(yard, "theirs")).toMatchObject({ state: "dead", errors: [{ message: "stalled too often" }] });
    expect(await yard.client.hexists(yard.key("ours"), "defa")).toBe(0);
  });
});

describe("a worker of BullMQ's is gone", () => {
  test("and ours puts its job back, once; what it says later is refused", async () => {
    const yard = await openYard();
    await serve(yard);
    const job = await yard.queue.add("greet", 1);
    const dead = await deadWorker(yard);
    const session = await expired(yard);
    expect(session).toMatchObject({ session: "bullmq:stock", alone: true });
    expect(session.jobs).toMatchObject([{ facts: { attempt: 1, maxAttempts: 2 }, lease: { ref: { id: job.id } } }]);
    expect(await rescueAll(yard, session, "waiting")).toMatchObject([{ ok: true, state: "waiting" }]);
    expect(await rescueAll(yard, session, "waiting")).toEqual([{ ok: false, now: "lost" }]);
    const again = await claimJobs(yard, 1);
    expect(again).toMatchObject([{ attempt: 2, maxAttempts: 1 }]);
    expect(String(await dead.wakes())).toMatch(/lock/i);
    expect(await settleAll(yard, again, complete('"ours"'))).toMatchObject([{ ok: true, state: "completed" }]);
    expect(await yard.queue.getJob(job.id ?? "")).toMatchObject({ returnvalue: "ours", stalledCounter: 1 });
  });

  test("one of its jobs that it took up again in time is not put back", async () => {
    const yard = await openYard();
    await serve(yard);
    await yard.queue.add("greet", 1);
    await deadWorker(yard);
    const session = await expired(yard);
    const [held] = session.jobs;
    await yard.client.set(yard.key(`${held?.lease.ref.id}:lock`), "back", "PX", 10_000);
    expect(await rescueAll(yard, session, "waiting")).toEqual([{ ok: false, now: "lost" }]);
    expect(await yard.adapter.leaser.expired(10)).toEqual([]);
  });

  test("a job of ours that died with it is buried with the reason", async () => {
    const yard = await openYard();
    await serve(yard);
    await accepts(yard, newJob("a", { maxAttempts: 1 }));
    await deadWorker(yard);
    expect(await rescueAll(yard, await expired(yard), "dead")).toMatchObject([{ ok: true, state: "dead" }]);
    expect(await jobOf(yard, "a")).toMatchObject({
      state: "dead",
      attempt: 1,
      rescues: 1,
      errors: [{ message: "gone" }],
    });
    expect(await yard.queue.getJob("a")).toMatchObject({ failedReason: "gone" });
  });

  test("with thousands of jobs: they are looked through in portions, and none is overlooked", async () => {
    const yard = await openYard();
    const { client } = yard;
    await client.sadd(`${yard.prefix}::queues`, "mail", "other", "third");
    const work = client.pipeline();
    for (const queue of ["mail", "other"])
      for (let n = 0; n < 1_200; n += 1) {
        work.lpush(yard.key("active", queue), `j${n}`);
        work.hset(yard.key(`j${n}`, queue), {
          name: "greet",
          data: "1",
          opts: "{}",
          timestamp: 1,
          ats: 1,
          processedOn: 2,
        });
        if (n % 2 === 0) work.set(yard.key(`j${n}:lock`, queue), "alive");
      }
    await work.exec();
    const found = new Set<string>();
    for (let call = 0; call < 3; call += 1)
      for (const { jobs } of await yard.adapter.leaser.expired(1_000))
        for (const { lease } of jobs) found.add(`${lease.ref.queue}/${lease.ref.id}`);
    expect(found.size).toBe(1_200);
    expect([...found].every((ref) => Number(ref.slice(ref.indexOf("/j") + 2)) % 2 === 1)).toBe(true);
  });

  test("a job of ours without its lock is its session's, not one of theirs", async () => {
    const yard = await openYard();
    await accepts(yard, newJob("a"));
    const jobs = await claimJobs(yard, 1);
    await yard.client.del(yard.key("a:lock"));
    expect(await yard.adapter.leaser.expired(10)).toEqual([]);
    expect(await settleAll(yard, jobs, complete())).toMatchObject([{ ok: true }]);
  });

  test("is nobody's business where only ours work", async () => {
    const yard = await openYard("own");
    await serve(yard);
    await yard.queue.add("greet", 1);
    await deadWorker(yard);
    await until("its lock is over", async () => (await yard.client.exists(yard.key("1:lock"))) === 0);
    expect(await yard.adapter.leaser.expired(10)).toEqual([]);
  });
});
