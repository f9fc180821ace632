import { describe, expect, test } from "vitest";
import { defineJob, followUp } from "../../src/nouns/define.ts";
import type { Context } from "../../src/nouns/definition.ts";
import { QueueError } from "../../src/nouns/errors.ts";
import { anything, gate, stage, turns, until } from "./stage.ts";

const any = defineJob("any", { payload: anything });
const away = (): QueueError => new QueueError("STORE_UNAVAILABLE", "gone");

describe("drain", () => {
  test("runs what is there and what it leads to, and resolves when nothing is left", async () => {
    const { yard, worker, store } = stage();
    const next = defineJob("next", { payload: anything });
    const own = worker({
      jobs: [
        any.handler(({ payload }) => payload, { followUps: ({ result }) => [followUp(next, result)] }),
        next.handler(({ payload }) => payload, {
          followUps: ({ result }) => (Number(result) > 0 ? [followUp(any, Number(result) - 1)] : []),
        }),
      ],
    });
    await yard.enqueueMany(any, [3, 2, 1]);
    await own.drain();
    expect(own.status).toMatchObject({ completed: 18, running: 0, state: "new" });
    expect((await yard.board.count("state:waiting")).n).toBe(0);
    expect(await store.adapter.records.list("worker", null, 10)).toEqual([]);
  });

  test("leaves what is not due, paused, held back by its time or unknown", async () => {
    const { yard, worker, ports } = stage();
    await yard.board.pause("paused", { actor: "test" });
    await yard.enqueue(any, 1, { delay: "1s" });
    await yard.enqueue(any, 1, { queue: "paused" });
    const own = worker({ jobs: [any.handler(() => 1)], queues: { default: {}, paused: {} } });
    await own.drain();
    expect(own.status.claimed).toBe(0);
    ports.advance("1s");
    await own.drain();
    expect(own.status.completed).toBe(1);
  });

  test("waits for jobs that run, without asking the store all the while", async () => {
    const { yard, worker, store, pass } = stage();
    const end = gate();
    const own = worker({ jobs: [any.handler(() => end.opened)] });
    await yard.enqueue(any, 1);
    let drained = false;
    const draining = own.drain().then(() => {
      drained = true;
    });
    await pass(5_000, 500);
    expect(drained).toBe(false);
    expect(store.calls.claim.length).toBeLessThan(10);
    end.open();
    await draining;
    expect(own.status.completed).toBe(1);
  });

  test("of a running worker leaves it running", async () => {
    const { yard, worker } = stage();
    const own = worker({ jobs: [any.handler(() => 1)] });
    await own.start();
    await yard.enqueueMany(any, [1, 2, 3]);
    await Promise.all([own.drain(), own.drain()]);
    expect(own.status).toMatchObject({ completed: 3, state: "running" });
    await yard.enqueue(any, 4);
    await until(() => own.status.completed === 4);
  });

  test("of a worker that is starting, or draining, is the same drain", async () => {
    const { yard, worker } = stage();
    const own = worker({ jobs: [any.handler(() => 1)] });
    await yard.enqueue(any, 1);
    await Promise.all([own.drain(), own.drain()]);
    expect(own.status).toMatchObject({ state: "new", completed: 1 });
    const started = own.start();
    await yard.enqueue(any, 1);
    await own.drain();
    await started;
    expect(own.status).toMatchObject({ state: "running", completed: 2 });
    await own.stop();
  });

  test("waits for hooks, and for what they enqueue", async () => {
    const { yard, worker } = stage();
    let more = 2;
    const own = worker({
      jobs: [any.handler(() => 1)],
      hooks: {
        onJobCompleted: async () => {
          await turns(5);
          if (more-- > 0) await yard.enqueue(any, more);
        },
      },
    });
    await yard.enqueue(any, 1);
    await own.drain();
    expect(own.status.completed).toBe(3);
  });

  test("ends when the worker is stopped", async () => {
    const { yard, worker } = stage();
    const own = worker({ jobs: [any.handler(() => new Promise(() => {}))] });
    await yard.enqueue(any, 1);
    const draining = own.drain();
    await until(() => own.status.running === 1);
    await own.stop({ grace: 0 });
    await draining;
    expect(own.status.state).toBe("stopped");
  });
});

describe("a graceful stop", () => {
  test("lets what runs come to its end, and claims nothing more", async () => {
    const { yard, worker, job } = stage();
    const end = gate();
    const own = worker({ jobs: [any.handler(() => end.opened)], queues: { default: { concurrency: 1 } } });
    const receipts = [await yard.enqueue(any, 1), await yard.enqueue(any, 2)] as const;
    await own.start();
    await until(() => own.status.running === 1);
    const stopped = own.stop();
    await turns(10);
    expect(own.status.state).toBe("stopping");
    end.open();
    await stopped;
    expect((await job(receipts[0])).state).toBe("completed");
    expect(await job(receipts[1])).toMatchObject({ state: "waiting", attempt: 0 });
  });

  test("gives back at once what was claimed ahead", async () => {
    const { yard, worker, job } = stage();
    const end = gate();
    let started = 0;
    const own = worker({
      jobs: [
        any.handler(({ payload }) => {
          if (payload === "quick") return undefined;
          started += 1;
          return end.opened;
        }),
      ],
      queues: { default: { concurrency: 2 } },
    });
    await own.start();
    await yard.enqueueMany(any, Array(20).fill("quick"));
    await until(() => own.status.completed === 20);
    const receipts = (await yard.enqueueMany(any, Array(10).fill("slow"))).flatMap((one) => (one.ok ? [one] : []));
    await until(async () => (await Promise.all(receipts.map(job))).every(({ state }) => state === "active"));
    const stopped = own.stop();
    await until(
      async () => (await Promise.all(receipts.map(job))).filter(({ state }) => state === "waiting").length === 8,
    );
    expect(started).toBe(2);
    end.open();
    await stopped;
    const attempts = (await Promise.all(receipts.map(job))).map(({ attempt }) => attempt);
    expect(attempts.toSorted()).toEqual([...Array(8).fill(0), 1, 1]);
  });

  test("at the end of the grace signals abort, and what is unfinished goes back with its attempt, heeding it or not", async () => {
    const { yard, worker, job, ports } = stage();
    const heeding = (ctx: Context) =>
      new Promise((_, reject) => ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason)));
    const own = worker({
      jobs: [any.handler(({ payload }, ctx) => (payload === "heeds" ? heeding(ctx) : new Promise(() => {})))],
    });
    const receipts = [await yard.enqueue(any, "heeds"), await yard.enqueue(any, "does not")];
    await own.start();
    await until(() => own.status.running === 2);
    const stopped = own.stop({ grace: "10s" });
    await turns(5);
    ports.advance(9_999);
    await turns(10);
    expect(own.status.running).toBe(2);
    ports.advance(1);
    await stopped;
    for (const receipt of receipts)
      expect(await job(receipt)).toMatchObject({ state: "waiting", attempt: 0, errors: [], rescues: 0 });
    expect(own.status).toMatchObject({ state: "stopped", running: 0, failed: 0, refused: 0 });
  });

  test("a handler that gets ready in the last moment is completed", async () => {
    const { yard, worker, job } = stage();
    const own = worker({
      jobs: [
        any.handler((_, ctx) => new Promise((resolve) => ctx.signal.addEventListener("abort", () => resolve("saved")))),
      ],
    });
    const receipt = await yard.enqueue(any, 1);
    await own.start();
    await until(() => own.status.running === 1);
    await own.stop({ grace: 0 });
    expect(await job(receipt)).toMatchObject({ state: "completed", result: '"saved"' });
  });

  test("keeps its leases during the grace, however long that is", async () => {
    const { yard, worker, pass, job } = stage();
    const end = gate();
    const own = worker({ jobs: [any.handler(() => end.opened)], lease: "30s" });
    const receipt = await yard.enqueue(any, 1);
    await own.start();
    await until(() => own.status.running === 1);
    const stopped = own.stop({ grace: "5m" });
    await pass(120_000, 1_000);
    end.open();
    await stopped;
    expect(await job(receipt)).toMatchObject({ state: "completed", attempt: 1 });
  });

  test("stores everything before it ends, also if the store is away for a while", async () => {
    const { yard, worker, store, pass, job } = stage();
    const own = worker({ jobs: [any.handler(() => 1)] });
    store.break("settle", away);
    const receipt = await yard.enqueue(any, 1);
    await own.start();
    await pass(1_000);
    const stopped = own.stop();
    await pass(5_000);
    store.mend("settle");
    await pass(5_000);
    await stopped;
    expect((await job(receipt)).state).toBe("completed");
  });

  test("stores the end of a job whose last line is still on its way", async () => {
    const { yard, worker, store, job, events } = stage();
    const { append } = store.adapter.leaser;
    const slow = gate();
    Object.assign(store.adapter.leaser, { append: (entries: never) => slow.opened.then(() => append(entries)) });
    const own = worker({ jobs: [any.handler((_, { log }) => void log("last words"))] });
    const receipt = await yard.enqueue(any, 1);
    await own.start();
    await until(() => own.status.claimed === 1 && own.status.running === 0);
    const stopped = own.stop();
    await turns(20);
    slow.open();
    await stopped;
    expect((await job(receipt)).state).toBe("completed");
    expect((await events(receipt)).map(({ kind }) => kind)).toEqual(["enqueue", "claim", "log", "complete"]);
  });

  test("waits one lease for a hook that does not come to its end, and no longer", async () => {
    const { yard, worker, pass } = stage();
    const hooks = { onJobCompleted: () => gate().opened, onStop: () => gate().opened, onError: () => {} };
    const own = worker({ jobs: [any.handler(() => 1)], lease: "10s", hooks });
    await yard.enqueue(any, 1);
    await own.start();
    await until(() => own.status.completed === 1);
    const stopped = own.stop();
    await pass(9_000, 1_000);
    expect(own.status.state).toBe("stopping");
    await pass(12_000, 1_000);
    await stopped;
    expect(own.status.state).toBe("stopped");
  });

  test("a second one may shorten the grace of the first, not lengthen it", async () => {
    const { yard, worker, job, pass } = stage();
    const own = worker({ jobs: [any.handler(() => gate().opened)] });
    const receipt = await yard.enqueue(any, 1);
    await own.start();
    await until(() => own.status.running === 1);
    const stopped = own.stop({ grace: "1h" });
    void own.stop({ grace: "2h" });
    await pass(10_000, 1_000);
    expect(own.status.state).toBe("stopping");
    await Promise.all([stopped, own.stop({ grace: 0 })]);
    expect(own.status.state).toBe("stopped");
    expect(await job(receipt)).toMatchObject({ state: "waiting", attempt: 0 });
  });

  test("does not wait for ever for a store that does not come back", async () => {
    const { yard, worker, store, pass, job } = stage();
    const own = worker({ jobs: [any.handler(() => 1)], lease: "10s" });
    for (const verb of ["settle", "extend", "put", "claim"] as const) store.break(verb, away);
    store.mend("put");
    store.mend("claim");
    const receipt = await yard.enqueue(any, 1);
    await own.start();
    await until(() => store.calls.settle.length > 0);
    const stopped = own.stop();
    await pass(11_000);
    await stopped;
    expect(own.status.state).toBe("stopped");
    expect((await job(receipt)).state).toBe("active");
  });

  test("takes the worker off the list", async () => {
    const { yard, worker } = stage();
    const own = worker({ jobs: [any.handler(() => 1)] });
    await own.start();
    expect((await yard.board.workers()).map(({ session }) => session)).toEqual([own.session]);
    await own.stop();
    expect(await yard.board.workers()).toEqual([]);
  });

  test("and not back onto it by a heartbeat that was on its way", async () => {
    const { yard, worker, store, pass } = stage();
    const { extend } = store.adapter.leaser;
    const slow = gate();
    const own = worker({ jobs: [any.handler(() => finished.opened)] });
    const finished = gate();
    await yard.enqueue(any, 1);
    await own.start();
    await until(() => own.status.running === 1);
    let asked = 0;
    Object.assign(store.adapter.leaser, {
      extend: async (...args: Parameters<typeof extend>) => {
        asked += 1;
        await slow.opened;
        return extend(...args);
      },
    });
    await pass(10_000, 1_000);
    expect(asked).toBe(1);
    finished.open();
    const stopped = own.stop();
    await turns(50);
    slow.open();
    await stopped;
    await turns(20);
    expect(await yard.board.workers()).toEqual([]);
  });

  test("of a worker that never started is nothing, and of one that is starting waits for it", async () => {
    const { worker, yard } = stage();
    const fresh = worker({ jobs: [any.handler(() => 1)] });
    await fresh.stop();
    expect(fresh.status.state).toBe("stopped");
    const starting = worker({ jobs: [any.handler(() => 1)] });
    const started = starting.start();
    await starting.stop();
    await started;
    expect(starting.status.state).toBe("stopped");
    expect(await yard.board.workers()).toEqual([]);
  });

  test("of one whose store does not answer its start waits no longer than the grace, and leaves nobody at work", async () => {
    const { worker, yard, store, pass } = stage();
    const { now } = store.adapter.reader;
    const answer = gate();
    Object.assign(store.adapter.reader, { now: () => answer.opened.then(now) });
    const own = worker({ jobs: [any.handler(() => 1)] });
    const started = own.start();
    const stopped = own.stop({ grace: "5s" });
    await pass(6_000, 1_000);
    await stopped;
    expect(own.status.state).toBe("stopped");
    answer.open();
    await started;
    await yard.enqueue(any, 1);
    await turns(50);
    expect(own.status.claimed).toBe(0);
    expect(await yard.board.workers()).toEqual([]);
  });

  test("during the last steps of a drain is one stop, for good", async () => {
    const { worker, yard } = stage();
    const told: string[] = [];
    const resting = gate();
    const onStop = (): Promise<void> => {
      told.push("stop");
      return resting.opened;
    };
    const hooks = { onStop };
    const own = worker({ jobs: [any.handler(() => 1)], hooks });
    await yard.enqueue(any, 1);
    const drained = own.drain();
    await until(() => told.length === 1);
    const stopped = own.stop();
    resting.open();
    await Promise.all([drained, stopped]);
    await turns(5);
    expect(told).toEqual(["stop"]);
    expect(own.status.state).toBe("stopped");
  });

  test("comes with the yard's close", async () => {
    const { yard, worker } = stage();
    const own = worker({ jobs: [any.handler(() => 1)] });
    await own.start();
    await yard.close();
    expect(own.status.state).toBe("stopped");
  });

  test("and what runs on until then may still enqueue", async () => {
    const { yard, another, worker, job } = stage();
    const go = gate();
    const own = worker({ jobs: [any.handler(({ payload }) => go.opened.then(() => yard.enqueue(any, [payload])))] });
    const receipt = await yard.enqueue(any, 1);
    await own.start();
    await until(() => own.status.running === 1);
    const seen = another();
    const { close } = yard.adapter;
    Object.assign(yard.adapter, { close: async () => {} });
    const closed = yard.close();
    go.open();
    await closed;
    expect((await job(receipt)).state).toBe("completed");
    expect((await seen.board.count("state:waiting")).n).toBe(1);
    await expect(yard.enqueue(any, 2)).rejects.toMatchObject({ code: "STORE_CLOSED" });
    await close();
  });
});
