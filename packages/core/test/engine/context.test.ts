import { describe, expect, test } from "vitest";
import type { Adapter, FencedEntry, Settlement } from "../../src/contract/adapter.ts";
import { createYard } from "../../src/engine/yard/yard.ts";
import { defineJob, followUp } from "../../src/nouns/define.ts";
import type { Context } from "../../src/nouns/definition.ts";
import { QueueError } from "../../src/nouns/errors.ts";
import { manualPorts } from "../../src/testing/manual-ports.ts";
import { memoryAdapter } from "../../src/testing/memory/memory-adapter.ts";
import { anything, gate, mail, stage, turns, until } from "./stage.ts";

const any = defineJob("any", { payload: anything });
const coded = (code: string, more: object = {}): unknown => expect.objectContaining({ code, ...more });

/** Runs one job to its end with this handler. */
async function run(handler: (ctx: Context) => unknown) {
  const on = stage();
  const own = on.worker({ jobs: [any.handler((_, ctx) => handler(ctx))] });
  const receipt = await on.yard.enqueue(any, 1);
  await own.drain();
  return {
    ...on,
    own,
    receipt,
    final: await on.job(receipt),
    kinds: (await on.events(receipt)).map(({ kind }) => kind),
  };
}

describe("entries", () => {
  test("progress, logs and events are kept in order, and progress on the job too", async () => {
    const { final, events, receipt } = await run(async (ctx) => {
      await ctx.progress({ done: 1 });
      await ctx.log("half way");
      await ctx.event("page", { n: 7 });
      await ctx.event("bare");
      await ctx.progress(2);
    });
    expect(final).toMatchObject({ state: "completed", progress: "2" });
    expect((await events(receipt)).map(({ kind, data }) => [kind, data]).slice(2, -1)).toEqual([
      ["progress", '{"done":1}'],
      ["log", '"half way"'],
      ["page", '{"n":7}'],
      ["bare", "null"],
      ["progress", "2"],
    ]);
  });

  test("the next attempt sees the last progress", async () => {
    const seen: unknown[] = [];
    const { yard, worker, pass } = stage();
    const own = worker({
      jobs: [
        any.handler(async ({ progress }, ctx) => {
          seen.push(progress);
          await ctx.progress({ page: 3 });
          throw new Error("again");
        }),
      ],
    });
    await yard.enqueue(any, 1);
    await own.drain();
    await pass(5_000, 5_000);
    await own.drain();
    expect(seen).toEqual([null, { page: 3 }]);
  });

  test("may be left alone: the end of the run waits for them", async () => {
    const { kinds } = await run(({ progress, log }) => {
      void progress(1);
      void log("x");
    });
    expect(kinds).toEqual(["enqueue", "claim", "progress", "log", "complete"]);
  });

  test("left alone, and late: the job is settled after them all the same", async () => {
    const { yard, worker, store, pass, kindsOf } = withKinds();
    let away = 2;
    store.break("append", () => (away-- > 0 ? new QueueError("STORE_BUSY", "locked") : undefined));
    const own = worker({ jobs: [any.handler((_, ctx) => void ctx.log("x"))] });
    const receipt = await yard.enqueue(any, 1);
    await own.start();
    await pass(2_000);
    expect(await kindsOf(receipt)).toEqual(["enqueue", "claim", "log", "complete"]);
  });

  test("of all jobs of one tick travel as one call", async () => {
    const { yard, worker, store } = stage();
    const own = worker({ jobs: [any.handler((_, ctx) => ctx.log("x"))] });
    await yard.enqueueMany(any, Array(10).fill(1));
    await own.drain();
    expect(store.calls.append.map(([entries]) => (entries as FencedEntry[]).length)).toEqual([10]);
  });

  test.each<[string, (ctx: Context) => unknown, string]>([
    ["a kind that is a move", (ctx) => ctx.event("complete"), "BAD_NAME"],
    ["a kind of the engine's", (ctx) => ctx.event("log"), "BAD_NAME"],
    ["a kind that is no name", (ctx) => ctx.event("a:b"), "BAD_NAME"],
    ["progress that has no JSON form", (ctx) => ctx.progress(1n), "PAYLOAD_UNSERIALISABLE"],
    ["an event that is too large", (ctx) => ctx.event("x", "y".repeat(1_048_576)), "PAYLOAD_TOO_LARGE"],
  ])("%s fails the run, awaited or not", async (_, wrong, code) => {
    expect((await run((ctx) => void wrong(ctx))).final.errors).toMatchObject([{ code }]);
  });

  test("under a lost lease nothing is written, the handler is told, and its signal aborts", async () => {
    const { yard, worker, store, job, ports } = stage();
    const [inside, go] = [gate<AbortSignal>(), gate()];
    const refused = gate<unknown>();
    const own = worker({
      jobs: [
        any.handler(async (_, ctx) => {
          inside.open(ctx.signal);
          await go.opened;
          await ctx.log("still me?").catch(refused.open);
        }),
      ],
    });
    const receipt = await yard.enqueue(any, 1, { onLeaseLost: "hold" });
    await own.start();
    const signal = await inside.opened;
    await store.adapter.leaser.retire(own.session);
    const [expired] = await store.adapter.leaser.expired(10);
    const [lost] = expired?.jobs ?? [];
    if (lost === undefined) throw new Error("the job should be expired");
    await store.adapter.leaser.settle([rescueOf(lost.lease)]);
    go.open();
    expect(await refused.opened).toMatchObject({ code: "LEASE_LOST" });
    expect(signal.reason).toMatchObject({ code: "LEASE_LOST" });
    await until(() => own.status.running === 0);
    expect((await job(receipt)).state).toBe("stale");
    // The entry, and then the settlement.
    await until(() => own.status.refused === 2);
    expect(ports.monotonic()).toBe(0);
  });

  test("a store that is away for a moment is waited for, within the lease, and each failure is told", async () => {
    const { yard, worker, store, pass, job, errors, kindsOf } = withKinds();
    let away = 3;
    store.break("append", () => (away-- > 0 ? new QueueError("STORE_BUSY", "locked") : undefined));
    const own = worker({ jobs: [any.handler((_, ctx) => ctx.log("x"))] });
    const receipt = await yard.enqueue(any, 1);
    await own.start();
    await pass(5_000);
    expect((await job(receipt)).state).toBe("completed");
    expect(await kindsOf(receipt)).toEqual(["enqueue", "claim", "log", "complete"]);
    expect(errors).toMatchObject(Array(3).fill({ doing: "append", error: { code: "STORE_BUSY" } }));
  });
});

const rescueOf = (lease: Settlement["lease"]): Settlement => ({
  lease,
  guard: "expired",
  decision: {
    move: "rescue",
    to: "stale",
    charged: false,
    heldLimit: null,
    delayMs: 0,
    failure: { code: "LEASE_EXPIRED", message: "gone", stack: null },
  },
});

function withKinds() {
  const on = stage();
  return {
    ...on,
    kindsOf: async (ref: { queue: string; id: string }) => (await on.events(ref)).map(({ kind }) => kind),
  };
}

describe("snooze and cancel", () => {
  test("a snoozed job waits, and the attempt is not counted", async () => {
    const { final, ports, own } = await run((ctx) => ctx.snooze("10s"));
    expect(final).toMatchObject({ state: "waiting", attempt: 0, errors: [] });
    expect(final.runAt - ports.now()).toBe(10_000);
    expect(own.status).toMatchObject({ failed: 0, completed: 0 });
  });

  test("a job that its handler cancels keeps the reason given", async () => {
    expect((await run((ctx) => ctx.cancel("not needed any more"))).final).toMatchObject({
      state: "cancelled",
      reason: "handler",
      errors: [{ code: "CANCELLED", message: "not needed any more" }],
    });
    expect((await run((ctx) => ctx.cancel())).final).toMatchObject({
      state: "cancelled",
      reason: "handler",
      errors: [],
    });
  });

  test("hold even if the handler catches what they throw", async () => {
    const { final } = await run((ctx) => {
      try {
        ctx.snooze(1_000);
      } catch {
        return "went on";
      }
      return "not reached";
    });
    expect(final).toMatchObject({ state: "waiting", result: null });
  });

  test("a bad duration is a failed attempt", async () => {
    expect((await run((ctx) => ctx.snooze("soon" as "1s"))).final.errors).toMatchObject([{ code: "BAD_DURATION" }]);
  });
});

describe("the signal", () => {
  test("is made once, and may be taken out of the context", async () => {
    const { final } = await run((ctx) => {
      const { signal } = ctx;
      return { same: signal === ctx.signal, aborted: signal.aborted };
    });
    expect(final.result).toBe('{"same":true,"aborted":false}');
  });
});

describe("then", () => {
  const next = defineJob("next", { queue: "mail", payload: mail });

  test("the jobs that follow are enqueued in the step of the completion, with ids that a second try would make again", async () => {
    const { yard, worker, store, job } = stage();
    const first = any.handler(() => ({ to: "a@b" }), {
      followUps: ({ result, job: done }) => [
        followUp(next, result),
        followUp(next, { to: `${done.id}@b` }, { ref: "second", priority: 3, queue: "other" }),
      ],
    });
    const receipt = await yard.enqueue(any, 1);
    await worker({ jobs: [first] }).drain();
    expect((await job(receipt)).state).toBe("completed");
    const [one, two] = [...(await yard.board.jobs({ query: "name:next" })).items].toSorted(
      (a, b) => a.priority - b.priority,
    );
    expect(one).toMatchObject({ queue: "mail", parent: { queue: "default", id: receipt.id, epoch: 0, ref: "next" } });
    expect(two).toMatchObject({ queue: "other", priority: 3, parent: { ref: "second" } });
    expect(store.calls.enqueue).toHaveLength(1);

    const again = stage();
    await again.yard.enqueue(any, 1, { jobId: receipt.id });
    await again.worker({ jobs: [first] }).drain();
    const same = await again.job({ queue: "mail", id: one?.id ?? "" });
    expect(same).toMatchObject({ name: "next" });
  });

  test("one with an id of its own that another job has is told of, and the completion stands", async () => {
    const { yard, worker, job, errors } = stage();
    await yard.enqueue(next, { to: "b@b" }, { jobId: "taken" });
    const receipt = await yard.enqueue(any, 1);
    const jobs = [any.handler(() => 1, { followUps: () => [followUp(next, { to: "a@b" }, { jobId: "taken" })] })];
    await worker({ jobs }).drain();
    expect((await job(receipt)).state).toBe("completed");
    expect(errors).toMatchObject([{ doing: "followUps", error: { code: "ID_CONFLICT", detail: "mail/taken" } }]);
  });

  test("a parent is told to the job that follows", async () => {
    const { yard, worker } = stage();
    const parents: unknown[] = [];
    const receipt = await yard.enqueue(any, 1);
    const jobs = [
      any.handler(() => 1, { followUps: () => [followUp(next, { to: "a@b" })] }),
      next.handler(({ parent }) => void parents.push(parent)),
    ];
    await worker({ jobs }).drain();
    expect(parents).toEqual([{ queue: "default", id: receipt.id }]);
  });

  test.each<[string, () => never, string, RegExp]>([
    [
      "with a payload that its schema refuses",
      () => [followUp(next, { to: "x" })] as never,
      "RESULT_INVALID",
      /next: .*an address/,
    ],
    [
      "with an option that is none",
      () => [followUp(next, { to: "a@b" }, { priority: -1 })] as never,
      "RESULT_INVALID",
      /priority/,
    ],
    [
      "of one type twice without a ref",
      () => [followUp(next, { to: "a@b" }), followUp(next, { to: "c@d" })] as never,
      "RESULT_INVALID",
      /two follow-ups have the ref next/,
    ],
    ["that is no list", () => followUp(next, { to: "a@b" }) as never, "RESULT_INVALID", /not a list/],
    [
      "that throws",
      () => {
        throw new TypeError("oops");
      },
      "TypeError",
      /oops/,
    ],
  ])("%s fails the attempt, and nothing is enqueued", async (_, followUps, code, message) => {
    const { yard, worker, job } = stage();
    const receipt = await yard.enqueue(any, 1);
    await worker({ jobs: [any.handler(() => 1, { followUps })] }).drain();
    expect(await job(receipt)).toMatchObject({
      state: "waiting",
      errors: [{ code, message: expect.stringMatching(message) }],
    });
    expect((await yard.board.count("name:next")).n).toBe(0);
  });
});

describe("complete in the handler's own transaction", () => {
  /** What a settlement writes is done when the transaction commits: all a handler's author sees of one. */
  function transactional() {
    const ports = manualPorts();
    const memory = memoryAdapter({ ports });
    const adapter: Adapter = {
      ...memory,
      capabilities: { ...memory.capabilities, transactions: true },
      leaser: {
        ...memory.leaser,
        settle: async (settlements, options) => {
          const tx = options?.tx as Transaction | undefined;
          if (tx === undefined) return memory.leaser.settle(settlements);
          tx.commit = () => memory.leaser.settle(settlements);
          return settlements.map(() => ({ ok: true, state: "completed", reason: null, followUps: [] }));
        },
      },
    };
    const yard = createYard({ adapter, ports });
    const told: unknown[] = [];
    const worker = (handler: (ctx: Context) => unknown) =>
      yard.worker({
        jobs: [any.handler((_, ctx) => handler(ctx))],
        hooks: {
          onJobCompleted: (job, { result }) => void told.push([job.id, result]),
          onJobFailed: (job, { error }) => void told.push([job.id, error.message]),
        },
      });
    return { ports, yard, worker, told };
  }
  interface Transaction {
    commit: () => Promise<unknown>;
  }
  const begin = (): Transaction => ({ commit: async () => undefined });

  test("the job is completed by the commit; what the handler returns, or throws after it, is ignored", async () => {
    const { yard, worker, told } = transactional();
    for (const end of [() => "ignored", () => Promise.reject(new Error("late"))]) {
      const receipt = await yard.enqueue(any, 1);
      const own = worker(async (ctx) => {
        const tx = begin();
        await ctx.complete({ n: 1 }, { tx });
        await tx.commit();
        return end();
      });
      await own.drain();
      expect(await yard.board.job(receipt)).toMatchObject({ state: "completed", result: '{"n":1}', errors: [] });
      expect(own.status).toMatchObject({ completed: 1, failed: 0, refused: 0 });
      expect(told.splice(0)).toEqual([[receipt.id, '{"n":1}']]);
    }
  });

  test("the signal is quiet after the commit, though the lease is over by it", async () => {
    const { ports, yard, worker } = transactional();
    const rest = gate();
    const signals: AbortSignal[] = [];
    const receipt = await yard.enqueue(any, 1);
    const own = worker(async ({ complete, signal }) => {
      const tx = begin();
      await complete(null, { tx });
      await tx.commit();
      signals.push(signal);
      await rest.opened;
    });
    await own.start();
    await until(() => signals.length === 1);
    for (let beat = 0; beat < 4; beat++) {
      ports.advance("10s");
      await turns(20);
    }
    expect(signals[0]?.aborted).toBe(false);
    rest.open();
    await until(() => own.status.completed === 1);
    expect((await yard.board.job(receipt))?.state).toBe("completed");
    await own.stop();
  });

  test("without a commit the attempt has failed, with what the handler threw or that it did not commit", async () => {
    const { yard, worker } = transactional();
    for (const [end, message] of [
      [() => 1, "The transaction that completed this job was not committed."],
      [() => Promise.reject(new Error("rolled back")), "rolled back"],
    ] as const) {
      const receipt = await yard.enqueue(any, 1);
      await worker(async (ctx) => {
        await ctx.complete(null, { tx: begin() });
        return end();
      }).drain();
      expect(await yard.board.job(receipt)).toMatchObject({ state: "waiting", errors: [{ message }] });
    }
  });

  test("needs a transaction, and a backend that has them", async () => {
    const { yard, worker } = transactional();
    await yard.enqueue(any, 1);
    const error = gate<unknown>();
    await worker((ctx) => ctx.complete(1, {} as { tx: unknown }).catch(error.open)).drain();
    expect(await error.opened).toEqual(coded("BAD_OPTION", { field: "tx" }));
    expect((await run((ctx) => ctx.complete(1, { tx: {} }))).final.errors).toMatchObject([
      { code: "CAPABILITY_MISSING" },
    ]);
  });
});
