/** Sweeping on Redis: what is left of jobs that programs of BullMQ's moved or deleted. */

import { Worker } from "bullmq";
import { describe, expect, test } from "vitest";
import { BURY, COMPLETE, openYard, refTo, retryIn, type Yard } from "./operate-yard.ts";

/** A job in each of our indexes. */
async function everywhere(yard: Yard): Promise<readonly string[]> {
  await yard.end(COMPLETE, "done");
  await yard.end(BURY, "dead", "reverted");
  await yard.move("requeue", "reverted", { opId: "op" });
  await yard.move("revert", "reverted", { opId: "op" });
  await yard.add("cancelled", "stale", "retrying");
  await yard.move("cancel", "cancelled");
  await yard.move("park", "stale");
  await yard.settle((await yard.take())[0], retryIn(60_000));
  await yard.add("held");
  const [held] = await yard.take();
  const rescue = { move: "rescue", to: "waiting", charged: true, heldLimit: 1, delayMs: 0 } as const;
  await yard.settle(held, { ...rescue, failure: { code: "LEASE_EXPIRED", message: "gone", stack: null } });
  await yard.add({ id: "parked", name: "unknown" });
  await yard.take();
  await yard.add({ id: "expiring", expiresInMs: 3_600_000 }, "in line");
  return ["done", "dead", "reverted", "cancelled", "stale", "retrying", "held", "parked", "expiring", "in line"];
}

describe("the walk over our indexes", () => {
  test("leaves nothing of what BullMQ obliterated, and forgets the queue", async () => {
    const yard = await openYard();
    await everywhere(yard);
    // Which leaves alone what it takes for a parent of other jobs.
    expect(await yard.outcome("remove", "stale")).toBe("done");
    await yard.stock.obliterate({ force: true });
    await yard.ground.advance(86_400_001);
    await yard.sweep();
    expect(await yard.keys()).toEqual([]);
  });

  test("leaves nothing of jobs that BullMQ removed one by one", async () => {
    const yard = await openYard();
    for (const id of await everywhere(yard)) await (await yard.stockJob(id)).remove();
    await yard.sweep();
    expect(await yard.keys()).toEqual([]);
  });

  test("changes nothing about jobs that are where they should be", async () => {
    const yard = await openYard();
    const ids = await everywhere(yard);
    const before = await dump(yard);
    await yard.sweep();
    expect(await dump(yard)).toEqual(before);
    expect(await yard.left(...ids)).toEqual(ids);
  });

  test("takes a job that BullMQ retried out of the dead", async () => {
    const yard = await openYard();
    await yard.end(BURY, "a", "b");
    await (await yard.stockJob("a")).retry("failed");
    await yard.sweep();
    const { client, ofQueue } = yard.ground;
    expect((await client.zrange(ofQueue("mail", "dead"), 0, "-1")).map((entry) => entry.slice(17))).toEqual(["b"]);
    expect((await yard.job("a")).state).toBe("waiting");
  });

  test("goes on from call to call, a slice in each, and comes to its end", async () => {
    const yard = await openYard();
    const ids = Array.from({ length: 3_000 }, (_, n) => `j${n}`);
    await yard.add(...ids);
    await yard.stock.obliterate({ force: true });
    const { client, ofQueue } = yard.ground;
    const counts: number[] = [];
    for (let n = 0; n < 20 && (counts.at(-1) ?? 1) > 0; n++) {
      await yard.sweep(1);
      counts.push(await client.zcard(ofQueue("mail", "jobs")));
    }
    expect(counts[0]).toBeGreaterThan(2_000);
    expect(counts.at(-1)).toBe(0);
  });

  test("comes to every queue, whatever stands in the others", async () => {
    const yard = await openYard();
    for (const queue of ["a", "mail", "z"])
      await yard.add(...Array.from({ length: 700 }, (_, n) => ({ id: `${queue}${n}`, queue })));
    await yard.ground.client.del(...[0, 1, 2].map((n) => yard.ground.key("z", `z${n}`)));
    await yard.sweep(10);
    expect(await yard.ground.client.zcard(yard.ground.ofQueue("z", "jobs"))).toBe(697);
    expect(await yard.ground.client.zcard(yard.ground.ofQueue("a", "jobs"))).toBe(700);
  });

  test("a job of another program does not inherit the history of one that had its id", async () => {
    const yard = await openYard();
    await yard.end(BURY, "a");
    await (await yard.stockJob("a")).remove();
    await yard.stock.add("greet", {}, { jobId: "a" });
    await yard.sweep();
    expect(await yard.kinds("a")).toEqual(["enqueue"]);
    expect((await yard.job("a")).errors).toEqual([]);
  });
});

describe("what is overdue", () => {
  test("is left to who runs it, if that is a worker of BullMQ's", async () => {
    const yard = await openYard();
    await yard.add({ id: "a", expiresInMs: 1_000 });
    const worker = new Worker("mail", null, {
      connection: { url: yard.ground.url },
      prefix: yard.ground.prefix,
      autorun: false,
    });
    const job = await worker.getNextJob("token", { block: false });
    await yard.ground.advance(1_000);
    expect(await yard.adapter.sweeper.expire(10)).toEqual({ expired: 0, more: false });
    await job?.moveToCompleted("done", "token", false);
    await worker.close();
    expect((await yard.job("a")).state).toBe("completed");
    expect(await yard.ground.client.exists(yard.ground.ofQueue("mail", "expiring"))).toBe(0);
  });

  test("hundreds go in calls of the size asked for, and none is told twice", async () => {
    const yard = await openYard();
    await yard.add(...Array.from({ length: 250 }, (_, n) => ({ id: `j${n}`, expiresInMs: 10 })));
    await yard.ground.advance(10);
    const answers: { readonly expired: number; readonly more: boolean }[] = [];
    do answers.push(await yard.adapter.sweeper.expire(100));
    while (answers.at(-1)?.more === true && answers.length < 10);
    expect(answers.map(({ expired }) => expired)).toEqual([100, 100, 50]);
    expect(await yard.stock.getFailedCount()).toBe(250);
  });
});

describe("the trash", () => {
  test("goes with everything that hung on its jobs, a day later", async () => {
    const yard = await openYard();
    await yard.end(BURY, "a", "b");
    await (await yard.stockJob("a")).log("a line");
    await yard.move("remove", ["a", "b"]);
    expect(await yard.keys()).toContain(":trash:mail:a:logs");
    await yard.ground.advance(86_400_001);
    expect(await yard.adapter.sweeper.expire(1)).toEqual({ expired: 0, more: true });
    expect(await yard.adapter.sweeper.expire(1)).toEqual({ expired: 0, more: false });
    expect(await yard.keys()).toEqual([]);
    expect(await yard.adapter.reader.get([refTo("a")])).toEqual([null]);
  });
});

/** Everything that is stored, but how far the walk has come. */
async function dump({ ground: { client, prefix } }: Yard): Promise<unknown> {
  const names = (await client.keys(`${prefix}:*`)).filter((key) => !key.endsWith("::walk")).sort();
  return Promise.all(names.map(async (name) => [name, (await client.dumpBuffer(name))?.toString("hex")]));
}
