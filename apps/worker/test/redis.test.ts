/** What keeps a worker from starting on Redis, said in one line without the password; and what does not end it. */

import { connectRedis, type RedisOptions, startRedis } from "@jobyard/servers";
import { firstUrl } from "@jobyard/servers/vitest";
import { openYard } from "jobyard";
import { expect, onTestFinished, test } from "vitest";
import { expectOutageSurvived } from "./outage.ts";
import { place } from "./worker-process.ts";

const password = "s3cret";

async function ownServer(options: RedisOptions): Promise<string> {
  const own = await startRedis(options);
  onTestFinished(() => own.stop());
  return own.url;
}

test.each([
  [
    "a server that is not there",
    () => firstUrl("redis", { port: "1", password }),
    /^error\[STORE_UNAVAILABLE\]: 127\.0\.0\.1:1\/0: .*Nobody listens there/,
  ],
  [
    "a database that is none",
    () => firstUrl("redis", { pathname: "/4711" }),
    /^error\[STORE_UNAVAILABLE\]: .*Correct the database in the URL/,
  ],
  [
    "a password that is none",
    async () => Object.assign(new URL(await ownServer({ requirepass: "right" })), { password }).href,
    /^error\[STORE_UNAVAILABLE\]: .*Check user and password in the URL/,
  ],
  [
    "a server that deletes jobs when it is full",
    () => ownServer({ requirepass: password, maxmemoryPolicy: "volatile-lru" }),
    /^error\[STORE_UNSAFE\]: .*maxmemory-policy is volatile-lru.*CONFIG SET maxmemory-policy noeviction\. /,
  ],
  [
    "a replica",
    async () => ownServer({ replicaOf: await ownServer({}) }),
    /^error\[STORE_UNAVAILABLE\]: .*the server is a replica/,
  ],
])("%s", async (_what, url, text) => {
  const JOBYARD_URL = await url();
  const { code, err } = await (await place()).worker({ JOBYARD_URL }).finished;
  expect(err).toMatch(text);
  expect(err.split("\n")).toHaveLength(2);
  expect(err).not.toContain(password);
  expect(code).toBe(1);
});

test("a server that is killed and comes back: the same process is not ready, then ready, and works on", async () => {
  await using own = await startRedis({ appendonly: "always" });
  await expectOutageSurvived(own);
});

test("a server that begins to evict gets no more jobs until it does not, and the worker goes on by itself", async () => {
  const url = await ownServer({});
  const admin = await connectRedis(url);
  onTestFinished(() => admin.disconnect());
  const worker = (await place()).worker({ JOBYARD_URL: url, PORT: "0", JOBYARD_LEASE: "1s" });
  const { health } = await worker.logged("worker.startup");
  const readiness = async (): Promise<number> => (await fetch(`${health}/readyz`)).status;
  await admin.config("SET", "maxmemory-policy", "allkeys-lru");
  await admin.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
  await expect.poll(readiness, { timeout: 15_000 }).toBe(503);
  await expect(openYard(url)).rejects.toMatchObject({ code: "STORE_UNSAFE" });
  await admin.config("SET", "maxmemory-policy", "noeviction");
  await expect.poll(readiness, { timeout: 15_000 }).toBe(200);
});

test.each([
  [{ appendonly: "always" }, "ok", "survives a loss of power (AOF, always)"],
  [{ appendonly: "everysec" }, "advice", "The AOF is on disk once a second"],
  [{ lines: ["save 3600 1"] }, "problem", "The server writes snapshots only"],
] as const)("readiness says what the server keeps: %j", async (options, level, text) => {
  const worker = (await place()).worker({ JOBYARD_URL: await ownServer(options), PORT: "0" });
  const { health } = await worker.logged("worker.startup");
  const answer = async (): Promise<unknown> => (await fetch(`${health}/readyz`)).json();
  const fix = level === "ok" ? {} : { fix: expect.any(String) };
  await expect
    .poll(answer, { timeout: 15_000 })
    .toEqual({ status: "ready", durability: { level, text: expect.stringContaining(text), ...fix } });
});
