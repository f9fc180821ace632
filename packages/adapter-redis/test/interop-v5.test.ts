/** Programs with BullMQ 5 as a foreign fleet, within what `fleet: "mixed-v5"` promises. */

import { isQueueError } from "@jobyard/core/adapter";
import { type Processor, Queue as Queue5, Worker as Worker5 } from "bullmq5";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  accepts,
  bury,
  claimJobs,
  complete,
  jobOf,
  newJob,
  openYard,
  QUEUE,
  retry,
  settleAll,
  type Yard,
} from "./bullmq-ground.ts";
import { until } from "./links.ts";

const ADA = { actor: "ada" };

async function openMixed(): Promise<{ readonly yard: Yard; readonly old: Queue5 }> {
  const yard = await openYard("mixed-v5");
  const old = new Queue5(QUEUE, yard.options);
  onTestFinished(() => old.close());
  await old.waitUntilReady();
  return { yard, old };
}

function oldWorker(yard: Yard, process: Processor): void {
  const worker = new Worker5(QUEUE, process, yard.options);
  worker.on("error", () => {});
  onTestFinished(() => worker.close(true));
}

const waitingIds = async ({ client, key }: Yard): Promise<readonly string[]> =>
  (await Promise.all(["wait", "paused"].map((name) => client.lrange(key(name), 0, -1)))).flat().sort();

describe("beside BullMQ 5", () => {
  test("ours runs what it adds, and it reads what became of that", async () => {
    const { yard, old } = await openMixed();
    await old.add("greet", { a: 1 });
    await old.add("greet", {}, { priority: 3 });
    await old.add("greet", {}, { delay: 60_000, attempts: 2, jobId: "later" });
    const first = await claimJobs(yard, 3);
    await (await old.getJob("later"))?.changeDelay(20);
    const jobs = [...first, ...(await claimJobs(yard, 1, { waitMs: 10_000 }))];
    expect(jobs.map(({ lease }) => lease.ref.id)).toEqual(["1", "2", "later"]);
    await settleAll(yard, jobs, ({ lease }) =>
      lease.ref.id === "1" ? complete('{"z":1}') : lease.ref.id === "2" ? bury("no") : retry(60_000),
    );
    expect(await old.getJob("1")).toMatchObject({ returnvalue: { z: 1 }, attemptsMade: 1 });
    expect(await old.getJob("2")).toMatchObject({ failedReason: "no" });
    expect(await (await old.getJob("later"))?.getState()).toBe("delayed");
  });

  test("its workers run what ours adds, and try it again", async () => {
    const { yard, old } = await openMixed();
    let tries = 0;
    oldWorker(yard, async (job) => {
      if (job.name === "flaky" && ++tries < 2) throw new Error("once");
      return "old";
    });
    await accepts(yard, newJob("f", { name: "flaky" }), newJob("urgent", { priority: 2 }));
    await accepts(yard, newJob("later", { start: { delayMs: 60 } }));
    await until("all are done", async () => (await old.getCompletedCount()) === 3);
    expect(await jobOf(yard, "f")).toMatchObject({ state: "completed", attempt: 2, result: '"old"' });
  });

  test("a worker of ours that is gone costs nothing: its check puts the job back", async () => {
    const { yard, old } = await openMixed();
    await accepts(yard, newJob("a"));
    const jobs = await claimJobs(yard, 1, { leaseMs: 100 });
    const worker = new Worker5(QUEUE, async () => "old", { ...yard.options, stalledInterval: 60 });
    worker.on("error", () => {});
    onTestFinished(() => worker.close(true));
    await until("it is done", async () => (await old.getCompletedCount()) === 1);
    expect(await settleAll(yard, jobs, complete())).toEqual([{ ok: false, now: "lost" }]);
  });
});

describe("a queue that BullMQ 5 has paused", () => {
  test("cannot be paused by ours, which says why", async () => {
    const { yard } = await openMixed();
    const refusal = await yard.adapter.operator.pause(QUEUE, ADA).catch((error: unknown) => error);
    expect(isQueueError(refusal, "CAPABILITY_MISSING")).toBe(true);
  });

  for (const before of [0, 2])
    test(`loses nothing that ours adds or gives back, with ${before} jobs that waited`, async () => {
      const { yard, old } = await openMixed();
      await old.add("greet", "running", { jobId: "running" });
      const running = await claimJobs(yard, 1);
      for (let n = 0; n < before; n += 1) await old.add("greet", n, { jobId: `before-${n}` });
      await old.pause();
      await accepts(yard, newJob("ours"));
      await old.add("greet", 1, { jobId: "theirs" });
      await settleAll(yard, running, retry());
      expect(await claimJobs(yard, 5)).toEqual([]);
      const all = ["ours", "running", "theirs", ...Array.from({ length: before }, (_, n) => `before-${n}`)].sort();
      expect(await waitingIds(yard)).toEqual(all);
      await old.resume();
      expect((await claimJobs(yard, 9)).map(({ lease }) => lease.ref.id).sort()).toEqual(all);
    });

  test("lets an operator of ours take a job out of it", async () => {
    const { yard, old } = await openMixed();
    for (const id of ["a", "b", "c", "d"]) await old.add("greet", 1, { jobId: id });
    await old.pause();
    const ref = (id: string) => [{ queue: QUEUE, id }];
    await yard.adapter.operator.apply("cancel", ref("a"), ADA);
    await yard.adapter.operator.apply("remove", ref("b"), ADA);
    await yard.adapter.operator.apply("reprioritise", ref("c"), { ...ADA, priority: 5 });
    expect(await waitingIds(yard)).toEqual(["d"]);
    expect(await jobOf(yard, "c")).toMatchObject({ state: "waiting", priority: 5 });
    await yard.adapter.operator.apply("reprioritise", ref("c"), { ...ADA, priority: 0 });
    expect(await waitingIds(yard)).toEqual(["c", "d"]);
    await old.resume();
    expect((await claimJobs(yard, 9)).map(({ lease }) => lease.ref.id).sort()).toEqual(["c", "d"]);
  });

  test("that BullMQ 6 had paused as well keeps what waits there", async () => {
    const { yard, old } = await openMixed();
    await old.add("greet", 1, { jobId: "before" });
    await yard.queue.pause();
    await accepts(yard, newJob("ours"));
    await old.resume();
    expect((await claimJobs(yard, 9)).map(({ lease }) => lease.ref.id).sort()).toEqual(["before", "ours"]);
  });
});
