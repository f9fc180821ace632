/** Connections that are cut when the server has done what it was asked for, and its answer is still on the way. */

import type { Decision } from "@jobyard/core/adapter";
import { claimRequest, newJob } from "@jobyard/core/testing";
import { newPrefix, startProxy, type TcpProxy } from "@jobyard/servers";
import { urlOf } from "@jobyard/servers/vitest";
import type { Redis } from "ioredis";
import { expect, inject, onTestFinished, test } from "vitest";
import { adminOf, assertEachOnce, atWork, enqueueAll, jobIds, openAdapter, QUEUE, untilCompleted } from "./at-work.ts";
import { outcome, until } from "./links.ts";

interface Road {
  readonly proxy: TcpProxy;
  /** Through the proxy. */
  readonly slow: { readonly url: string; readonly prefix: string };
  readonly direct: { readonly url: string; readonly prefix: string };
  readonly admin: Redis;
  /** How many jobs are active, as BullMQ would say. */
  active(): Promise<number>;
}

async function road(): Promise<Road> {
  const [server] = inject("redis");
  if (server === undefined) throw new Error("no Redis was provided");
  const url = urlOf(server);
  const { prefix, remove } = newPrefix(url);
  onTestFinished(remove);
  const proxy = await startProxy({ to: url });
  onTestFinished(() => proxy.stop());
  const admin = await adminOf({ url });
  const active = (): Promise<number> => admin.llen(`${prefix}:${QUEUE}:active`);
  return { proxy, slow: { url: proxy.url, prefix }, direct: { url, prefix }, admin, active };
}

const RESCUE: Decision = {
  ...{ move: "rescue", to: "waiting", charged: true, heldLimit: null, delayMs: 0 },
  failure: { code: "LEASE_EXPIRED", message: "gone", stack: null },
};

test("a claim whose answer is lost fails, is not made again, and its jobs come back by rescue, once", async () => {
  const { proxy, slow, direct, active } = await road();
  const [here, there] = [openAdapter(direct), openAdapter(slow)];
  await here.writer.enqueue(["a", "b", "c"].map((id) => newJob(id)));
  expect((await there.reader.get([{ queue: QUEUE, id: "a" }])).length).toBe(1);
  proxy.setLatency(400);
  const claim = outcome(there.leaser.claim(claimRequest("lost", { session: "w1", max: 2, leaseMs: 300 })));
  await until("the server has given the jobs out", async () => (await active()) === 2);
  expect(proxy.cut()).toBeGreaterThan(0);
  proxy.setLatency(0);
  expect(await claim).toBe("STORE_UNAVAILABLE");
  // The driver has its connection again, and has sent nothing on it that it was not told to.
  expect((await there.reader.get([{ queue: QUEUE, id: "a" }])).length).toBe(1);
  expect(await active()).toBe(2);
  const second = await there.leaser.claim(claimRequest("second", { session: "w2" }));
  expect(second.jobs.map(({ lease }) => lease.ref.id)).toEqual(["c"]);
  await until("the lost lease is over", async () => (await here.leaser.expired(10)).length === 1);
  const [gone] = await here.leaser.expired(10);
  const settled = await here.leaser.settle(
    (gone?.jobs ?? []).map(({ lease }) => ({ lease, guard: "expired", decision: RESCUE })),
  );
  expect(settled).toMatchObject([
    { ok: true, state: "waiting" },
    { ok: true, state: "waiting" },
  ]);
  const third = await there.leaser.claim(claimRequest("third", { session: "w2" }));
  expect(third.jobs.map(({ lease, attempt }) => [lease.ref.id, lease.epoch, attempt])).toEqual([
    ["a", 1, 2],
    ["b", 1, 2],
  ]);
  const late = (gone?.jobs ?? []).map(({ lease }) => ({
    ...{ lease, guard: "held" as const },
    decision: { move: "complete" as const, result: null },
  }));
  expect(await there.leaser.settle(late)).toEqual([
    { ok: false, now: "lost" },
    { ok: false, now: "lost" },
  ]);
});

test("an enqueue whose answer is lost fails; asked again by its id it is the same job", async () => {
  const { proxy, slow, direct, admin } = await road();
  const [here, there] = [openAdapter(direct), openAdapter(slow)];
  await there.reader.queues();
  proxy.setLatency(400);
  const lost = outcome(there.writer.enqueue([newJob("a")]));
  await until("it is kept", async () => (await admin.exists(`${direct.prefix}:${QUEUE}:a`)) === 1);
  proxy.cut();
  proxy.setLatency(0);
  expect(await lost).toBe("STORE_UNAVAILABLE");
  expect(await there.writer.enqueue([newJob("a")])).toMatchObject([{ outcome: "duplicate", by: "id" }]);
  expect((await here.leaser.claim(claimRequest("t"))).jobs).toHaveLength(1);
});

test("a worker whose claim was lost gives the jobs back itself: each is begun once", async () => {
  const { proxy, slow, direct, active } = await road();
  const here = openAdapter(direct);
  const { runs, errors } = await atWork(slow, { lease: "60s" });
  await until("it asks", () => proxy.connections.length > 1);
  proxy.setLatency(400);
  await enqueueAll(here, jobIds(20));
  await until("the server has given jobs out", async () => (await active()) > 0);
  proxy.cut();
  proxy.setLatency(0);
  await untilCompleted(here, 20);
  expect(errors.length).toBeGreaterThan(0);
  await assertEachOnce(here, jobIds(20), runs);
  // Its leases last for a minute: what came back did not wait for a rescue.
  expect([...runs.values()].every((times) => times === 1)).toBe(true);
});

test("cuts at any moment of the work: claims, completions and heartbeats", { timeout: 120_000 }, async () => {
  const { proxy, slow, direct } = await road();
  const here = openAdapter(direct);
  proxy.setLatency(5);
  const handle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));
  await enqueueAll(here, jobIds(400));
  const { runs } = await atWork(slow, { handle });
  let cuts = 0;
  for (let begun = 10; begun <= 200; begun += 10) {
    await until("some more have begun", () => runs.size >= begun);
    await new Promise((resolve) => setTimeout(resolve, 30 * Math.random()));
    cuts += proxy.cut();
  }
  await untilCompleted(here, 400);
  expect(cuts).toBeGreaterThan(5);
  await assertEachOnce(here, jobIds(400), runs);
});
