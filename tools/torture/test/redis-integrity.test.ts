/** Whoever looks through a Redis store finds what is wrong in it, and nothing in one that is well. */

import type { NewJob } from "@jobyard/core/adapter";
import { connectRedis, type RedisServer, startRedis } from "@jobyard/servers";
import type { Redis } from "ioredis";
import { openYard } from "jobyard";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { problemsOf } from "../backends/redis-integrity.ts";

let server: RedisServer;
let client: Redis;
beforeAll(async () => {
  server = await startRedis();
  client = await connectRedis(server.url);
});
afterAll(async () => {
  client.disconnect();
  await server.stop();
});

const FAILURE = { code: "HANDLER_ERROR", message: "boom", stack: null } as const;
const job = (id: string, set: Partial<NewJob> = {}): NewJob => ({
  ...{ queue: "work", id, name: "task", version: 1, payload: '{"of":"any length"}', priority: 0, maxAttempts: 3 },
  ...{ backoff: null, timeoutMs: null, start: { delayMs: 0 }, expiresInMs: null, tags: [], group: null },
  ...{ dedupe: null, onLeaseLost: "retry", parent: null },
  ...set,
});

/** One job in each state: done, dead, again, runs, key, later. */
beforeEach(async () => {
  await client.flushall();
  const yard = await openYard(server.url);
  const { writer, leaser } = yard.adapter;
  await writer.enqueue([job("done"), job("dead"), job("again"), job("runs")]);
  const { jobs } = await leaser.claim({
    ...{ session: "session", token: "token", leaseMs: 60_000, max: 10, waitMs: 0, held: false },
    queues: [{ queue: "work", max: 10, types: [{ name: "task", maxVersion: 1 }] }],
  });
  const decisions = [
    { move: "complete", result: "null" },
    { move: "bury", failure: FAILURE },
    { move: "retry", delayMs: 60_000, failure: FAILURE },
  ] as const;
  await leaser.settle(
    decisions.map((decision, index) => {
      const leased = jobs[index];
      if (leased === undefined) throw new Error("it was not claimed");
      return { lease: leased.lease, guard: "held", decision };
    }),
  );
  await writer.enqueue([
    job("key", { dedupe: { key: "one", while: "open", onConflict: "skip" } }),
    job("later", { start: { delayMs: 60_000 }, expiresInMs: 90_000 }),
  ]);
  await yard.close();
});

test("a store that is well has no problems", async () => {
  expect(await client.zcard("bull::q:work:jobs")).toBe(6);
  expect(await problemsOf(client)).toEqual([]);
});

test.each<readonly [string, (client: Redis) => Promise<unknown>, readonly string[]]>([
  ["a job stands nowhere", (redis) => redis.lrem("bull:work:wait", 1, "key"), ["work/key: stands nowhere"]],
  [
    "a job stands in two places",
    (redis) => redis.rpush("bull:work:wait", "runs"),
    ["work/runs: stands in wait and active"],
  ],
  [
    "no job stands somewhere",
    (redis) => redis.zadd("bull:work:completed", 1, "ghost"),
    ["work/ghost: stands in completed and is no job"],
  ],
  ["a lock stayed", (redis) => redis.set("bull:work:done:lock", "token"), ["work/done: has a lock and is not active"]],
  [
    "events stayed of a job that is gone",
    (redis) => redis.rpush("bull:work:ghost:jyev", "1"),
    ["work/ghost: ghost:jyev belongs to no job"],
  ],
  ["an index forgot a job", (redis) => redis.del("bull::q:work:dead"), ["work/dead: is missing in dead"]],
  [
    "an index has one too many",
    (redis) => redis.zadd("bull::q:work:retrying", 1, "done"),
    ["work/done: stands in retrying and should not"],
  ],
  [
    "what is to expire is not looked for",
    (redis) => redis.del("bull::q:work:expiring"),
    ["work/later: is missing in expiring"],
  ],
  [
    "bytes are counted wrongly",
    (redis) => redis.hincrby("bull::q:work:bytes", "completed", 1),
    ["work: 24 bytes of completed are counted, and 23 are there"],
  ],
  [
    "a key is held for nobody",
    (redis) => redis.set("bull:work:de:two", "key"),
    ["work/key: is said to hold the key two"],
  ],
  [
    "a session has a lease that is none",
    (redis) => redis.sadd("bull::session:session", "work:done"),
    ["work:done is a lease of session, which does not have it"],
  ],
  [
    "a session lost its lease",
    (redis) => redis.del("bull::session:session"),
    ["work:runs is active in session, which has no such lease", "session is one of sessions and has no lease"],
  ],
])("%s", async (_, breakIt, problems) => {
  await breakIt(client);
  expect(await problemsOf(client)).toEqual(problems);
});
