import { hostname } from "node:os";
import { describe, expect, test } from "vitest";
import { defineJob } from "../../src/nouns/define.ts";
import { anything, gate, stage, turns, until } from "./stage.ts";

const any = defineJob("any", { payload: anything });

describe("retention", () => {
  test("removes finals that are older than their queue keeps them, in every queue, also without a worker of its own", async () => {
    const { yard, worker, pass } = stage();
    await yard.board.configure(
      "default",
      { retention: { completed: 60_000, dead: null, cancelled: 60_000 } },
      { actor: "test" },
    );
    const own = worker({
      jobs: [any.handler(({ payload }) => (payload === "bad" ? Promise.reject(new Error("x")) : 1))],
    });
    await yard.enqueueMany(any, Array(1_100).fill("good"));
    const bad = await yard.enqueue(any, "bad", { maxAttempts: 1 });
    const other = worker({ jobs: [any.handler(() => 1)], queues: { elsewhere: {} } });
    await own.drain();
    await own.stop();
    await other.start();
    await pass(50_000, 5_000);
    expect((await yard.board.count("state:completed")).n).toBe(1_100);
    await pass(90_000, 5_000);
    expect((await yard.board.count("state:completed")).n).toBe(0);
    expect((await yard.board.job(bad))?.state).toBe("dead");
  });

  test("goes by batches, and rests between them for the work", async () => {
    const { yard, worker, pass } = stage();
    await yard.board.configure("default", { retention: { completed: { count: 100 } } }, { actor: "test" });
    const own = worker({ jobs: [any.handler(() => 1)] });
    await yard.enqueueMany(any, Array(2_000).fill("good"));
    await own.drain();
    await own.stop();
    const kept = async (): Promise<number> => (await yard.board.count("state:completed")).n;
    expect(await kept()).toBe(2_000);
    await worker({ jobs: [any.handler(() => 1)], queues: { elsewhere: {} } }).start();
    await until(async () => (await kept()) === 1_500);
    await turns(50);
    expect(await kept()).toBe(1_500);
    // A batch that took no time is followed by one of twice its size.
    await pass(1, 1);
    expect(await kept()).toBe(500);
    await pass(1, 1);
    expect(await kept()).toBe(100);
  });

  test("comes with every sweep while many jobs end, and each minute else", async () => {
    const { yard, worker, pass } = stage();
    const keep = { retention: { completed: { count: 10 } } };
    await yard.board.configure("default", keep, { actor: "test" });
    await worker({ jobs: [any.handler(() => 1)] }).start();
    const kept = async (): Promise<number> => (await yard.board.count("state:completed")).n;
    await yard.enqueueMany(any, Array(1_200).fill("good"));
    await pass(13_000, 500);
    expect(await kept()).toBe(10);
    await yard.enqueueMany(any, Array(5).fill("good"));
    await pass(13_000, 500);
    expect(await kept()).toBe(15);
    await pass(60_000, 500);
    expect(await kept()).toBe(10);
  });

  test("cancels what has expired, though no worker claims from its queue", async () => {
    const { yard, worker, pass, job } = stage();
    const receipt = await yard.enqueue(any, 1, { queue: "nobody", expiresIn: "10s" });
    await worker({ jobs: [any.handler(() => 1)] }).start();
    await pass(17_000, 1_000);
    expect(await job(receipt)).toMatchObject({ state: "cancelled", reason: "expired" });
  });
});

describe("the registry", () => {
  test("tells who works, on what, how much, and since when", async () => {
    const { yard, worker, pass, ports } = stage();
    const end = gate();
    const own = worker({ name: "w1", jobs: [any.handler(() => end.opened)], queues: { default: { concurrency: 3 } } });
    const startedAt = ports.now();
    await own.start();
    await yard.enqueueMany(any, [1, 2]);
    await until(() => own.status.running === 2);
    await pass(10_000, 1_000);
    expect(await yard.board.workers()).toEqual([
      expect.objectContaining({
        session: own.session,
        name: "w1",
        host: hostname(),
        pid: process.pid,
        startedAt,
        seenAt: startedAt + 10_000,
        queues: [{ queue: "default", concurrency: 3, running: 2, types: [{ name: "any", maxVersion: 1 }] }],
      }),
    ]);
    end.open();
  });

  test("forgets a worker that is silent for one lease", async () => {
    const { yard, worker, store, pass } = stage();
    await worker({ jobs: [any.handler(() => 1)] }).start();
    await pass(100_000, 1_000);
    expect(await yard.board.workers()).toHaveLength(1);
    store.break("put", () => new Error("unplugged"));
    await pass(31_000, 1_000);
    expect(await yard.board.workers()).toEqual([]);
  });

  test("a worker is called by its host and process unless it has a name", async () => {
    const { yard, worker } = stage();
    await worker({ jobs: [any.handler(() => 1)] }).start();
    expect((await yard.board.workers()).map(({ name }) => name)).toEqual([`${hostname()}-${process.pid}`]);
  });
});
