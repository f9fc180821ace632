/** Pause, resume and configure on BullMQ's keys. */

import { type AuditLine, isQueueError } from "@jobyard/core/adapter";
import { Queue } from "bullmq";
import { describe, expect, onTestFinished, test } from "vitest";
import { configure, pause, resume } from "../src/queues.ts";
import { listRecords } from "../src/records.ts";
import { type Ground, openGround } from "./scripts-ground.ts";

const ADA = { actor: "ada" };

const open = async (): Promise<{ readonly ground: Ground; readonly stock: Queue }> => {
  const ground = await openGround();
  const stock = new Queue("mail", { connection: { url: ground.url }, prefix: ground.prefix });
  onTestFinished(() => stock.close());
  await stock.waitUntilReady();
  return { ground, stock };
};

const audit = async (ground: Ground): Promise<readonly AuditLine[]> =>
  (await listRecords(ground, "audit", null, 100)).map(({ doc }) => JSON.parse(doc) as AuditLine);

/** What a pause or a resume leaves of what BullMQ reads. */
async function stockView({ client, key }: Ground): Promise<unknown> {
  const events = await client.xrange(key("mail", "events"), "-", "+");
  return {
    paused: await client.hget(key("mail", "meta"), "paused"),
    marker: await client.zrange(key("mail", "marker"), 0, "-1", "WITHSCORES"),
    wait: await client.lrange(key("mail", "wait"), 0, -1),
    apart: await client.lrange(key("mail", "paused"), 0, -1),
    events: events.map(([, fields]) => fields),
  };
}

const SCENES: Readonly<Record<string, (ground: Ground, stock: Queue) => Promise<unknown>>> = {
  "an empty queue": async () => undefined,
  "jobs that wait": (_, stock) =>
    stock.addBulk([
      { name: "a", data: 1 },
      { name: "b", data: 2 },
    ]),
  "only one with a priority": (_, stock) => stock.add("a", 1, { priority: 3 }),
  "jobs that BullMQ 5 kept apart": async ({ client, key }, stock) => {
    await stock.addBulk(Array.from({ length: 5 }, (_, data) => ({ name: "a", data })));
    await client.rename(key("mail", "wait"), key("mail", "paused"));
  },
  "jobs kept apart, and some that came since": async ({ client, key }, stock) => {
    await stock.addBulk(Array.from({ length: 5 }, (_, data) => ({ name: "a", data })));
    await client.rename(key("mail", "wait"), key("mail", "paused"));
    await stock.addBulk(Array.from({ length: 5 }, (_, data) => ({ name: "b", data })));
  },
};

describe("pause and resume leave what BullMQ's own leave", () => {
  for (const [title, prepare] of Object.entries(SCENES))
    test(title, async () => {
      const ours = await open();
      const theirs = await open();
      for (const { ground, stock } of [ours, theirs]) await prepare(ground, stock);
      await pause(ours.ground, "own", ours.ground.newId, "mail", ADA);
      await theirs.stock.pause();
      expect(await stockView(ours.ground)).toEqual(await stockView(theirs.ground));
      await resume(ours.ground, ours.ground.newId, "mail", ADA);
      await theirs.stock.resume();
      expect(await stockView(ours.ground)).toEqual(await stockView(theirs.ground));
    });

  test("thousands that were kept apart come back in their order", async () => {
    const { ground } = await open();
    const { client, key } = ground;
    const ids = Array.from({ length: 16_000 }, (_, n) => `j${n}`);
    for (let from = 0; from < ids.length; from += 1_000)
      await client.rpush(key("mail", "paused"), ...ids.slice(from, from + 1_000));
    await client.rpush(key("mail", "wait"), "newer");
    await client.hset(key("mail", "meta"), "paused", 1);
    expect(await resume(ground, ground.newId, "mail", ADA)).toBe(true);
    expect(await client.lrange(key("mail", "wait"), 0, -1)).toEqual(["newer", ...ids]);
    expect(await client.exists(key("mail", "paused"))).toBe(0);
    expect(await audit(ground)).toHaveLength(1);
  });
});

describe("who paused", () => {
  test("is told beside BullMQ's own flag, and goes with it", async () => {
    const { ground, stock } = await open();
    expect(await pause(ground, "own", ground.newId, "mail", { actor: "ada", reason: 'a "test"\n' })).toBe(true);
    expect(await stock.isPaused()).toBe(true);
    const at = await ground.now();
    const set = { paused_at: `${at}`, paused_by: "ada", paused_reason: 'a "test"\n' };
    expect(await ground.client.hgetall(ground.own("q:mail"))).toEqual(set);
    expect(await audit(ground)).toEqual([
      { at, actor: "ada", action: "pause", queue: "mail", jobs: [], count: 0, reason: 'a "test"\n', op: null },
    ]);
    expect(await pause(ground, "own", ground.newId, "mail", ADA)).toBe(false);
    await stock.resume();
    expect(await pause(ground, "own", ground.newId, "mail", { actor: "bob" })).toBe(true);
    expect(await ground.client.hgetall(ground.own("q:mail"))).toEqual({ paused_at: `${at}`, paused_by: "bob" });
    expect(await resume(ground, ground.newId, "mail", ADA)).toBe(true);
    expect(await ground.client.hgetall(ground.own("q:mail"))).toEqual({});
    expect(await resume(ground, ground.newId, "mail", ADA)).toBe(false);
    expect((await audit(ground)).map(({ action }) => action)).toEqual(["pause", "pause", "resume"]);
  });

  test("beside BullMQ 5 nobody can, and is told why", async () => {
    const { ground, stock } = await open();
    const refusal = await pause(ground, "mixed-v5", ground.newId, "mail", ADA).catch((error: unknown) => error);
    expect(isQueueError(refusal, "CAPABILITY_MISSING")).toBe(true);
    expect(String(refusal)).toContain("BullMQ 5");
    expect(await stock.isPaused()).toBe(false);
    expect(await audit(ground)).toEqual([]);
    await stock.pause();
    expect(await resume(ground, ground.newId, "mail", ADA)).toBe(true);
  });
});

describe("configure", () => {
  test("of many at once each changes what the others have left", async () => {
    const { ground } = await open();
    const age = (ageMs: number) => ({ ageMs, count: null, bytes: null });
    await Promise.all([
      configure(ground, ground.newId, "mail", { maxSize: 5 }, ADA),
      configure(ground, ground.newId, "mail", { retention: { dead: age(1) } }, ADA),
      configure(ground, ground.newId, "mail", { retention: { completed: age(2) } }, ADA),
      configure(ground, ground.newId, "mail", { retention: { cancelled: age(3) } }, ADA),
    ]);
    const settings = await configure(ground, ground.newId, "mail", {}, ADA);
    expect(settings).toEqual({ maxSize: 5, retention: { dead: age(1), completed: age(2), cancelled: age(3) } });
    expect(await audit(ground)).toHaveLength(4);
  });

  test("a queue that is only looked at stays unknown", async () => {
    const { ground } = await open();
    await configure(ground, ground.newId, "mail", { maxSize: null }, ADA);
    expect(await ground.client.smembers(ground.own("queues"))).toEqual([]);
  });
});
