/** Scripts of ours and BullMQ's own classes on one connection. */

import { newJob } from "@jobyard/core/testing";
import { connectRedis, type RedisServer, startRedis } from "@jobyard/servers";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { installedBullMQ, isTested, Queues, type RunnableScript, scriptRunner } from "../src/bullmq.ts";
import type { Client } from "../src/driver.ts";
import { enqueue } from "../src/enqueue.ts";
import { checkedOptions, type Fleet } from "../src/options.ts";
import { createReader } from "../src/read/reader.ts";
import { Store } from "../src/store.ts";
import { openCalls, outcome } from "./links.ts";

let server: RedisServer;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

/** Named like a command of Redis, on purpose. */
const append: RunnableScript = {
  name: "append",
  lua: "redis.call('RPUSH', KEYS[1], unpack(ARGV)); return {redis.call('LLEN', KEYS[1]), ARGV[1]}",
};

test("the version is read from the package, and judged", () => {
  expect(installedBullMQ()).toEqual({ version: expect.stringMatching(/^6\.\d+\.\d+$/), tested: true });
  expect(["6.4.0", "6.7.3", "6.3.9", "6.8.0", "7.0.0", "5.81.0", "6.7.0-rc.1", ""].map(isTested)).toEqual([
    ...[true, true],
    ...Array.from({ length: 6 }, () => false),
  ]);
});

test("beside one whose layout nobody has compared ours only reads, and says why", async () => {
  const unknown = { version: "6.99.0", tested: false };
  const open = (fleet: Fleet): Store => {
    const store = new Store(checkedOptions({ url: server.url, fleet, prefix: "unknown" }), unknown);
    onTestFinished(() => store.close());
    return store;
  };
  const store = open("v6");
  expect(await outcome(enqueue(store, [newJob("a")]))).toBe("STORE_UNSAFE");
  expect(await outcome(store.assertUsable())).toBe("STORE_UNSAFE");
  expect(await store.assertUsable().catch(String)).toContain("BullMQ 6.99.0 is installed");
  expect(await createReader(store).get([{ queue: "mail", id: "a" }])).toEqual([null]);
  expect(await enqueue(open("own"), [newJob("a")])).toMatchObject([{ outcome: "accepted" }]);
  expect(await createReader(store).get([{ queue: "mail", id: "a" }])).toMatchObject([{ id: "a" }]);
});

test("a script runs with keys and arguments, texts or Buffers, and leaves commands of its name alone", async () => {
  const { calls } = openCalls({ url: server.url });
  const run = (...args: readonly (string | number | Buffer)[]): Promise<unknown> =>
    calls.run("may write", (client) => scriptRunner(client).run(append, ["bull::list"], args));
  expect(await run("a", 2, Buffer.from([255, 0]))).toEqual([3, "a"]);
  const bytes = Buffer.from([255, 254, 0, 10]);
  const answer = await calls.run("may write", (client) =>
    scriptRunner(client).runForBuffers(append, ["bull::list"], [bytes]),
  );
  expect(answer).toEqual([4, bytes]);
  expect(await calls.run("may write", (client) => client.append("bull::text", "b"))).toBe(1);
});

test("the text is sent once for a connection, and again after SCRIPT FLUSH, without being run twice", async () => {
  const admin = await connectRedis(server.url);
  onTestFinished(() => admin.disconnect());
  const { calls } = openCalls({ url: server.url });
  const run = (): Promise<unknown> =>
    calls.run("may write", (client) => scriptRunner(client).run(append, ["bull::flushed"], ["x"]));
  const evals = async (): Promise<number> =>
    Number(/cmdstat_eval:calls=(\d+)/.exec(await admin.info("commandstats"))?.[1] ?? 0);
  await run();
  const before = await evals();
  await Promise.all([run(), run()]);
  expect(await evals()).toBe(before);
  await admin.script("FLUSH");
  await Promise.all(Array.from({ length: 10 }, run));
  expect(await admin.llen("bull::flushed")).toBe(13);
  await admin.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
  await admin.script("FLUSH");
  await run();
  expect(await admin.llen("bull::flushed")).toBe(14);
});

test("a queue of BullMQ shares the connection, and writes nothing by being made", async () => {
  const { calls } = openCalls({ url: server.url });
  const queues = new Queues("shared");
  const onQueue = <T>(work: (client: Client) => Promise<T>): Promise<T> => calls.run("may write", work);
  const queue = await onQueue((client) => queues.get("mails", client));
  expect(await onQueue((client) => client.keys("shared:*"))).toEqual([]);
  expect(await onQueue((client) => queues.get("mails", client))).toBe(queue);
  await onQueue(() => queue.add("send", { to: "ada" }));
  // By the job, as ever; the version of a library that made the queue is not there.
  expect(await onQueue((client) => client.hkeys("shared:mails:meta"))).toEqual(["opts.maxLenEvents"]);
  expect(await onQueue((client) => client.llen("shared:mails:wait"))).toBe(1);
  const seen = String(await onQueue((client) => client.client("LIST")));
  expect(seen.match(/name=jobyard /g)).toHaveLength(1);
  expect(await onQueue((client) => scriptRunner(client).run(append, ["shared::list"], ["a"]))).toEqual([1, "a"]);
  await queues.close();
  expect(await onQueue((client) => client.ping())).toBe("PONG");
});

test("a queue that could not be made is made by the next call, and goes on over a restart", async () => {
  const mortal = await startRedis();
  onTestFinished(() => mortal.stop());
  const { calls, add } = openCalls({ url: mortal.url });
  const queues = new Queues("bull");
  const count = (): Promise<number> =>
    calls.run("only reads", async (client) => (await queues.get("mails", client)).count());
  await add();
  await mortal.crash();
  expect(await outcome(count())).toBe("STORE_UNAVAILABLE");
  await mortal.restart();
  expect(await count()).toBe(0);
  await mortal.restart();
  expect(await count()).toBe(0);
  await queues.close();
});
