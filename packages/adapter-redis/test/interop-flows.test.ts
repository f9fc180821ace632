/** Flows and job schedulers of BullMQ's whose jobs ours takes. */

import { FlowProducer } from "bullmq";
import { describe, expect, onTestFinished, test } from "vitest";
import {
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
  type Yard,
} from "./bullmq-ground.ts";
import { until } from "./links.ts";

const CHILDREN = "children";

function flows(yard: Yard): FlowProducer {
  const producer = new FlowProducer(yard.options);
  onTestFinished(() => producer.close());
  return producer;
}

const child = (data: unknown, opts = {}) => ({ name: "child", queueName: CHILDREN, data, opts });

describe("a flow", () => {
  test("whose children ours completes goes on with the parent, which has their results byte for byte", async () => {
    const yard = await openYard();
    const flow = await flows(yard).add({
      ...{ name: "parent", queueName: QUEUE, data: {}, opts: { priority: 4 } },
      children: [child(1), child(2)],
    });
    expect(await jobOf(yard, flow.job.id)).toMatchObject({ state: "blocked" });
    expect(await claimJobs(yard, 1)).toEqual([]);
    const jobs = await claimJobs(yard, 5, {}, CHILDREN);
    const followUps = [newJob("next")];
    for (const { lease } of jobs)
      expect(
        await yard.adapter.leaser.settle([
          { lease, guard: "held", decision: complete('{"big":12345678901234567890}'), followUps },
        ]),
      ).toMatchObject([{ ok: true, state: "completed", followUps: [{ ref: { id: "next" } }] }]);
    const [parent, next] = await claimJobs(yard, 5);
    expect(next?.lease.ref.id).toBe(flow.job.id);
    expect(parent?.lease.ref.id).toBe("next");
    const results = await yard.client.hvals(yard.key(`${flow.job.id}:processed`));
    expect(results).toEqual(['{"big":12345678901234567890}', '{"big":12345678901234567890}']);
    expect(Object.keys(await flow.job.getChildrenValues())).toHaveLength(2);
    expect(await yard.client.zcard(`${yard.prefix}::sessions`)).toBe(1);
  });

  test("whose child fails in ours fails its parent too, without running it", async () => {
    const yard = await openYard();
    const events = await yard.events();
    const flow = await flows(yard).add({
      ...{ name: "parent", queueName: QUEUE, data: {} },
      children: [child(1, { failParentOnFailure: true, attempts: 2 }), child(2)],
    });
    const failed = flow.job.waitUntilFinished(events, 20_000).catch((error: Error) => error.message);
    const [first] = await claimJobs(yard, 1, {}, CHILDREN);
    if (first === undefined) throw new Error("no child");
    await settleAll(yard, [first], retry());
    const again = (await claimJobs(yard, 5, {}, CHILDREN)).filter(({ attempt }) => attempt === 2);
    expect(await settleAll(yard, again, bury("broken"))).toMatchObject([{ ok: true, state: "dead" }]);
    expect(await claimJobs(yard, 5)).toEqual([]);
    expect(await failed).toMatch(/^child .* failed$/);
    expect(await flow.job.getState()).toBe("failed");
    expect(await jobOf(yard, first.lease.ref.id, CHILDREN)).toMatchObject({
      ...{ state: "dead", attempt: 2 },
      errors: [
        { message: "boom", attempt: 1 },
        { message: "broken", attempt: 2 },
      ],
    });
    expect(await jobOf(yard, flow.job.id)).toMatchObject({ state: "dead", attempt: 1 });
  });

  test("whose child ours cancels while it runs ends it as BullMQ ends a failed one", async () => {
    const yard = await openYard();
    const flow = await flows(yard).add({
      ...{ name: "parent", queueName: QUEUE, data: {} },
      children: [child(1, { ignoreDependencyOnFailure: true })],
    });
    const [running] = await claimJobs(yard, 1, {}, CHILDREN);
    if (running === undefined) throw new Error("no child");
    await yard.adapter.operator.apply("cancel", [running.lease.ref], { actor: "ada" });
    expect(await settleAll(yard, [running], retry())).toMatchObject([{ ok: true, state: "cancelled", reason: "user" }]);
    expect(await jobOf(yard, running.lease.ref.id, CHILDREN)).toMatchObject({ state: "cancelled", reason: "user" });
    expect((await claimJobs(yard, 1))[0]?.lease.ref.id).toBe(flow.job.id);
  });

  test("an old lease ends nothing in it", async () => {
    const yard = await openYard();
    await flows(yard).add({ name: "parent", queueName: QUEUE, data: {}, children: [child(1)] });
    const old = await claimJobs(yard, 1, {}, CHILDREN);
    await settleAll(yard, old, retry());
    expect(await claimJobs(yard, 1, {}, CHILDREN)).toHaveLength(1);
    expect(await settleAll(yard, old, complete())).toEqual([{ ok: false, now: "lost" }]);
    expect(await settleAll(yard, old, bury())).toEqual([{ ok: false, now: "lost" }]);
    expect(await claimJobs(yard, 1)).toEqual([]);
  });

  test("goes on after the server has forgotten all scripts", async () => {
    const yard = await openYard();
    const flow = await flows(yard).add({ name: "parent", queueName: QUEUE, data: {}, children: [child(1), child(2)] });
    for (const round of [1, 2]) {
      const jobs = await claimJobs(yard, 1, {}, CHILDREN);
      if (round === 2) await yard.client.script("FLUSH");
      expect(await settleAll(yard, jobs, complete())).toMatchObject([{ ok: true }]);
    }
    expect((await claimJobs(yard, 1))[0]?.lease.ref.id).toBe(flow.job.id);
  });
});

describe("a job scheduler", () => {
  test("goes on while ours runs its jobs: each once, always one ahead", async () => {
    const yard = await openYard();
    const { queue } = yard;
    await queue.upsertJobScheduler("every", { every: 60 }, { name: "tick", data: { t: 1 } });
    const seen = new Set<string>();
    for (let count = 0; count < 4; count += 1) {
      const jobs = await claimJobs(yard, 1, { waitMs: 5_000 });
      expect(jobs[0]?.payload).toBe('{"t":1}');
      for (const { lease } of jobs) seen.add(lease.ref.id);
      await settleAll(yard, jobs, count === 1 ? retry() : complete());
      if (count === 1) await settleAll(yard, await claimJobs(yard, 1, { waitMs: 5_000 }), complete());
    }
    expect(seen.size).toBeGreaterThanOrEqual(3);
    expect((await queue.getJobSchedulers())[0]?.iterationCount).toBeGreaterThanOrEqual(4);
    expect(await queue.getJobCountByTypes("delayed", "waiting")).toBe(1);
  });

  test("that was removed makes no more; a pattern that is broken does not keep its job from running", async () => {
    const yard = await openYard();
    const { queue, client } = yard;
    await queue.upsertJobScheduler("gone", { every: 50 }, { name: "tick" });
    const [last] = await claimJobs(yard, 1, { waitMs: 5_000 });
    expect(last).toBeDefined();
    await queue.removeJobScheduler("gone");
    await settleAll(yard, last === undefined ? [] : [last], complete());
    await until("nothing is ahead", async () => (await queue.getDelayedCount()) === 0);

    await queue.upsertJobScheduler("cron", { pattern: "0 0 1 1 *" }, { name: "tick" });
    const [ahead] = await queue.getDelayed();
    await client.hset(yard.key(ahead?.id ?? ""), "opts", JSON.stringify({ repeat: { pattern: "never" } }));
    await ahead?.promote();
    const jobs = await claimJobs(yard, 1);
    expect(jobs).toHaveLength(1);
    expect((await eventsOf(yard, jobs[0]?.lease.ref.id)).at(-1)).toMatchObject({
      kind: "log",
      data: expect.stringContaining("No next job of cron"),
    });
  });
});

describe("an operator of ours", () => {
  const ADA = { actor: "ada" };

  test("cancels a child that waits: the flow goes on as after a failure", async () => {
    const yard = await openYard();
    const { operator } = yard.adapter;
    const flow = await flows(yard).add({
      ...{ name: "parent", queueName: QUEUE, data: {} },
      children: [child(1, { ignoreDependencyOnFailure: true, jobId: "c" })],
    });
    const ref = { queue: CHILDREN, id: "c" };
    expect(await operator.apply("cancel", [ref], ADA)).toEqual([{ ref, outcome: "done", state: "cancelled" }]);
    expect(await jobOf(yard, "c", CHILDREN)).toMatchObject({ state: "cancelled", reason: "user", attempt: 0 });
    expect((await eventsOf(yard, "c", CHILDREN)).map(({ kind }) => kind)).toEqual(["enqueue", "cancel"]);
    expect((await claimJobs(yard, 1))[0]?.lease.ref.id).toBe(flow.job.id);
  });

  test("requeues a child that failed: its parent waits for it again", async () => {
    const yard = await openYard();
    const { operator } = yard.adapter;
    await flows(yard).add({ name: "parent", queueName: QUEUE, data: {}, children: [child(1, { jobId: "c" })] });
    await settleAll(yard, await claimJobs(yard, 1, {}, CHILDREN), bury());
    const ref = { queue: CHILDREN, id: "c" };
    const how = { ...ADA, payload: '{"mended":true}' };
    expect(await operator.apply("requeue", [ref], how)).toEqual([{ ref, outcome: "done", state: "waiting" }]);
    expect(await jobOf(yard, "c", CHILDREN)).toMatchObject({
      state: "waiting",
      attempt: 0,
      errors: [{ message: "boom" }],
    });
    expect(await yard.client.zcard(`${yard.prefix}::q:${CHILDREN}:dead`)).toBe(0);
    const again = await claimJobs(yard, 1, {}, CHILDREN);
    expect(again[0]?.payload).toBe('{"mended":true}');
    await settleAll(yard, again, complete());
    expect(await claimJobs(yard, 1)).toHaveLength(1);
  });

  test("removes a child, and the parent waits no more; the next job of a scheduler stays", async () => {
    const yard = await openYard();
    const { operator } = yard.adapter;
    await flows(yard).add({ name: "parent", queueName: QUEUE, data: {}, children: [child(1, { jobId: "c" })] });
    const ref = { queue: CHILDREN, id: "c" };
    expect(await operator.apply("remove", [ref], ADA)).toMatchObject([{ outcome: "done" }]);
    expect(await claimJobs(yard, 1)).toHaveLength(1);
    await yard.queue.upsertJobScheduler("every", { every: 60_000 }, { name: "tick" });
    const [next] = await yard.queue.getJobs(["delayed", "waiting"]);
    const stays = { queue: QUEUE, id: next?.id ?? "" };
    expect(await operator.apply("remove", [stays], ADA)).toMatchObject([{ outcome: "refused" }]);
  });
});
