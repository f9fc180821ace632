/** What `examine` finds on servers that somebody set up badly, and that it finds nothing on one that is well. */

import type { Diagnosis } from "@jobyard/core/adapter";
import { connectRedis, type RedisServer, startRedis, startRedisCluster } from "@jobyard/servers";
import { Queue, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { newConnections } from "../src/connections.ts";
import { checkPauses, checkPersistence, judge } from "../src/examine/durability.ts";
import { examine } from "../src/examine/examine.ts";
import { checkBullMQ, checkHearing } from "../src/examine/fleet.ts";
import { checkDangling } from "../src/examine/jobs.ts";
import { checkClients, checkMemory } from "../src/examine/room.ts";
import { checkEvictions, checkPolicy, checkRole, checkVersion } from "../src/examine/server.ts";
import { redisAdapter } from "../src/index.ts";
import { parseInfo } from "../src/info.ts";
import { checkedOptions, type RedisOptions } from "../src/options.ts";
import { until } from "./links.ts";

let server: RedisServer;

beforeAll(async () => {
  server = await startRedis({ appendonly: "always" });
});
afterAll(() => server.stop());

async function examined(options: RedisOptions): Promise<readonly Diagnosis[]> {
  const checked = checkedOptions(options);
  const listening = { channels: ["hints"].map((name) => `${checked.prefix}::${name}`), onMessage: () => {} };
  const { calls, subscriber, close } = newConnections(checked, { ...listening, onHearing: () => {} });
  try {
    return await examine({
      ...checked,
      run: (look) => calls.run("only looks", look),
      now: () => Date.now(),
      hearing: await subscriber.tried(),
      deafness: subscriber.reason,
      dangling: async () => ({ jobs: 0, all: true }),
    });
  } finally {
    await close();
  }
}

async function told(options: RedisOptions, code: string): Promise<Diagnosis> {
  const found = (await examined(options)).find((one) => one.code === code);
  if (!found) throw new Error(`nothing is told of ${code}`);
  return found;
}

const problems = async (options: RedisOptions): Promise<readonly string[]> =>
  (await examined(options)).filter(({ level }) => level === "problem").map(({ code }) => code);

const own = async (options: Parameters<typeof startRedis>[0] = {}): Promise<RedisServer> => {
  const started = await startRedis({ appendonly: "always", ...options });
  onTestFinished(async () => {
    // In good order it does not end while it writes its first AOF.
    await started.crash();
    await started.stop();
  });
  return started;
};

async function admin(url: string = server.url): Promise<Redis> {
  const client = await connectRedis(url);
  onTestFinished(() => client.disconnect());
  return client;
}

/** Does what a fix says. */
async function mend(client: Redis, fix: string | undefined): Promise<void> {
  const commands = (fix ?? "").match(/(?:CONFIG|ACL) [A-Z]+[^;,.]*/g) ?? [];
  for (const command of commands) await client.call(...(command.trim().split(" ") as [string, ...string[]]));
}

test("on a server that is well every question gets its answer, and nothing has to be done", async () => {
  const all = await examined({ url: server.url, durability: "power" });
  expect(all.filter(({ level }) => level !== "ok")).toEqual([]);
  expect(all.map(({ code }) => code)).toEqual([
    ...["REDIS_VERSION", "REDIS_ROLE", "REDIS_PREFIX", "REDIS_DURABILITY", "REDIS_PERSISTENCE", "REDIS_POLICY"],
    ...["REDIS_EVICTIONS", "REDIS_MEMORY", "REDIS_CLIENTS", "REDIS_PAUSES", "REDIS_HEARING", "REDIS_BULLMQ"],
    ...["REDIS_FLEET", "REDIS_CLOCK", "REDIS_DANGLING"],
  ]);
  expect(all.every(({ fix }) => fix === undefined)).toBe(true);
  expect(await (await admin()).dbsize()).toBe(0);
});

test("a server that does not answer is no finding", async () => {
  await expect(examined({ url: "redis://127.0.0.1:1" })).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  const { href } = new URL("/99", server.url);
  await expect(examined({ url: href })).rejects.toThrow(/DB index is out of range/);
});

describe("a server that is refused is examined all the same", () => {
  test("because it may delete jobs; it is well after what is told", async () => {
    const evicting = await own({ maxmemoryPolicy: "volatile-lru" });
    expect(await problems({ url: evicting.url })).toEqual(["REDIS_POLICY"]);
    await mend(await admin(evicting.url), (await told({ url: evicting.url }, "REDIS_POLICY")).fix);
    expect(await problems({ url: evicting.url })).toEqual([]);
  });

  test("because it is a replica", async () => {
    const primary = await own();
    const replica = await own({ replicaOf: primary.url });
    expect(await problems({ url: replica.url })).toEqual(["REDIS_ROLE"]);
    expect(await told({ url: primary.url }, "REDIS_ROLE")).toMatchObject({ level: "ok", text: /1 replicas/ });
  });

  test("because it is one node of a cluster; by all of them it is well", async () => {
    const cluster = await startRedisCluster({ appendonly: "always" });
    onTestFinished(() => cluster.stop());
    const [node] = cluster.nodes;
    if (!node) throw new Error("no node");
    expect(await problems({ url: node.url, prefix: "{bull}" })).toEqual(["REDIS_PREFIX"]);
    const url = `redis+cluster://${cluster.nodes.map(({ port }) => `127.0.0.1:${port}`).join(",")}?prefix={bull}`;
    const all = await examined({ url });
    expect(all.filter(({ level }) => level !== "ok")).toEqual([]);
    expect(all.find(({ code }) => code === "REDIS_PREFIX")).toMatchObject({ evidence: { cluster: true, state: "ok" } });
  });
});

describe("what is deleted to make room", () => {
  test("is told, also when it is deleted no more", async () => {
    const full = await own({ maxmemory: 3_000_000, maxmemoryPolicy: "allkeys-random" });
    const client = await admin(full.url);
    await until("something was deleted", async () => {
      await Promise.all(Array.from({ length: 50 }, () => client.set(`key:${Math.random()}`, "x".repeat(10_000))));
      return /evicted_keys:[1-9]/.test(await client.info("stats"));
    });
    expect(await problems({ url: full.url })).toEqual(expect.arrayContaining(["REDIS_POLICY", "REDIS_EVICTIONS"]));
    await mend(client, (await told({ url: full.url }, "REDIS_EVICTIONS")).fix);
    expect(await problems({ url: full.url })).not.toContain("REDIS_EVICTIONS");
  });
});

describe("durability", () => {
  test.each([
    ["power", { appendonly: true, appendfsync: "always", save: "" }, "ok"],
    ["crash", { appendonly: true, appendfsync: "everysec", save: "" }, "advice"],
    ["crash", { appendonly: true, appendfsync: "no", save: "" }, "advice"],
    ["crash", { appendonly: true, appendfsync: null, save: null }, "advice"],
    ["none", { appendonly: false, appendfsync: "always", save: "3600 1" }, "problem"],
    ["none", { appendonly: false, appendfsync: "always", save: "" }, "advice"],
  ])("is %s with %o", (kept, writing, level) => {
    expect(judge(writing)).toMatchObject({ kept, level });
  });

  test("is what the server says, compared with what was stated, and mended by what is told", async () => {
    const lax = await own({ appendonly: "no" });
    const client = await admin(lax.url);
    const { url } = lax;
    expect(await told({ url }, "REDIS_DURABILITY")).toMatchObject({ level: "advice", evidence: { kept: "none" } });
    await client.config("SET", "save", "3600 1");
    expect(await told({ url }, "REDIS_DURABILITY")).toMatchObject({ level: "problem", text: /snapshots only/ });
    await client.config("SET", "appendonly", "yes");
    expect(await told({ url }, "REDIS_DURABILITY")).toMatchObject({ level: "advice", text: /once a second/ });
    expect(await told({ url, durability: "crash" }, "REDIS_DURABILITY")).toMatchObject({ level: "ok" });
    const found = await told({ url, durability: "power" }, "REDIS_DURABILITY");
    expect(found).toMatchObject({ level: "problem", text: /durability=power/, evidence: { stated: "power" } });
    await mend(client, found.fix);
    expect(await told({ url, durability: "power" }, "REDIS_DURABILITY")).toMatchObject({ level: "ok" });
  });
});

describe("a fleet", () => {
  test("of programs with BullMQ that nobody has spoken of is found by its workers and by its queues", async () => {
    const { url } = await own();
    const client = await admin(url);
    const { hostname: host, port } = new URL(url);
    const connection = { host, port: Number(port), maxRetriesPerRequest: null };
    await client.sadd("bull::queues", "mails");
    expect(await told({ url }, "REDIS_FLEET")).toMatchObject({ level: "ok", evidence: { coworkers: "none" } });
    const worker = new Worker("mails", async () => {}, { connection });
    onTestFinished(() => worker.close());
    await worker.waitUntilReady();
    await until("it is connected", async () => /name=bull:/.test(String(await client.client("LIST"))));
    expect(await told({ url }, "REDIS_FLEET")).toMatchObject({ level: "problem", text: /mails/, fix: /fleet=v6/ });
    expect(await told({ url, fleet: "v6" }, "REDIS_FLEET")).toMatchObject({
      ...{ level: "ok", evidence: { coworkers: "stock", workers: 1 } },
    });
    await client.hset("bull:mails:meta", "version", "bullmq:5.81.0");
    expect(await told({ url, fleet: "v6" }, "REDIS_FLEET")).toMatchObject({ level: "problem", fix: /mixed-v5/ });
    expect(await told({ url, fleet: "mixed-v5" }, "REDIS_FLEET")).toMatchObject({
      level: "ok",
      text: /cannot be paused/,
    });
    const queue = new Queue("mails", { connection });
    onTestFinished(() => queue.close());
    await until("it has left its version", async () =>
      /^bullmq:6/.test((await client.hget("bull:mails:meta", "version")) ?? ""),
    );
    expect(await told({ url, fleet: "v6" }, "REDIS_FLEET")).toMatchObject({ level: "ok" });
  });

  test("a BullMQ whose layout nobody tested is advice", async () => {
    const unknown = { version: "6.9.0", tested: false };
    expect(await checkBullMQ({ fleet: "own" }, unknown)).toMatchObject({ level: "advice", text: /6\.9\.0/ });
    expect(await checkBullMQ({ fleet: "v6" }, unknown)).toMatchObject({ level: "problem", text: /6\.9\.0/ });
  });
});

describe("a user", () => {
  test("who may not look is told what could not be looked at, and no more", async () => {
    const client = await admin();
    await client.call("ACL", "SETUSER", "narrow", "on", ">narrow", "~*", "&*", "+@all", "-info", "-config", "-client");
    const all = await examined({ url: server.url.replace("//", "//narrow:narrow@") });
    expect(all.filter(({ level }) => level === "problem")).toEqual([]);
    expect(all.find(({ code }) => code === "REDIS_POLICY")).toMatchObject({
      level: "advice",
      text: /could not be looked at/,
    });
  });

  test("who may only read is told all that can be read, and what could not be looked at", async () => {
    const client = await admin();
    const rules = ["~bull:*", "&bull::*", "-@all", "+@read", "+@connection", "+time", "+subscribe"];
    await client.call("ACL", "SETUSER", "reader", "on", ">reader", ...rules);
    const adapter = redisAdapter({ url: server.url.replace("//", "//reader:reader@") });
    onTestFinished(() => adapter.close());
    const unseen = (all: readonly Diagnosis[]): readonly string[] =>
      all.filter(({ text }) => text.startsWith("This could not be looked at: NOPERM")).map(({ code }) => code);
    const before = await adapter.examine();
    expect(before.filter(({ level }) => level === "problem")).toEqual([]);
    expect(before.flatMap(({ code }) => (unseen(before).includes(code) ? [] : code))).toEqual([
      ...["REDIS_HEARING", "REDIS_BULLMQ", "REDIS_FLEET", "REDIS_CLOCK"],
    ]);
    await client.call("ACL", "SETUSER", "reader", "+info", "+eval", "+evalsha");
    expect(unseen(await adapter.examine())).toEqual([]);
  });

  test("who may not use our channels has them by what is told", async () => {
    const client = await admin();
    await client.call("ACL", "SETUSER", "mute", "on", ">mute", "~*", "resetchannels", "+@all");
    const options = { url: server.url.replace("//", "//mute:mute@") };
    const found = await told(options, "REDIS_HEARING");
    expect(found).toMatchObject({ level: "problem", fix: /^ACL SETUSER <user>/ });
    await client.call(...((found.fix ?? "").replace("<user>", "mute").split(" ") as [string, ...string[]]));
    expect(await told(options, "REDIS_HEARING")).toMatchObject({ level: "ok" });
  });
});

test("jobs from the future mean that a clock was set back", async () => {
  const { url } = await own();
  const client = await admin(url);
  await client.sadd("bull::queues", "mails");
  await client.zadd("bull::q:mails:jobs", Date.now(), "0000000000000001:a");
  expect(await told({ url }, "REDIS_CLOCK")).toMatchObject({ level: "ok" });
  await client.zadd("bull::q:mails:jobs", Date.now() + 7_200_000, "0000000000000002:b");
  expect(await told({ url }, "REDIS_CLOCK")).toMatchObject({ level: "problem", text: /1\d\d min in the future/ });
});

test("a key of ours that holds something else is a problem", async () => {
  const { url } = await own();
  await (await admin(url)).set("bull::queues", "mine");
  expect(await problems({ url })).toEqual(["REDIS_FLEET", "REDIS_CLOCK"]);
});

test("what is left of jobs that others deleted is counted", async () => {
  const client = await admin();
  const dangling = async (): Promise<{ jobs: number; all: boolean }> => ({ jobs: 3, all: false });
  expect(await checkDangling({ client, dangling })).toMatchObject({ level: "ok", text: /^At least 3 jobs/ });
});

describe("what a server says of itself", () => {
  const WELL =
    "redis_version:7.0.15\r\nrole:master\r\nmaxmemory_policy:noeviction\r\nused_memory:1000000\r\nmaxmemory:100000000\r\nconnected_clients:5\r\nmaxclients:100\r\n";
  const info = (more: string): ReturnType<typeof parseInfo> => parseInfo(`# Server\r\n${WELL}${more}\r\n`);

  test.each([
    ["problem", checkVersion, "redis_version:6.0.16"],
    ["ok", checkVersion, "redis_version:6.2.0"],
    ["ok", checkVersion, "redis_version:10.0.0"],
    ["ok", checkVersion, "redis_version:5.0.0\r\nvalkey_version:7.2.5"],
    ["problem", checkRole, "role:slave\r\nmaster_host:db\r\nmaster_link_status:down"],
    ["problem", checkPolicy, "maxmemory_policy:allkeys-lfu"],
    ["problem", checkEvictions, "evicted_keys:1"],
    ["ok", checkMemory, ""],
    ["advice", checkMemory, "used_memory:81000000"],
    ["problem", checkMemory, "used_memory:96000000"],
    ["advice", checkMemory, "used_memory:81000000\r\nmaxmemory:0\r\ntotal_system_memory:100000000"],
    ["ok", checkMemory, "maxmemory:0"],
    ["problem", checkPersistence, "aof_last_write_status:err"],
    ["problem", checkPersistence, "rdb_last_bgsave_status:err"],
    ["advice", checkPauses, "latest_fork_usec:700000"],
    ["advice", checkPauses, "aof_delayed_fsync:3"],
  ] as const)("%s: %o %s", async (level, check, more) => {
    const found = await check({ info: info(more) });
    expect(found).toMatchObject({ level });
    expect(found.fix === undefined).toBe(level === "ok");
  });

  test.each([
    ["ok", 5],
    ["advice", 80],
    ["problem", 96],
  ])("%s with %d of 100 clients", async (level, clients) => {
    expect(await checkClients({ server: await admin(), info: info(`connected_clients:${clients}`) })).toMatchObject({
      level,
    });
  });
});

test("all that is seen of a connection that does not listen is why", async () => {
  const sight = { hearing: "connecting", deafness: new Error("connect ECONNREFUSED"), prefix: "bull" } as const;
  expect(await checkHearing(sight as never)).toMatchObject({ level: "advice", text: /ECONNREFUSED/ });
});
