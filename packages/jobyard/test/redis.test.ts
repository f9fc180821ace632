/** The command line on Redis: nothing has to be made, and what is wrong is said without the password. */

import { connectRedis, type RedisOptions, startRedis } from "@jobyard/servers";
import { firstUrl } from "@jobyard/servers/vitest";
import { describe, expect, onTestFinished, test } from "vitest";
import { documents, expectError, JOBS, place } from "./jobyard.ts";
import { expectNothingLeftByStoppedBench } from "./stopped-bench.ts";

const SECRET = "s3cret";

/** The server's own address, with another part here and there. */
const serverUrl = (change?: Readonly<Partial<URL>>): string => firstUrl("redis", change);

/** A server of the test's own. */
async function ownServer(options: RedisOptions): Promise<string> {
  const server = await startRedis(options);
  onTestFinished(() => server.stop());
  return server.url;
}

/** What the keys of this server begin with, up to the second colon or the end of the braces. */
async function prefixes(): Promise<readonly string[]> {
  const client = await connectRedis(serverUrl());
  const keys = await client.keys("*");
  client.disconnect();
  return [...new Set(keys.map((key) => /^(\{.*?\}|[^:]*)/.exec(key)?.[1] ?? ""))];
}

test("nothing has to be made: migrate says so, and a look leaves nothing", async () => {
  const here = await place({ migrate: false });
  for (const args of [["migrate"], ["migrate", "--check"]])
    expect(await here.ok(...args)).toMatch(/^redis:\/\/127\.0\.0\.1.* is ready: it has no tables, so nothing/);
  expect(await here.json("migrate", "--check")).toMatchObject([{ state: "ready" }]);
  expect(await here.ok("queues")).toBe("There are no queues yet.\n");
  const { searchParams } = new URL(here.url);
  expect(await prefixes()).not.toContain(searchParams.get("prefix"));
  await here.ok("enqueue", "greet", "{}", "--queue", "mail");
  expect(await here.ok("queues")).toMatch(/^mail /m);
});

test("two prefixes on one server know nothing of each other", async () => {
  const [here, there] = [await place(), await place()];
  await here.ok("enqueue", "greet", '{"name":"Ada"}', "--queue", "mail");
  expect(await there.ok("queues")).toBe("There are no queues yet.\n");
  expect(await there.ok("queues", "--url", here.url)).toMatch(/^mail /m);
});

describe("doctor", () => {
  const told = async (url: string): Promise<ReadonlyMap<unknown, Readonly<Record<string, unknown>>>> => {
    const here = await place({ migrate: false });
    const { out } = await here.run("doctor", "--url", url, "--json");
    return new Map(documents("doctor", out).map((one) => [one["code"], one]));
  };

  test("says what the server keeps when it crashes, beside what the URL states", async () => {
    const fleeting = await told(serverUrl());
    expect(fleeting.get("STORE")).toMatchObject({ level: "ok" });
    expect(fleeting.get("REDIS_DURABILITY")).toMatchObject({ level: "advice", evidence: { kept: "none" } });
    const promised = await told(serverUrl({ search: "?durability=power" }));
    expect(promised.get("REDIS_DURABILITY")).toMatchObject({
      level: "problem",
      text: expect.stringContaining("The URL says durability=power"),
      fix: expect.stringContaining("CONFIG SET appendonly yes"),
    });
    const kept = await told(`${await ownServer({ appendonly: "always" })}?durability=power`);
    expect(kept.get("REDIS_DURABILITY")).toMatchObject({ level: "ok", evidence: { appendfsync: "always" } });
  });

  test("says which promises hold for our own processes only", async () => {
    const alone = await told(serverUrl());
    expect(alone.get("REDIS_FLEET")).toMatchObject({ level: "ok", evidence: { fleet: "own", coworkers: "none" } });
    const shared = await told(serverUrl({ search: "?fleet=v6" }));
    expect(shared.get("REDIS_FLEET")).toMatchObject({
      text: expect.stringContaining("hold for our processes only"),
      evidence: { coworkers: "stock" },
    });
  });
});

test("explain says of whom it speaks where others work on the queue", async () => {
  const here = await place();
  const [receipt] = await here.json("enqueue", "greet", "{}", "--queue", "mail");
  const told = async (url: string): Promise<readonly unknown[]> =>
    (await here.json("explain", `mail/${receipt?.["id"]}`, "--url", url)).map(({ code }) => code);
  expect(await told(here.url)).toEqual(["NO_WORKER"]);
  expect(await told(`${here.url}&fleet=v6`)).toEqual(["NO_WORKER", "COWORKERS"]);
});

describe("bench", () => {
  const scratches = async (): Promise<readonly string[]> =>
    (await prefixes()).filter((prefix) => prefix.startsWith("{jobyard-scratch"));

  test("leaves nothing behind, and touches nothing", async () => {
    const here = await place();
    expect(await here.ok("bench", "--time", "30ms")).toMatch(/^redis, durability "none"/);
    expect(await here.ok("queues")).toBe("There are no queues yet.\n");
    expect(await scratches()).toEqual([]);
  });

  test("that is stopped leaves nothing either", async () => {
    const here = await place();
    await expectNothingLeftByStoppedBench(here, scratches);
  });
});

describe("what is wrong", () => {
  const cases: readonly (readonly [
    what: string,
    url: () => Promise<string> | string,
    code: string,
    text: string,
    diagnosis: RegExp,
  ])[] = [
    [
      "a server that is not there",
      () => serverUrl({ port: "1", password: SECRET }),
      "STORE_UNAVAILABLE",
      "127.0.0.1:1/0: ",
      /STORE +STORE_UNAVAILABLE: /,
    ],
    [
      "a database that is none",
      () => serverUrl({ pathname: "/4711" }),
      "STORE_UNAVAILABLE",
      "Correct the database in the URL",
      /STORE +STORE_UNAVAILABLE: /,
    ],
    [
      "a password that is none",
      async () => Object.assign(new URL(await ownServer({ requirepass: "right" })), { password: SECRET }).href,
      "STORE_UNAVAILABLE",
      "Check user and password in the URL",
      /STORE +STORE_UNAVAILABLE: /,
    ],
    [
      "a server that deletes jobs when it is full",
      () => ownServer({ maxmemoryPolicy: "allkeys-lru", requirepass: SECRET }),
      "STORE_UNSAFE",
      "Command, and the same in its configuration: CONFIG SET maxmemory-policy noeviction. ",
      /REDIS_POLICY +maxmemory-policy is allkeys-lru/,
    ],
    [
      "a replica",
      async () => ownServer({ replicaOf: await ownServer({}) }),
      "STORE_UNAVAILABLE",
      "the server is a replica",
      /REDIS_ROLE +The server is a replica/,
    ],
  ];

  test.each(cases)("is said without the password: %s", async (_what, server, code, text, diagnosis) => {
    const here = await place({ migrate: false });
    const url = await server();
    const ran = await Promise.all([
      here.run("queues", "--url", url),
      here.run("migrate", "--url", url),
      here.run("enqueue", "greet", "{}", "--url", url),
      here.run("work", JOBS, "--drain", "--url", url),
    ]);
    for (const finished of ran) expectError(finished, code, 1, text);
    const doctor = await here.run("doctor", "--url", url);
    expect(doctor.code).toBe(1);
    expect(doctor.out).toMatch(/^Problems$/m);
    expect(doctor.out).toMatch(diagnosis);
    const all = [...ran, doctor].flatMap(({ out, err }) => [out, err]).join();
    expect(all).not.toContain(SECRET);
    expect(all).not.toMatch(/^\s+at /m);
  });

  test.each([
    ["?prefx=x", "BAD_URL", 'there is no parameter "prefx"; there are prefix, fleet, '],
    ["?fleet=v4", "BAD_URL", "fleet is own or v6 or mixed-v5"],
    ["?prefix=a::b", "BAD_OPTION", "prefix "],
  ])("with the URL is wrong use: %s", async (search, code, text) => {
    const here = await place({ migrate: false });
    const finished = await here.run("queues", "--url", serverUrl({ password: SECRET, search }));
    expectError(finished, code, 2, text);
    expect(finished.err).not.toContain(SECRET);
  });
});
