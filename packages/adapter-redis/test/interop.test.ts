/** Programs with stock BullMQ 6 and ours on the same queues, in both directions. */

import { type Job, UnrecoverableError } from "bullmq";
import { describe, expect, test } from "vitest";
import {
  accepts,
  bury,
  claimJobs,
  complete,
  eventsOf,
  jobOf,
  newJob,
  openYard,
  QUEUE,
  retry,
  settleAll,
} from "./bullmq-ground.ts";
import { until } from "./links.ts";

const idsOf = (jobs: readonly { readonly lease: { readonly ref: { readonly id: string } } }[]): readonly string[] =>
  jobs.map(({ lease }) => lease.ref.id);

describe("BullMQ adds, ours runs", () => {
  test("in BullMQ's order; its events, its counts and whoever waits for a result are told", async () => {
    const yard = await openYard();
    const { queue } = yard;
    const events = await yard.events();
    const seen: string[] = [];
    for (const kind of ["added", "waiting", "active", "completed", "failed", "delayed", "drained"] as const)
      events.on(kind, (told: { readonly jobId?: string }) => seen.push(`${kind} ${told.jobId ?? ""}`));
    const first = await queue.add("greet", { n: 1 });
    await queue.add("greet", { n: 2 }, { priority: 10 });
    await queue.add("greet", { n: 3 }, { priority: 2 });
    const later = await queue.add("greet", { n: 4 }, { delay: 60_000, attempts: 3, backoff: 10 });
    const finished = first.waitUntilFinished(events, 20_000);

    const jobs = await claimJobs(yard, 10);
    expect(idsOf(jobs)).toEqual(["1", "3", "2"]);
    expect(jobs[0]).toMatchObject({ payload: '{"n":1}', attempt: 1, maxAttempts: 1 });
    expect(await queue.getActiveCount()).toBe(3);
    await settleAll(yard, jobs, ({ lease }) => (lease.ref.id === "3" ? bury("no") : complete('{"r":42}')));
    expect(await finished).toEqual({ r: 42 });
    expect(await queue.getJob("3")).toMatchObject({ failedReason: "no", attemptsMade: 1, stacktrace: ["Error: no"] });

    await later.changeDelay(50);
    const due = await claimJobs(yard, 10, { waitMs: 10_000 });
    expect(idsOf(due)).toEqual([later.id]);
    await settleAll(yard, due, retry(20));
    expect(await later.isDelayed()).toBe(true);
    const again = await claimJobs(yard, 10, { waitMs: 10_000 });
    expect(again[0]).toMatchObject({ attempt: 2, maxAttempts: 3 });
    await settleAll(yard, again, complete("1"));
    expect(await later.getState()).toBe("completed");
    expect(await queue.getJobCounts()).toMatchObject({ completed: 3, failed: 1, active: 0, waiting: 0, delayed: 0 });
    await until("the events were told", () => seen.includes(`completed ${later.id}`));
    for (const told of [
      "added 1",
      "waiting 1",
      "active 1",
      "completed 1",
      "failed 3",
      `delayed ${later.id}`,
      "drained ",
    ])
      expect(seen).toContain(told);
  });

  test("what its options say stays, also after an attempt of ours", async () => {
    const yard = await openYard();
    await yard.queue.add("greet", { n: 1 }, { attempts: 5, backoff: { type: "exponential", delay: 7 }, jobId: "a" });
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const jobs = await claimJobs(yard, 1);
      expect(jobs[0]).toMatchObject({ attempt, maxAttempts: 5, backoff: { type: "exponential", delayMs: 7 } });
      await settleAll(yard, jobs, retry());
    }
    expect(await jobOf(yard, "a")).toMatchObject({ maxAttempts: 5, attempt: 3 });
  });

  test("removeOnComplete and removeOnFail are kept to, but no other dead letter goes with one", async () => {
    const yard = await openYard();
    const { queue } = yard;
    await queue.addBulk([
      { name: "greet", data: 1, opts: { jobId: "gone", removeOnComplete: true } },
      { name: "greet", data: 2, opts: { jobId: "gone-too", removeOnFail: true } },
      { name: "greet", data: 5, opts: { jobId: "dead", removeOnFail: { count: 1 } } },
      { name: "greet", data: 6, opts: { jobId: "dead-too", removeOnFail: { count: 1 } } },
      { name: "greet", data: 3, opts: { jobId: "kept", removeOnComplete: { count: 1 } } },
      { name: "greet", data: 4, opts: { jobId: "last", removeOnComplete: { count: 1 } } },
    ]);
    const jobs = await claimJobs(yard, 10);
    const settled = await settleAll(yard, jobs, ({ lease }) =>
      ["gone-too", "dead", "dead-too"].includes(lease.ref.id) ? bury() : complete(),
    );
    expect(settled.map((one) => one.ok && one.state)).toEqual([
      ...["completed", "dead", "dead", "dead", "completed", "completed"],
    ]);
    expect(await queue.getJobCounts("completed", "failed")).toEqual({ completed: 1, failed: 2 });
    expect(await queue.getJob("last")).toBeDefined();
    expect(await yard.adapter.leaser.expired(10)).toEqual([]);
    expect(await yard.client.zcard(`${yard.prefix}::sessions`)).toBe(0);
  });

  test("a pause, a global concurrency and a global rate limit hold for ours", async () => {
    const yard = await openYard();
    const { queue, client } = yard;
    await queue.addBulk(Array.from({ length: 20 }, (_, data) => ({ name: "greet", data })));
    await queue.pause();
    expect(await claimJobs(yard, 5)).toEqual([]);
    await accepts(yard, newJob("a"));
    expect(await queue.getWaitingCount()).toBe(21);
    expect(await client.exists(yard.key("marker"))).toBe(0);
    await queue.resume();
    await queue.setGlobalConcurrency(3);
    const jobs = await claimJobs(yard, 10);
    expect(jobs).toHaveLength(3);
    await settleAll(yard, jobs, complete());
    await queue.removeGlobalConcurrency();
    await queue.setGlobalRateLimit(4, 400);
    expect(await claimJobs(yard, 10)).toHaveLength(4);
    expect(await claimJobs(yard, 10)).toEqual([]);
    await until("the limit's time is over", async () => (await client.exists(yard.key("limiter"))) === 0);
    expect(await claimJobs(yard, 10)).toHaveLength(4);
  });
});

describe("ours adds, BullMQ runs", () => {
  test("a worker that waits is woken; priorities, delays and attempts are as BullMQ has them", async () => {
    const yard = await openYard();
    const order: string[] = [];
    const tries = new Map<string, number>();
    const run = async (job: Job): Promise<unknown> => {
      order.push(job.id ?? "");
      const count = (tries.get(job.id ?? "") ?? 0) + 1;
      tries.set(job.id ?? "", count);
      if (job.name === "flaky" && count < 3) throw new Error(`failed ${count}`);
      if (job.id === "hopeless") throw new UnrecoverableError("never");
      return { did: job.data };
    };
    const worker = yard.worker(run, { name: "stock" });
    await worker.waitUntilReady();
    await accepts(yard, newJob("wakes"));
    await until("the worker has run it", () => order.length === 1);
    await accepts(yard, newJob("late", { start: { delayMs: 120 } }));
    await until("the worker has run the delayed one", () => order.length === 2);
    await worker.pause();
    await accepts(
      yard,
      ...[newJob("ninth", { priority: 9 }), newJob("first", { priority: 1 }), newJob("plain")],
      newJob("flaky", { name: "flaky", priority: 20, maxAttempts: 5, payload: '"f"', backoff: [5] }),
      newJob("hopeless", { priority: 30 }),
    );
    await worker.resume();
    await until("all are done", async () => (await yard.queue.getJobCountByTypes("completed", "failed")) === 7);
    expect(order.slice(2, 5)).toEqual(["plain", "first", "ninth"]);
    expect(await yard.queue.getJob("flaky")).toMatchObject({ attemptsMade: 3, returnvalue: { did: "f" } });

    const flaky = await jobOf(yard, "flaky");
    expect(flaky).toMatchObject({ state: "completed", attempt: 3, worker: "stock", result: '{"did":"f"}' });
    expect(await jobOf(yard, "hopeless")).toMatchObject({ state: "dead", errors: [{ message: "never" }] });
    const told = await eventsOf(yard, "flaky");
    expect(told.map(({ seq }) => seq)).toEqual(told.map((_, index) => index + 1));
    expect(told.map(({ kind }) => kind)).toEqual(["enqueue", "claim", "complete"]);
  });

  test("what BullMQ has buried ours requeues, and runs", async () => {
    const yard = await openYard();
    yard.worker(async () => {
      throw new Error("no");
    });
    await accepts(yard, newJob("a", { maxAttempts: 1 }));
    await until("it is dead", async () => (await yard.queue.getFailedCount()) === 1);
    await yard.adapter.operator.pause(QUEUE, { actor: "ada" });
    const [moved] = await yard.adapter.operator.apply("requeue", [{ queue: QUEUE, id: "a" }], { actor: "ada" });
    expect(moved).toMatchObject({ outcome: "done", state: "waiting" });
    expect(await jobOf(yard, "a")).toMatchObject({ state: "waiting", attempt: 0 });
    expect(await yard.queue.getJobCounts("waiting", "failed")).toEqual({ waiting: 1, failed: 0 });
  });
});

describe("deduplication", () => {
  test("keys of ours hold for BullMQ's programs, and theirs for ours", async () => {
    const yard = await openYard();
    const { queue, adapter } = yard;
    const keyed = (id: string) => newJob(id, { dedupe: { key: "k", while: "open", onConflict: "skip" } });
    await accepts(yard, keyed("ours"));
    expect((await queue.add("greet", 2, { deduplication: { id: "k" } })).id).toBe("ours");
    await settleAll(yard, await claimJobs(yard, 1), bury());
    const theirs = await queue.add("greet", 3, { deduplication: { id: "k" } });
    expect(theirs.id).not.toBe("ours");
    const [receipt] = await adapter.writer.enqueue([keyed("ours-too")]);
    expect(receipt).toMatchObject({ outcome: "duplicate", by: "key", ref: { id: theirs.id } });
    const [refused] = await adapter.operator.apply("requeue", [{ queue: QUEUE, id: "ours" }], { actor: "ada" });
    expect(refused).toMatchObject({ outcome: "held" });
    await settleAll(yard, await claimJobs(yard, 1), complete());
    expect(await yard.client.exists(yard.key("de:k"))).toBe(0);
  });

  test("a job that BullMQ has parked behind a running one is added when ours ends that", async () => {
    const yard = await openYard();
    const { queue } = yard;
    const opts = { deduplication: { id: "k", keepLastIfActive: true } };
    for (const end of [complete(), bury()]) {
      await queue.add("greet", { n: 1 }, opts);
      const jobs = await claimJobs(yard, 1);
      await queue.add("greet", { n: 2 }, opts);
      await queue.add("greet", { n: 3 }, opts);
      expect(await queue.getWaitingCount()).toBe(0);
      expect(await settleAll(yard, jobs, end)).toMatchObject([{ ok: true }]);
      const next = await claimJobs(yard, 1);
      expect(next[0]?.payload).toBe('{"n":3}');
      await settleAll(yard, next, complete());
      expect(await queue.getJobCountByTypes("waiting", "active")).toBe(0);
    }
    expect(await yard.client.zcard(`${yard.prefix}::sessions`)).toBe(0);
  });
});
