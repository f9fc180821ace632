/** Leases that another program ended, or a job that it moved, behind our back: nobody else pays for it. */

import type { Decision, Lease, LeasedJob } from "@jobyard/core/adapter";
import { FlowProducer } from "bullmq";
import { expect, onTestFinished, test } from "vitest";
import {
  accepts,
  bury,
  claimJobs,
  complete,
  failure,
  newJob,
  openYard,
  QUEUE,
  settleAll,
  type Yard,
} from "./bullmq-ground.ts";
import { until } from "./links.ts";

/** BullMQ's check puts a job back whose lock ran out; nobody takes it. */
async function putBackByStock(yard: Yard, id: string): Promise<void> {
  await yard.client.del(yard.key(`${id}:lock`));
  const worker = yard.worker(null, { stalledInterval: 20 });
  await worker.waitUntilReady();
  await until("BullMQ has put it back", async () => {
    await (worker as unknown as { moveStalledJobsToWait(): Promise<void> }).moveStalledJobsToWait();
    return (await yard.queue.getWaitingCount()) === 1;
  });
}

const idsOf = (jobs: readonly LeasedJob[]): readonly string[] => jobs.map(({ lease }) => lease.ref.id);
const leasesOf = (jobs: readonly LeasedJob[]): readonly Lease[] => jobs.map(({ lease }) => lease);
const held = (heldLimit: number): Decision => ({
  ...{ move: "rescue", to: "waiting", charged: false, heldLimit, delayMs: 0 },
  failure: failure("gone"),
});

test("a session that is over does not take the lease of another along that has the job by now", async () => {
  const yard = await openYard();
  await accepts(yard, newJob("a"));
  await claimJobs(yard, 1, { session: "first", leaseMs: 300 });
  await putBackByStock(yard, "a");
  const jobs = await claimJobs(yard, 1, { session: "second", leaseMs: 60_000 });
  expect(idsOf(jobs)).toEqual(["a"]);
  const over = async (): Promise<boolean> =>
    Number(await yard.client.zscore(`${yard.prefix}::sessions`, "first")) <= (await yard.adapter.reader.now());
  await until("the first is over", over);
  expect(await yard.adapter.leaser.expired(10)).toEqual([]);
  expect(await settleAll(yard, jobs, complete())).toMatchObject([{ ok: true }]);
});

test.each(["extended", "settled"])(
  "a lease that was lost is no job that its session holds, once it was %s",
  async (how) => {
    const yard = await openYard();
    await accepts(yard, newJob("a"));
    const lost = await claimJobs(yard, 1, { session: "mine" });
    await putBackByStock(yard, "a");
    if (how === "settled") expect(await settleAll(yard, lost, complete())).toEqual([{ ok: false, now: "lost" }]);
    else expect((await yard.adapter.leaser.extend("mine", leasesOf(lost), 30_000)).leases).toEqual(["lost"]);
    expect(await yard.client.exists(`${yard.prefix}::session:mine`)).toBe(0);
    // It may be alone, and may take what nobody may take beside anything else.
    const again = await claimJobs(yard, 1, { session: "mine" });
    await settleAll(yard, again, held(1));
    expect(idsOf(await claimJobs(yard, 1, { session: "mine", held: true }))).toEqual(["a"]);
  },
);

test("a late answer about a lost lease leaves the same session what it has claimed since", async () => {
  const yard = await openYard();
  await accepts(yard, newJob("a"));
  const lost = await claimJobs(yard, 1, { session: "mine" });
  await putBackByStock(yard, "a");
  const jobs = await claimJobs(yard, 1, { session: "mine", leaseMs: 200 });
  expect(await settleAll(yard, lost, bury())).toEqual([{ ok: false, now: "lost" }]);
  expect((await yard.adapter.leaser.extend("mine", leasesOf(lost), 200)).leases).toEqual(["lost"]);
  await until("it is over", async () => (await yard.adapter.leaser.expired(10)).length === 1);
  const [over] = await yard.adapter.leaser.expired(10);
  expect(over?.jobs.map(({ lease }) => lease)).toEqual(leasesOf(jobs));
});

test("a held job that BullMQ's tools have promoted is run once", async () => {
  const yard = await openYard();
  await accepts(yard, newJob("a"));
  await settleAll(yard, await claimJobs(yard, 1), held(1));
  await (await yard.queue.getJob("a"))?.promote();
  expect(idsOf(await claimJobs(yard, 1, { session: "w2" }))).toEqual(["a"]);
  expect(await claimJobs(yard, 1, { session: "w3", held: true })).toEqual([]);
  expect(await yard.client.lrange(yard.key("active"), 0, -1)).toEqual(["a"]);
});

test("a parked job that BullMQ's tools have promoted is run once", async () => {
  const yard = await openYard("own");
  const { leaser } = yard.adapter;
  await accepts(yard, newJob("a", { name: "rare" }));
  expect(await claimJobs(yard, 1)).toEqual([]);
  await (await yard.queue.getJob("a"))?.promote();
  const asking = (token: string) =>
    leaser.claim({
      ...{ session: token, token, leaseMs: 30_000, max: 5, waitMs: 0, held: false },
      queues: [{ queue: QUEUE, max: 5, types: [{ name: "rare", maxVersion: 1 }] }],
    });
  expect(idsOf([...(await asking("t1")).jobs, ...(await asking("t2")).jobs])).toEqual(["a"]);
});

test("what is left for others is told them, also by one who took what there was for him", async () => {
  for (const fleet of ["own", "v6"] as const) {
    const yard = await openYard(fleet);
    await accepts(yard, newJob("a"), newJob("b", { name: "rare" }));
    await yard.client.del(yard.key("marker"));
    expect(idsOf(await claimJobs(yard, 1))).toEqual(["a"]);
    expect(await yard.client.zcard(yard.key("marker"))).toBe(1);
  }
});

test("retention counts the errors of a job that was requeued and completed", async () => {
  const yard = await openYard("own");
  await accepts(yard, newJob("a"));
  await settleAll(yard, await claimJobs(yard, 1), bury());
  await yard.adapter.operator.apply("requeue", [{ queue: QUEUE, id: "a" }], { actor: "me" });
  await settleAll(yard, await claimJobs(yard, 1), complete());
  const bytes = await yard.client.hget(`${yard.prefix}::q:${QUEUE}:bytes`, "completed");
  await yard.adapter.operator.apply("remove", [{ queue: QUEUE, id: "a" }], { actor: "me" });
  expect(Number(bytes)).toBeGreaterThan(100);
  expect(Number(await yard.client.hget(`${yard.prefix}::q:${QUEUE}:bytes`, "completed"))).toBe(0);
});

test("what only BullMQ's scripts remove is not counted: they would not take it off", async () => {
  const yard = await openYard();
  const flows = new FlowProducer(yard.options);
  onTestFinished(() => flows.close());
  const children = ["dead", "done"].map((jobId) => ({ name: "child", queueName: QUEUE, opts: { jobId } }));
  await flows.add({ name: "parent", queueName: "other", children });
  const jobs = await claimJobs(yard, 2);
  const entries = jobs.map(({ lease }) => ({ lease, kind: "progress", data: "1" }));
  expect(await yard.adapter.leaser.append(entries)).toEqual([true, true]);
  await settleAll(yard, jobs, ({ lease }) => (lease.ref.id === "dead" ? bury() : complete()));
  const refs = jobs.map(({ lease }) => lease.ref);
  const removed = await yard.adapter.operator.apply("remove", refs, { actor: "me" });
  expect(removed.map(({ outcome }) => outcome)).toEqual(["done", "done"]);
  expect(await yard.client.hgetall(`${yard.prefix}::q:${QUEUE}:bytes`)).toEqual({});
});
