/** Retention on Redis: what it costs, and what it does beside programs of BullMQ's. */

import { claimRequest, newJob } from "@jobyard/core/testing";
import { type RedisServer, startRedis } from "@jobyard/servers";
import { UnrecoverableError, Worker } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { redisAdapter } from "../src/index.ts";
import { purge } from "../src/purge.ts";
import { BURY, COMPLETE, openYard, refTo, type Yard } from "./operate-yard.ts";

const NONE = { ageMs: 0 };

/** A worker of BullMQ's takes the next job and ends it. */
async function endInStock({ ground: { url, prefix } }: Yard, how: "completes" | "fails"): Promise<void> {
  const worker = new Worker("mail", null, { connection: { url }, prefix, autorun: false });
  const job = await worker.getNextJob("token", { block: false });
  if (job === undefined) throw new Error("BullMQ found nothing to do");
  if (how === "completes") await job.moveToCompleted("done", "token", false);
  else await job.moveToFailed(new UnrecoverableError("boom"), "token", false);
  await worker.close();
}

describe("a purge", () => {
  test("leaves nothing of a job but, for its time, who held its key", async () => {
    const yard = await openYard();
    const timed = { dedupe: { key: "k", while: { forMs: 60_000 }, onConflict: "skip" } } as const;
    const open = { dedupe: { key: "o", while: "open", onConflict: "skip" } } as const;
    await yard.add({ id: "timed", ...timed }, { id: "open", ...open });
    for (const job of await yard.take(2)) await yard.settle(job, BURY);
    await yard.move("requeue", ["timed", "open"], { opId: "op" });
    await yard.move("revert", ["timed", "open"], { opId: "op" });
    expect(await yard.purge("dead", NONE)).toEqual({ removed: 2, more: false });
    expect(await yard.keys()).toEqual([":gone:mail:timed", ":queues", "mail:de:k"]);
    const twins = [newJob("t2", timed), newJob("o2", open)];
    expect(await yard.adapter.writer.enqueue(twins)).toMatchObject([
      { outcome: "duplicate", ref: { id: "timed" }, state: "dead" },
      { outcome: "accepted" },
    ]);
  });

  test("takes those first that finished first, also if they came back later", async () => {
    const yard = await openYard();
    await yard.end(BURY, "a", "b", "c", "d", "e");
    await yard.move("requeue", ["b", "d"], { opId: "op" });
    await yard.move("revert", ["d", "b"], { opId: "op" });
    for (const gone of ["a", "b", "c", "d"]) {
      expect(await yard.purge("dead", { count: 0 }, 1)).toEqual({ removed: 1, more: true });
      expect(await yard.left(gone)).toEqual([]);
    }
    expect(await yard.left("e")).toEqual(["e"]);
  });

  test("many came back at once, and go in their order among the others", async () => {
    const yard = await openYard();
    const ids = Array.from({ length: 40 }, (_, n) => `j${n}`);
    await yard.end(BURY, ...ids);
    const back = ids.filter((_, n) => n % 3 !== 0);
    await yard.move("requeue", back, { opId: "op" });
    await yard.move("revert", back, { opId: "op" });
    for (let left = 37; left > 0; left -= 3) {
      expect(await yard.purge("dead", { count: left }, 7)).toEqual({ removed: 3, more: false });
      expect(await yard.left(...ids)).toEqual(ids.slice(-left));
    }
  });

  test("does not count what BullMQ removed, and finds what is behind", async () => {
    const yard = await openYard();
    await yard.end(BURY, "a", "b", "c", "d");
    for (const id of ["a", "b"]) await (await yard.stockJob(id)).remove();
    await (await yard.stockJob("c")).retry("failed");
    expect(await yard.purge("dead", NONE, 2)).toEqual({ removed: 1, more: false });
    expect(await yard.left("a", "b", "c", "d")).toEqual(["c"]);
    expect(await yard.ground.client.exists(yard.ground.ofQueue("mail", "dead"))).toBe(0);
  });

  test("once nothing is left, bytes begin at 0 again, whatever others removed", async () => {
    const yard = await openYard();
    await yard.end(COMPLETE, "a", "b");
    await (await yard.stockJob("a")).remove();
    await yard.purge("completed", NONE);
    await yard.end(COMPLETE, "c");
    expect(await yard.purge("completed", { bytes: 100 })).toEqual({ removed: 0, more: false });
    expect(await yard.purge("completed", { bytes: 10 })).toEqual({ removed: 1, more: false });
  });
});

describe("jobs of BullMQ's programs", () => {
  test("go like ours where nobody else works", async () => {
    const yard = await openYard();
    await yard.stock.add("theirs", 1);
    await endInStock(yard, "completes");
    await yard.stock.add("theirs", 1);
    await endInStock(yard, "fails");
    await yard.end(COMPLETE, "a");
    await yard.ground.advance(10 * 365 * 86_400_000);
    await yard.sweep();
    expect(await yard.purge("completed", NONE)).toEqual({ removed: 2, more: false });
    expect(await yard.purge("dead", NONE)).toEqual({ removed: 1, more: false });
    expect(await yard.stock.getJobCounts("completed", "failed")).toEqual({ completed: 0, failed: 0 });
  });

  test("stay where others work, and what is behind them is found in a few calls", async () => {
    const yard = await openYard({ fleet: "v6" });
    const { client, key } = yard.ground;
    const theirs = Array.from({ length: 3_500 }, (_, n) => [n, `their-${n}`] as const).flat();
    await client.zadd(key("mail", "completed"), ...theirs);
    for (let n = 0; n < 3_500; n++) await client.hset(key("mail", `their-${n}`), "name", "x", "finishedOn", n);
    await yard.end(COMPLETE, "a", "b", "c");
    const answers: { readonly removed: number; readonly more: boolean }[] = [];
    do answers.push(await yard.purge("completed", NONE, 2));
    while (answers.at(-1)?.more === true && answers.length < 20);
    expect(answers.reduce((sum, { removed }) => sum + removed, 0)).toBe(3);
    expect(answers.length).toBeLessThan(8);
    expect(await client.zcard(key("mail", "completed"))).toBe(3_500);
    await yard.end(COMPLETE, "d");
    expect(await yard.purge("completed", NONE, 2)).toMatchObject({ removed: 1 });
  });

  test("one of ours that comes back before where the last purge stopped is found", async () => {
    const yard = await openYard({ fleet: "v6" });
    await yard.end(COMPLETE, "a", "b");
    await yard.move("remove", "a");
    await yard.purge("completed", NONE);
    await yard.move("restore", "a");
    expect(await yard.purge("completed", NONE)).toEqual({ removed: 1, more: false });
  });

  test("what failed in the hands of a worker of BullMQ's is dead for retention as well", async () => {
    const yard = await openYard({ fleet: "v6" });
    await yard.add("a");
    await endInStock(yard, "fails");
    await yard.stock.add("theirs", 1);
    await endInStock(yard, "fails");
    await yard.ground.advance(10 * 365 * 86_400_000);
    await yard.sweep();
    expect((await yard.job("a")).state).toBe("dead");
    expect(await yard.purge("dead", NONE)).toEqual({ removed: 1, more: false });
    expect(await yard.left("a")).toEqual([]);
    expect(await yard.stock.getFailedCount()).toBe(1);
  });

  test("what failed there after it was dead here is as old as its last failure", async () => {
    const yard = await openYard({ fleet: "v6" });
    await yard.end(BURY, "a");
    await (await yard.stockJob("a")).retry("failed");
    await endInStock(yard, "fails");
    expect(await yard.purge("dead", NONE)).toEqual({ removed: 0, more: false });
    await yard.ground.advance(10 * 365 * 86_400_000);
    await yard.sweep();
    expect(await yard.purge("dead", NONE)).toEqual({ removed: 1, more: false });
  });

  test("the bytes of what ended in other hands were never counted, and are not taken off", async () => {
    const yard = await openYard({ fleet: "v6" });
    const bytes = async (): Promise<readonly number[]> =>
      (await yard.ground.client.hvals(yard.ground.ofQueue("mail", "bytes"))).map(Number);
    await yard.add("lost");
    await endInStock(yard, "fails");
    await yard.move("requeue", "lost", { opId: "op" });
    await yard.move("revert", "lost", { opId: "op" });
    expect(await bytes()).toEqual([expect.any(Number)]);
    expect((await bytes())[0]).toBeGreaterThan(0);
    await yard.add("completed-1", "completed-2");
    await endInStock(yard, "completes");
    await endInStock(yard, "completes");
    await yard.move("remove", ["lost", "completed-1"]);
    await yard.move("restore", "completed-1");
    await yard.ground.advance(10 * 365 * 86_400_000);
    expect(await yard.purge("completed", NONE)).toMatchObject({ removed: 2 });
    expect((await bytes()).every((sum) => sum === 0)).toBe(true);
  });

  test("those of a flow are left to BullMQ's own script", async () => {
    const yard = await openYard();
    await yard.end(COMPLETE, "child", "other");
    await yard.ground.client.hset(yard.ground.key("mail", "child"), "parentKey", yard.ground.key("mail", "parent"));
    const asked: string[] = [];
    const stock = async (queue: string, id: string): Promise<boolean> => asked.push(`${queue}/${id}`) > 0;
    const rule = { queue: "mail", state: "completed", keep: { ageMs: 0, count: null, bytes: null } } as const;
    expect(await purge(yard.ground, "own", stock, rule, 5)).toEqual({ removed: 2, more: false });
    expect(asked).toEqual(["mail/child"]);
    expect(await yard.left("child", "other")).toEqual(["child"]);
  });
});

describe("the work of a purge", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  /** Commands that a purge of ten costs with so many jobs there, each finished a second after the one before. */
  async function costWith(count: number, state: "completed" | "dead"): Promise<number> {
    const client = new Redis(server.url);
    await client.flushall();
    await client.set("bull::clock", 1_767_225_600_000);
    const adapter = redisAdapter({ url: server.url, clock: "stopped" });
    await adapter.writer.enqueue(Array.from({ length: count }, (_, n) => newJob(`j${n}`)));
    for (let done = 0; done < count; done += 20) {
      const queues = [{ queue: "mail", max: 20, types: [{ name: "greet", maxVersion: 1 }] }];
      const { jobs } = await adapter.leaser.claim(claimRequest(`t${done}`, { max: 20, queues }));
      const decision = state === "completed" ? COMPLETE : BURY;
      await adapter.leaser.settle(jobs.map(({ lease }) => ({ lease, guard: "held" as const, decision })));
      await client.incrby("bull::clock", 1_000);
    }
    const keep = { ageMs: null, count: count - 10, bytes: null };
    await client.config("RESETSTAT");
    expect(await adapter.sweeper.purge({ queue: "mail", state, keep }, 100)).toEqual({ removed: 10, more: false });
    const stats = await client.info("commandstats");
    await adapter.close();
    client.disconnect();
    return [...stats.matchAll(/calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0);
  }

  for (const state of ["completed", "dead"] as const)
    test(`does not grow with what stays (${state})`, async () => {
      const few = await costWith(200, state);
      const many = await costWith(4_000, state);
      expect(many).toBeLessThanOrEqual(few + 5);
    });
});

test("a job that is restored after its state was purged is there", async () => {
  const yard = await openYard();
  await yard.end(BURY, "a", "b");
  await yard.move("remove", "a");
  await yard.purge("dead", NONE);
  expect(await yard.outcome("restore", "a")).toBe("done");
  expect(await yard.adapter.reader.get([refTo("a")])).toMatchObject([{ state: "dead" }]);
});
