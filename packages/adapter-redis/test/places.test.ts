/** Where jobs come to stand, and in which order: what the suite of all adapters leaves to each of them. */

import { claimRequest, newJob } from "@jobyard/core/testing";
import { Worker } from "bullmq";
import { expect, onTestFinished, test } from "vitest";
import { COMPLETE, openYard, refTo, retryIn, type Yard } from "./operate-yard.ts";

/** Of types that the caller knows. */
async function claim({ adapter }: Yard, token: string, ...types: readonly string[]): Promise<readonly string[]> {
  const queues = [{ queue: "mail", max: 10, types: types.map((name) => ({ name, maxVersion: 1 })) }];
  const { jobs } = await adapter.leaser.claim(claimRequest(token, { session: token, queues }));
  return jobs.map(({ lease }) => lease.ref.id);
}

test("a job that is tried again at once stands behind those that wait", async () => {
  const yard = await openYard();
  await yard.add("first", "second", "third");
  await yard.settle((await yard.take())[0], retryIn(0));
  // The list's end is served first.
  expect(await yard.ground.client.lrange(yard.ground.key("mail", "wait"), 0, -1)).toEqual(["first", "third", "second"]);
});

test("jobs that become due in the same millisecond keep their order", async () => {
  const yard = await openYard();
  const start = { delayMs: 5_000 };
  await yard.add({ id: "c", start }, { id: "b", start }, { id: "a", start });
  await yard.ground.advance(5_000);
  expect((await yard.take(3)).map(({ lease }) => lease.ref.id)).toEqual(["c", "b", "a"]);
});

test("a job whose time has come brings none along whose time has not", async () => {
  const yard = await openYard();
  await yard.add({ id: "a", start: { delayMs: 1_000 } }, { id: "b", start: { delayMs: 1_001 } }, "c");
  await yard.ground.advance(1_000);
  expect((await yard.take(3)).map(({ lease }) => lease.ref.id)).toEqual(["c", "a"]);
  await yard.ground.advance(1);
  expect((await yard.take(3)).map(({ lease }) => lease.ref.id)).toEqual(["b"]);
});

test("jobs that nobody knew are put aside, and come back in their places for whoever does", async () => {
  const yard = await openYard();
  await yard.add({ id: "z", name: "other" }, { id: "y", name: "another" }, { id: "x", name: "other" });
  expect(await claim(yard, "stranger", "greet")).toEqual([]);
  expect(await yard.ground.client.llen(yard.ground.key("mail", "wait"))).toBe(0);
  await yard.add({ id: "w", name: "other" });
  expect(await claim(yard, "friend", "other", "another", "greet")).toEqual(["z", "y", "x", "w"]);
  expect(await yard.ground.client.keys(yard.ground.ofQueue("mail", "parked:*"))).toEqual([]);
});

test("of a suspect that may run those are told who wait", async () => {
  const yard = await openYard();
  const { client, own } = yard.ground;
  const ear = client.duplicate();
  onTestFinished(() => ear.disconnect());
  const heard: string[] = [];
  ear.on("message", (_, queue) => heard.push(queue));
  await ear.subscribe(own("wake"));
  await yard.add("suspect");
  const [job] = await yard.take();
  await yard.settle(job, { move: "rescue", to: "waiting", charged: false, heldLimit: 2, delayMs: 0, failure: LOST });
  await expect.poll(() => heard, { timeout: 10_000 }).toContain("mail");
});

const LOST = { code: "LEASE_EXPIRED", message: "worker gone", stack: null } as const;

test("hundreds of settlements in one call are answered one by one", async () => {
  const yard = await openYard();
  const ids = Array.from({ length: 600 }, (_, n) => `job-${n}`);
  await yard.adapter.writer.enqueue(ids.map((id) => newJob(id)));
  const jobs = [...(await yard.take(250)), ...(await yard.take(250)), ...(await yard.take(250))];
  const isStranger = (index: number): boolean => index % 7 === 3;
  const settled = await yard.adapter.leaser.settle(
    jobs.map(({ lease }, index) => ({
      lease: isStranger(index) ? { ...lease, token: "another" } : lease,
      guard: "held",
      decision: index % 5 === 0 ? retryIn(1_000) : COMPLETE,
    })),
  );
  const told = settled.map((one) => (one.ok ? one.state : one.now));
  expect(told).toEqual(
    jobs.map((_, index) => (isStranger(index) ? "lost" : index % 5 === 0 ? "waiting" : "completed")),
  );
  const stored = await yard.adapter.reader.get(jobs.map(({ lease }) => lease.ref));
  const left = stored.map((job) => job?.state);
  expect(left).toEqual(told.map((one) => (one === "lost" ? "active" : one)));
});

test("a job that we cancelled, and that failed elsewhere since, is dead", async () => {
  const yard = await openYard();
  await yard.add("job");
  await yard.move("cancel", "job");
  expect(await yard.job("job")).toMatchObject({ state: "cancelled", reason: "user" });
  await yard.ground.advance(1_000);
  const { client, key, now } = yard.ground;
  const failedAt = await now();
  await client.hset(key("mail", "job"), "finishedOn", failedAt);
  await client.zadd(key("mail", "failed"), failedAt, "job");
  expect(await yard.job("job")).toMatchObject({ state: "dead", reason: null });
  expect(await yard.outcome("requeue", "job")).toBe("done");
  expect(await yard.adapter.reader.get([refTo("job")])).toMatchObject([{ state: "waiting" }]);
});

test("a lease of ours ends nothing that a worker of BullMQ's has begun since", async () => {
  const yard = await openYard();
  const { client, key, prefix, url } = yard.ground;
  const worker = new Worker("mail", null, { connection: { url }, prefix, autorun: false, stalledInterval: 1 });
  onTestFinished(() => worker.close(true));
  await yard.add("job");
  const [ours] = await yard.take();
  if (ours === undefined) throw new Error("it was not claimed");
  await client.del(key("mail", "job:lock"));
  await expect
    .poll(
      async () => {
        await (await worker.getBackend()).moveStalledJobsToWait();
        return yard.stock.getWaitingCount();
      },
      { timeout: 10_000 },
    )
    .toBe(1);
  expect(await worker.getNextJob("theirs")).toMatchObject({ id: "job" });
  const { lease } = ours;
  const { leaser } = yard.adapter;
  for (const decision of [COMPLETE, retryIn(0)])
    expect(await leaser.settle([{ lease, guard: "held", decision }])).toEqual([{ ok: false, now: "lost" }]);
  expect(await leaser.append([{ lease, kind: "progress", data: "1" }])).toEqual([false]);
  expect(await leaser.extend(lease.session, [lease], 30_000)).toMatchObject({ leases: ["lost"] });
  expect(await yard.job("job")).toMatchObject({ state: "active", progress: null });
});

test("a job of BullMQ's that we move has a number from then on, and stands in our indexes", async () => {
  const yard = await openYard();
  const { client, key, ofQueue } = yard.ground;
  const { id = "" } = await yard.stock.add("theirs", { n: 1 });
  expect(await client.hget(key("mail", id), "yn")).toBeNull();
  expect(await yard.outcome("cancel", id)).toBe("done");
  const number = await client.hget(key("mail", id), "yn");
  const entry = `${String(number).padStart(16, "0")}:${id}`;
  expect(Number(number)).toBeGreaterThan(0);
  expect(await client.zrange(ofQueue("mail", "jobs"), "0", "-1")).toEqual([entry]);
  expect(await client.zrange(ofQueue("mail", "cancelled"), "0", "-1")).toEqual([entry]);
});
