/** A server without memory left: producers are told, workers end what they hold, and all goes on when there is some. */

import { claimRequest, newJob } from "@jobyard/core/testing";
import type { Redis } from "ioredis";
import { expect, test } from "vitest";
import {
  adminOf,
  assertEachOnce,
  atWork,
  enqueueAll,
  jobIds,
  openAdapter,
  ownServer,
  QUEUE,
  untilCompleted,
} from "./at-work.ts";
import { outcome, until } from "./links.ts";

const fill = (admin: Redis): Promise<unknown> => admin.config("SET", "maxmemory", "100kb");
const makeRoom = (admin: Redis): Promise<unknown> => admin.config("SET", "maxmemory", "0");

test("enqueues are refused as STORE_FULL, work that is held ends, and the rest is done; room is made by sweeping", {
  timeout: 120_000,
}, async () => {
  const server = await ownServer({ maxmemoryPolicy: "noeviction" });
  const admin = await adminOf(server);
  const adapter = openAdapter({ url: server.url });
  const ids = jobIds(40);
  await enqueueAll(adapter, ids);
  const full = Promise.withResolvers<void>();
  const failed = new Set<string>();
  const { runs, errors } = await atWork(
    { url: server.url },
    {
      lease: "1s",
      handle: async (id) => {
        await full.promise;
        if (Number(id.slice(4)) % 4 > 0 || failed.has(id)) return;
        failed.add(id);
        throw new Error("boom");
      },
    },
  );
  await until("ten are at work", () => runs.size === 10);
  await fill(admin);
  const refused = (): Promise<readonly unknown[]> =>
    Promise.all([
      outcome(adapter.writer.enqueue([newJob("more")])),
      outcome(adapter.operator.pause(QUEUE, { actor: "ada" })),
    ]);
  expect(await refused()).toEqual(["STORE_FULL", "STORE_FULL"]);
  // Longer than the lease: it is renewed.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  full.resolve();
  await untilCompleted(adapter, 40);
  expect(errors).toEqual([]);
  expect(failed.size).toBe(10);
  expect(await refused()).toEqual(["STORE_FULL", "STORE_FULL"]);
  for (const id of ids) {
    const [job] = await adapter.reader.get([{ queue: QUEUE, id }]);
    const boom = { message: expect.stringContaining("boom"), attempt: 1 };
    expect(job).toMatchObject({ state: "completed", rescues: 0, errors: failed.has(id) ? [boom] : [] });
    expect(runs.get(id)).toBe(failed.has(id) ? 2 : 1);
  }
  const keep = { ageMs: null, count: 10, bytes: null };
  expect(await adapter.sweeper.purge({ queue: QUEUE, state: "completed", keep }, 1_000)).toMatchObject({ removed: 30 });

  await makeRoom(admin);
  expect(await adapter.reader.get([{ queue: QUEUE, id: "more" }])).toEqual([null]);
  await enqueueAll(adapter, jobIds(3, 101));
  await untilCompleted(adapter, 13);
  await assertEachOnce(adapter, jobIds(3, 101), runs);
});

test("a lease that is over is rescued on a full server as well, and waiting claims raise no error", async () => {
  const server = await ownServer();
  const admin = await adminOf(server);
  const adapter = openAdapter({ url: server.url });
  await enqueueAll(adapter, jobIds(1));
  const types = [{ name: "step", maxVersion: 1 }];
  const request = claimRequest("t1", { leaseMs: 300, queues: [{ queue: QUEUE, max: 1, types }] });
  expect((await adapter.leaser.claim(request)).jobs).toHaveLength(1);
  await fill(admin);
  expect((await adapter.leaser.claim({ ...request, token: "t2", waitMs: 100 })).jobs).toEqual([]);
  const { runs, errors } = await atWork({ url: server.url });
  await untilCompleted(adapter, 1);
  expect(errors).toEqual([]);
  await assertEachOnce(adapter, jobIds(1), runs);
});
