/** What a server is not asked for again and again: each of these was once half the cost of a job. */

import type { LeasedJob } from "@jobyard/core/adapter";
import { claimRequest, newJob } from "@jobyard/core/testing";
import { newPrefix, type RedisServer, startRedis } from "@jobyard/servers";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { adminOf, openAdapter } from "./at-work.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

type Adapter = ReturnType<typeof openAdapter>;

/** Commands and how often each was called meanwhile, by scripts and by themselves. */
async function commandsOf(admin: Redis, work: () => Promise<unknown>): Promise<ReadonlyMap<string, number>> {
  await admin.config("RESETSTAT");
  await work();
  const told = (await admin.info("commandstats")).matchAll(/cmdstat_(\w+):calls=(\d+)/g);
  return new Map([...told].map(([, name = "", calls]) => [name, Number(calls)]));
}

const COUNT = 40;

async function enqueued(
  options: Parameters<typeof newJob>[1] = {},
): Promise<{ readonly admin: Redis; readonly adapter: Adapter }> {
  const { url } = server;
  const adapter = openAdapter({ url, prefix: newPrefix(url).prefix });
  const jobs = Array.from({ length: COUNT }, (_, index) => newJob(`j${String(index).padStart(2, "0")}`, options));
  await adapter.writer.enqueue(jobs);
  return { admin: await adminOf({ url }), adapter };
}

async function claimAll({ leaser }: Adapter): Promise<readonly LeasedJob[]> {
  const queues = [{ queue: "mail", max: COUNT, types: [{ name: newJob("x").name, maxVersion: 2 }] }];
  const { jobs } = await leaser.claim(claimRequest("t", { max: COUNT, queues }));
  expect(jobs).toHaveLength(COUNT);
  return jobs;
}

test.each([
  ["as they come", {}],
  ["with options of their own", { version: 2, maxAttempts: 7, tags: ["a"] }],
])("jobs that were never tried are claimed without reading all of them: %s", async (_, options) => {
  const { admin, adapter } = await enqueued(options);
  const commands = await commandsOf(admin, () => claimAll(adapter));
  expect([commands.get("hgetall"), commands.get("hlen")]).toEqual([undefined, COUNT]);
});

test("those that complete in the order of their claim leave the list of active ones together", async () => {
  const { admin, adapter } = await enqueued();
  const jobs = await claimAll(adapter);
  const settlements = jobs.map(({ lease }) => ({
    ...{ lease, guard: "held" as const },
    decision: { move: "complete" as const, result: null },
  }));
  const half = COUNT / 2;
  const together = await commandsOf(admin, () => adapter.leaser.settle(settlements.slice(0, half)));
  expect([together.get("lrem"), together.get("ltrim")]).toEqual([undefined, 1]);
  // Out of order: those that stand at the end have not completed.
  const apart = await commandsOf(admin, () => adapter.leaser.settle(settlements.slice(half + 5)));
  expect([apart.get("lrem"), apart.get("ltrim")]).toEqual([half - 5, undefined]);
});
