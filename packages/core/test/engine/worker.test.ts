import { describe, expect, test } from "vitest";
import type { WorkerOptions } from "../../src/engine/surface.ts";
import { defineJob } from "../../src/nouns/define.ts";
import type { BoundJob, RunningJob } from "../../src/nouns/definition.ts";
import { UnrecoverableError } from "../../src/nouns/errors.ts";
import type { JobRef } from "../../src/nouns/job.ts";
import { anything, gate, mail, schema, stage, turns, until } from "./stage.ts";

const any = defineJob("any", { payload: anything });
const coded = (code: string, more: object = {}): unknown => expect.objectContaining({ code, ...more });

describe("a worker", () => {
  test("runs what is enqueued, and hands the handler its job", async () => {
    const { yard, worker, job } = stage();
    const seen: RunningJob<unknown>[] = [];
    const own = worker({ jobs: [any.handler((running) => void seen.push(running))] });
    await own.start();
    const receipt = await yard.enqueue(any, { n: 1 }, { tags: ["t"], group: "g" });
    await until(async () => (await job(receipt)).state === "completed");
    expect(seen).toEqual([
      {
        id: receipt.id,
        queue: "default",
        name: "any",
        payload: { n: 1 },
        attempt: 1,
        maxAttempts: 3,
        createdAt: expect.any(Number),
        tags: ["t"],
        group: "g",
        progress: null,
        parent: null,
      },
    ]);
    expect(await job(receipt)).toMatchObject({ result: null, worker: own.session, attempt: 1 });
    expect(own.status).toMatchObject({ state: "running", running: 0, claimed: 1, completed: 1, failed: 0 });
  });

  test("serves several queues at once, each with its own concurrency", async () => {
    const { yard, worker } = stage();
    const end = gate();
    const running: Record<string, number> = { a: 0, b: 0 };
    const own = worker({
      jobs: [
        any.handler(async ({ queue }) => {
          running[queue] = (running[queue] ?? 0) + 1;
          await end.opened;
        }),
      ],
      queues: { a: { concurrency: 2 }, b: { concurrency: 1 } },
    });
    for (const queue of ["a", "b"]) await yard.enqueueMany(any, Array(5).fill(1), { queue });
    await own.start();
    await until(() => own.status.running === 3);
    expect(running).toEqual({ a: 2, b: 1 });
    end.open();
    await until(() => own.status.completed === 10);
  });

  test("asks for a queue as soon as it has a slot, though a claim for another one waits", async () => {
    const { yard, worker } = stage();
    const gates = [gate(), gate()];
    let started = 0;
    const own = worker({
      jobs: [any.handler(() => gates[started++]?.opened)],
      queues: { a: { concurrency: 1 }, b: {} },
    });
    await yard.enqueueMany(any, [1, 2], { queue: "a" });
    await own.start();
    await until(() => started === 1);
    await turns(5);
    gates[0]?.open();
    await until(() => started === 2);
    gates[1]?.open();
  });

  test("never claims what it has no handler for, or only an older one", async () => {
    const { yard, worker, job } = stage();
    const newer = defineJob("any", { payload: anything, version: 2 });
    const unknown = await yard.enqueue(defineJob("other", { payload: anything }), 1);
    const tooNew = await yard.enqueue(newer, 1);
    const known = await yard.enqueue(any, 1);
    const own = worker({ jobs: [any.handler(() => 1)] });
    await own.drain();
    expect((await job(known)).state).toBe("completed");
    for (const left of [unknown, tooNew]) expect(await job(left)).toMatchObject({ state: "waiting", attempt: 0 });
    expect(own.status.claimed).toBe(1);
  });

  test("starts once, and stops for good", async () => {
    const { worker } = stage();
    const own = worker({ jobs: [any.handler(() => 1)] });
    expect(own.status).toMatchObject({ state: "new", lastContactAt: null });
    await own.start();
    await expect(own.start()).rejects.toThrow(coded("ALREADY_STARTED"));
    await Promise.all([own.stop(), own.stop()]);
    expect(own.status.state).toBe("stopped");
    await expect(own.start()).rejects.toThrow(coded("ALREADY_STARTED"));
    await expect(own.drain()).rejects.toThrow(coded("ALREADY_STARTED"));
  });

  test.each<[string, Partial<Record<keyof WorkerOptions, unknown>>, string]>([
    ["BAD_OPTION", { jobs: [] }, "jobs"],
    ["BAD_OPTION", { jobs: [any] }, "jobs"],
    ["BAD_OPTION", { jobs: [any.handler(() => 1), any.handler(() => 2)] }, "jobs"],
    ["BAD_OPTION", { queues: {} }, "queues"],
    ["BAD_OPTION", { queues: { a: { concurrency: 0 } } }, "queues.a.concurrency"],
    ["BAD_OPTION", { queues: { a: { onRestart: "forget" } } }, "queues.a.onRestart"],
    ["BAD_OPTION", { queues: { a: { limiter: 1 } } }, "limiter"],
    ["BAD_OPTION", { hooks: { onJobDone: () => 1 } }, "onJobDone"],
    ["BAD_OPTION", { hooks: { onStop: "stop" } }, "hooks.onStop"],
    ["BAD_OPTION", { concurrency: 1 } as object, "concurrency"],
    ["BAD_OPTION", { lease: 299 }, "lease"],
    ["BAD_OPTION", { sweep: 0 }, "sweep"],
    ["BAD_DURATION", { grace: "soon" }, "grace"],
    ["BAD_NAME", { queues: { "a:b": {} } }, "queues"],
    ["BAD_NAME", { name: "" }, "name"],
  ])("%s for %j, and the error names the field", (code, wrong, field) => {
    const { yard } = stage();
    expect(() => yard.worker({ jobs: [any.handler(() => 1)], ...wrong } as WorkerOptions)).toThrow(
      coded(code, { field }),
    );
  });
});

describe("what a handler does", () => {
  const outcomeOf = async (bound: BoundJob, payload: unknown = 1, times = 1) => {
    const { yard, worker, job, pass } = stage();
    const own = worker({ jobs: [bound] });
    const receipt = await yard.enqueueRaw([{ name: "any", payload: JSON.stringify(payload) }]);
    for (let time = 0; time < times; time++) {
      await own.drain();
      await pass(60_000, 60_000);
    }
    return job(receipt[0] as unknown as { queue: string; id: string });
  };

  test.each<[string, unknown, string | null]>([
    ["nothing", undefined, null],
    ["null", null, "null"],
    ["a value", { ok: [1, "2"] }, '{"ok":[1,"2"]}'],
  ])("its result is kept as JSON: %s", async (_, result, text) => {
    expect(await outcomeOf(any.handler(() => result))).toMatchObject({ state: "completed", result: text });
    expect(await outcomeOf(any.handler(async () => result))).toMatchObject({ state: "completed", result: text });
  });

  test.each<[string, unknown, string]>([
    ["a BigInt", 1n, "RESULT_UNSERIALISABLE"],
    ["a function", () => 1, "RESULT_UNSERIALISABLE"],
    ["too much", "x".repeat(1_048_576), "RESULT_TOO_LARGE"],
  ])("a result that cannot be kept is a failed attempt: %s", async (_, result, code) => {
    expect(await outcomeOf(any.handler(() => result))).toMatchObject({
      state: "waiting",
      result: null,
      errors: [{ code, attempt: 1 }],
    });
  });

  test("it fails, and is tried again after its backoff until its attempts are used up", async () => {
    let runs = 0;
    const failing = any.handler(() => {
      runs += 1;
      throw new TypeError(`run ${runs}`);
    });
    expect(await outcomeOf(failing, 1, 5)).toMatchObject({
      state: "dead",
      attempt: 3,
      errors: [1, 2, 3].map((attempt) => ({ attempt, code: "TypeError", message: `run ${attempt}` })),
    });
    expect(runs).toBe(3);
  });

  test("what it throws may be anything at all", async () => {
    const hostile = any.handler(() => Promise.reject(Proxy.revocable({}, {}).proxy));
    expect(await outcomeOf(hostile)).toMatchObject({ state: "waiting", errors: [{ code: "Error" }] });
  });

  test("it says that trying again cannot help", async () => {
    const hopeless = any.handler(() => {
      throw new UnrecoverableError("no such user");
    });
    expect(await outcomeOf(hopeless)).toMatchObject({
      state: "dead",
      attempt: 1,
      errors: [{ code: "UNRECOVERABLE", message: "no such user" }],
    });
  });

  test("it gets the schema's output, and a payload that the schema refuses is dead at once", async () => {
    const seen: unknown[] = [];
    const doubled = defineJob("any", {
      payload: schema<number, number>((value) =>
        typeof value === "number" ? { value: value * 2 } : { wrong: [[[], "a number"]] },
      ),
    });
    const bound = doubled.handler(({ payload }) => void seen.push(payload));
    expect(await outcomeOf(bound, 21)).toMatchObject({ state: "completed" });
    expect(seen).toEqual([42]);
    expect(await outcomeOf(bound, "21")).toMatchObject({
      state: "dead",
      attempt: 1,
      errors: [{ code: "PAYLOAD_INVALID", message: expect.stringContaining("a number") }],
    });
    expect(seen).toEqual([42]);
  });

  test("a schema that takes its time is waited for, one that throws is a failed attempt", async () => {
    const slow = { "~standard": { version: 1, vendor: "t", validate: async (value: unknown) => ({ value }) } } as const;
    expect(
      await outcomeOf(
        defineJob("any", { payload: slow }).handler(({ payload }) => payload),
        7,
      ),
    ).toMatchObject({ result: "7" });
    const broken = schema(() => {
      throw new Error("database away");
    });
    expect(await outcomeOf(defineJob("any", { payload: broken }).handler(() => 1))).toMatchObject({
      state: "waiting",
      errors: [{ message: "database away" }],
    });
  });

  test("an id that fails elsewhere with our own code is no reason to give up", async () => {
    const { yard: other } = stage();
    const bound = any.handler(() => other.enqueue(defineJob("m", { payload: mail }), { to: "x" }));
    expect(await outcomeOf(bound)).toMatchObject({ state: "waiting", errors: [{ code: "PAYLOAD_INVALID" }] });
  });

  test("its type's backoff function decides the delay, and one that fails leaves it to the default", async () => {
    const { yard, worker, job, ports, errors } = stage();
    const asked: unknown[] = [];
    const type = defineJob("own", {
      payload: anything,
      backoff: (failure) => {
        asked.push(failure);
        if (failure.attempt > 1) throw new Error("no idea");
        return "7s";
      },
    });
    const error = new Error("x");
    const own = worker({ jobs: [type.handler(() => Promise.reject(error))] });
    const receipt = await yard.enqueue(type, 1);
    await own.drain();
    expect(asked).toEqual([{ attempt: 1, error }]);
    expect((await job(receipt)).runAt - ports.now()).toBe(7_000);
    ports.advance(7_000);
    await own.drain();
    const { runAt, state } = await job(receipt);
    expect(state).toBe("waiting");
    expect(runAt - ports.now()).toBeGreaterThanOrEqual(1_600);
    expect(runAt - ports.now()).toBeLessThanOrEqual(2_000);
    expect(errors).toMatchObject([{ doing: "backoff" }]);
  });
});

describe("a timeout", () => {
  const timed = defineJob("timed", { payload: anything, timeout: "5s" });

  test("aborts the signal, and the attempt has failed even if the handler does not care; its late result is ignored", async () => {
    const { yard, worker, job, ports } = stage();
    const late = gate<string>();
    let signal: AbortSignal | undefined;
    const own = worker({
      jobs: [
        timed.handler((_, ctx) => {
          signal = ctx.signal;
          return late.opened;
        }),
      ],
    });
    const receipt = await yard.enqueue(timed, 1);
    await own.start();
    await until(() => own.status.running === 1);
    ports.advance(4_999);
    await until(() => own.status.running === 1);
    expect(signal?.aborted).toBe(false);
    ports.advance(1);
    await until(async () => (await job(receipt)).state === "waiting");
    expect(await job(receipt)).toMatchObject({
      errors: [{ code: "HANDLER_TIMEOUT", message: expect.stringContaining("5000 ms"), stack: null }],
    });
    expect(signal?.reason).toMatchObject({ code: "HANDLER_TIMEOUT" });
    late.open("too late");
    await until(() => own.status.running === 0);
    expect(await job(receipt)).toMatchObject({ state: "waiting", result: null });
    expect(own.status).toMatchObject({ completed: 0, failed: 1, refused: 0 });
  });

  test("counts from each job's own start, also when many run at once with different times", async () => {
    const { yard, worker, pass, job } = stage();
    const receipts: JobRef[] = [];
    for (const seconds of [9, 3, 6])
      receipts.push(await yard.enqueue(timed, 1, { timeout: `${seconds}s`, maxAttempts: 1 }));
    const own = worker({ jobs: [timed.handler(() => new Promise(() => {}))] });
    await own.start();
    await until(() => own.status.running === 3);
    const states = async () => Promise.all(receipts.map(async (receipt) => (await job(receipt)).state));
    await pass(3_000);
    expect(await states()).toEqual(["active", "dead", "active"]);
    await pass(3_000);
    expect(await states()).toEqual(["active", "dead", "dead"]);
    await pass(3_000);
    expect(await states()).toEqual(["dead", "dead", "dead"]);
  });

  test("a handler that ends in time hears nothing of it", async () => {
    const { yard, worker, pass, job } = stage();
    let signal: AbortSignal | undefined;
    const own = worker({
      jobs: [
        timed.handler((_, ctx) => {
          signal = ctx.signal;
        }),
      ],
    });
    const receipt = await yard.enqueue(timed, 1);
    await own.start();
    await pass(10_000, 1_000);
    expect((await job(receipt)).state).toBe("completed");
    expect(signal?.aborted).toBe(false);
  });
});

describe("expiry", () => {
  test("a job that was claimed ahead and expired before its start never runs", async () => {
    const { yard, worker, job, ports } = stage();
    const first = gate();
    const ran: unknown[] = [];
    const own = worker({
      jobs: [
        any.handler(({ payload }) => {
          ran.push(payload);
          return payload === "slow" ? first.opened : undefined;
        }),
      ],
      queues: { default: { concurrency: 2 } },
    });
    await own.start();
    // Measured as fast, so that the next ones are claimed ahead of the slots.
    await yard.enqueueMany(any, Array(50).fill("quick"));
    await until(() => own.status.completed === 50);
    await yard.enqueueMany(any, ["slow", "slow"]);
    const brief = await yard.enqueue(any, "brief", { expiresIn: "2s" });
    await until(async () => (await job(brief)).state === "active");
    ports.advance(2_000);
    first.open();
    await until(async () => (await job(brief)).state === "cancelled");
    expect(await job(brief)).toMatchObject({ reason: "expired" });
    expect(ran).not.toContain("brief");
  });
});
