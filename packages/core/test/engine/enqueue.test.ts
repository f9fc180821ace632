import { describe, expect, test } from "vitest";
import type { NewJob } from "../../src/contract/adapter.ts";
import { checkRawJob } from "../../src/engine/yard/prepare.ts";
import { createYard } from "../../src/engine/yard/yard.ts";
import { defineJob } from "../../src/nouns/define.ts";
import type { EnqueueOptions } from "../../src/nouns/definition.ts";
import { QueueError } from "../../src/nouns/errors.ts";
import { anything, mail, schema, stage } from "./stage.ts";

const send = defineJob("email.send", { queue: "mail", payload: mail });
const any = defineJob("any", { payload: anything });
const to = { to: "ada@example.com" };
const coded = (code: string, more: object = {}): unknown => expect.objectContaining({ code, ...more });

describe("enqueue", () => {
  test("answers with where the job is", async () => {
    const { yard, job } = stage();
    const receipt = await yard.enqueue(send, to);
    expect(receipt).toEqual({ queue: "mail", id: expect.any(String), state: "waiting", duplicate: false });
    expect(await job(receipt)).toMatchObject({
      name: "email.send",
      payload: JSON.stringify(to),
      maxAttempts: 3,
      version: 1,
    });
  });

  test("takes a job with its handler as well as its definition, with the same types", async () => {
    const { yard, job } = stage();
    const bound = send.handler(() => 1);
    const receipt = await yard.enqueue(bound, to);
    expect(await job(receipt)).toMatchObject({ name: "email.send", queue: "mail" });
    expect(await yard.enqueueMany(bound, [to])).toMatchObject([{ ok: true }]);
    // @ts-expect-error: no `to`
    await expect(yard.enqueue(bound, { address: "ada@example.com" })).rejects.toThrow(coded("PAYLOAD_INVALID"));
  });

  test.each([undefined, null, "email.send", {}, () => 1])("refuses what is no job type: %j", async (odd) => {
    const { yard } = stage();
    await expect(yard.enqueue(odd as never, to)).rejects.toThrow(coded("BAD_OPTION", { field: "job" }));
    await expect(yard.enqueueMany(odd as never, [to])).rejects.toThrow(coded("BAD_OPTION", { field: "job" }));
  });

  test("takes every option of this call over the type's", async () => {
    const { yard, job } = stage();
    const type = defineJob("a", {
      payload: anything,
      priority: 5,
      maxAttempts: 7,
      tags: ["type"],
      timeout: "1m",
      backoff: [1],
    });
    const plain = await job(await yard.enqueue(type, 1));
    expect(plain).toMatchObject({
      queue: "default",
      priority: 5,
      maxAttempts: 7,
      tags: ["type"],
      timeoutMs: 60_000,
      backoff: [1],
    });
    const own = await job(
      await yard.enqueue(type, 1, {
        queue: "other",
        jobId: "mine",
        priority: 1,
        maxAttempts: 2,
        tags: ["call"],
        timeout: "2m",
        backoff: ["2s"],
        expiresIn: "1h",
        onLeaseLost: "hold",
        group: "g",
        delay: "10s",
        dedupe: { key: "k" },
      }),
    );
    expect(own).toMatchObject({
      queue: "other",
      id: "mine",
      priority: 1,
      maxAttempts: 2,
      tags: ["call"],
      timeoutMs: 120_000,
      backoff: [2_000],
      onLeaseLost: "hold",
      group: "g",
      dedupeKey: "k",
    });
    expect(own.runAt - own.createdAt).toBe(10_000);
    expect((own.expiresAt as number) - own.createdAt).toBe(3_600_000);
  });

  test("runAt is an instant, as a date or a number", async () => {
    const { yard, job, ports } = stage();
    const at = ports.now() + 5_000;
    expect((await job(await yard.enqueue(any, 1, { runAt: new Date(at) }))).runAt).toBe(at);
    expect((await job(await yard.enqueue(any, 1, { runAt: at }))).runAt).toBe(at);
  });

  test.each<[string, EnqueueOptions, string]>([
    ["BAD_OPTION", { delay: 1, runAt: 1 }, "runAt"],
    ["BAD_OPTION", { runAt: new Date(Number.NaN) }, "runAt"],
    ["BAD_OPTION", { backoff: () => 1 }, "backoff"],
    ["BAD_OPTION", { priority: -1 }, "priority"],
    ["BAD_OPTION", { limiter: 1 } as EnqueueOptions, "limiter"],
    ["BAD_OPTION", { dedupe: { key: "k", while: "never" as "open" } }, "dedupe.while"],
    ["BAD_OPTION", { dedupe: { key: "k", onConflict: "fail" as "skip" } }, "dedupe.onConflict"],
    ["BAD_NAME", { jobId: "42" }, "jobId"],
    ["BAD_NAME", { queue: "" }, "queue"],
    ["BAD_NAME", { group: "a:b" }, "group"],
    ["BAD_NAME", { dedupe: { key: "" } }, "dedupe.key"],
    ["BAD_DURATION", { delay: "soon" as "1s" }, "delay"],
    ["BAD_DURATION", { dedupe: { key: "k", while: { for: "x" as "1s" } } }, "dedupe.while.for"],
  ])("%s for %j, nothing written", async (code, options, field) => {
    const { yard, store } = stage();
    await expect(yard.enqueue(any, 1, options)).rejects.toThrow(coded(code, { field }));
    expect(store.calls.enqueue).toEqual([]);
  });

  test("dedupe of the type is made from the payload, and this call's own comes first", async () => {
    const { yard, job } = stage();
    const type = defineJob("a", { payload: mail, dedupe: (payload) => ({ key: payload.to, while: { for: "1m" } }) });
    const first = await yard.enqueue(type, to);
    expect((await job(first)).dedupeKey).toBe(to.to);
    expect(await yard.enqueue(type, to)).toEqual({ ...first, duplicate: true });
    expect(await yard.enqueue(type, to, { dedupe: { key: "other" } })).toMatchObject({ duplicate: false });
  });

  test("the same id is a duplicate, with another payload a conflict", async () => {
    const { yard } = stage();
    const first = await yard.enqueue(send, to, { jobId: "welcome" });
    expect(await yard.enqueue(send, to, { jobId: "welcome" })).toEqual({ ...first, duplicate: true });
    await expect(yard.enqueue(send, { to: "b@b" }, { jobId: "welcome" })).rejects.toThrow(
      coded("ID_CONFLICT", { field: "jobId", message: expect.stringContaining("mail/welcome") }),
    );
  });

  test("a full queue refuses, and says when to try again", async () => {
    const { yard } = stage();
    await yard.board.configure("mail", { maxSize: 1 }, { actor: "test" });
    await yard.enqueue(send, to);
    await expect(yard.enqueue(send, to)).rejects.toThrow(
      coded("QUEUE_FULL", { name: "QueueFullError", retryAfterMs: 1_000 }),
    );
  });

  test("tx needs a backend with transactions", async () => {
    const { yard } = stage();
    await expect(yard.enqueue(send, to, { tx: {} })).rejects.toThrow(coded("CAPABILITY_MISSING", { field: "tx" }));
  });
});

describe("a payload", () => {
  test("is refused with the paths that differ, and what was expected", async () => {
    const { yard, store } = stage();
    await expect(yard.enqueue(send, { to: "nobody" })).rejects.toThrow(
      coded("PAYLOAD_INVALID", {
        issues: [{ path: "to", message: "an address with an @" }],
        message: expect.stringMatching(/^email\.send: to: an address with an @\./),
      }),
    );
    expect(store.calls.enqueue).toEqual([]);
  });

  test("may be checked by a schema that takes its time", async () => {
    const { yard } = stage();
    const slow = defineJob("slow", {
      payload: {
        "~standard": {
          version: 1,
          vendor: "test",
          validate: async (value) =>
            value === 1 ? { value } : { issues: [{ message: "one", path: [{ key: "a" }, 0] }] },
        },
      },
    });
    expect(await yard.enqueue(slow, 1)).toMatchObject({ state: "waiting" });
    await expect(yard.enqueue(slow, 2)).rejects.toThrow(
      coded("PAYLOAD_INVALID", { issues: [{ path: "a.0", message: "one" }] }),
    );
  });

  test("is stored as its input was written, not as the schema's output", async () => {
    const { yard, job } = stage();
    const upper = defineJob("u", {
      payload: schema<string, string>((value) => ({ value: String(value).toUpperCase() })),
    });
    expect((await job(await yard.enqueue(upper, "a\u0000b"))).payload).toBe('"a\\u0000b"');
  });

  test.each<[string, unknown]>([
    ["a function", () => 1],
    ["nothing at its root", undefined],
    ["a symbol", Symbol("s")],
    ["a BigInt", { n: 1n }],
    [
      "a cycle",
      (() => {
        const cycle: Record<string, unknown> = {};
        cycle["self"] = cycle;
        return cycle;
      })(),
    ],
    [
      "a toJSON that throws",
      {
        toJSON: () => {
          throw new Error("no");
        },
      },
    ],
  ])("with %s cannot be written", async (_, payload) => {
    const { yard } = stage();
    await expect(yard.enqueue(any, payload)).rejects.toThrow(coded("PAYLOAD_UNSERIALISABLE"));
  });

  test("is measured in bytes of UTF-8", async () => {
    const { store, ports } = stage();
    const yard = createYard({ adapter: store.adapter, ports, maxPayloadBytes: 12 });
    expect(await yard.enqueue(any, "ää😀12")).toMatchObject({ state: "waiting" });
    await expect(yard.enqueue(any, "ää😀123")).rejects.toThrow(
      coded("PAYLOAD_TOO_LARGE", { message: expect.stringContaining("13 bytes, at most 12") }),
    );
  });

  test("may be 1 MiB, and at most 8 MiB if the yard says so", async () => {
    const { yard, store } = stage();
    await expect(yard.enqueue(any, "x".repeat(1_048_575))).rejects.toThrow(coded("PAYLOAD_TOO_LARGE"));
    expect(await yard.enqueue(any, "x".repeat(1_048_574))).toMatchObject({ state: "waiting" });
    expect(() => createYard({ adapter: store.adapter, maxPayloadBytes: 8_388_609 })).toThrow(coded("BAD_OPTION"));
    expect(() => createYard({ adapter: store.adapter, maxPayloadBytes: 0 })).toThrow(coded("BAD_OPTION"));
    expect(() => createYard({ adapter: store.adapter, pool: 1 } as { adapter: typeof store.adapter })).toThrow(
      coded("BAD_OPTION", { field: "pool" }),
    );
  });
});

describe("coalescing", () => {
  const batches = (calls: readonly unknown[][]): number[] => calls.map(([jobs]) => (jobs as NewJob[]).length);

  test("all enqueues of one tick travel as one call, each with its own answer", async () => {
    const { yard, store } = stage();
    const receipts = await Promise.all(Array.from({ length: 100 }, (_, index) => yard.enqueue(any, index)));
    expect(batches(store.calls.enqueue)).toEqual([100]);
    expect(new Set(receipts.map(({ id }) => id)).size).toBe(100);
  });

  test("while a batch is on its way the next ones gather, and no more than a thousand travel together", async () => {
    const { yard, store } = stage();
    const first = yard.enqueue(any, 0);
    await first;
    const many = Array.from({ length: 2_500 }, (_, index) => yard.enqueue(any, index));
    await Promise.all(many);
    expect(batches(store.calls.enqueue)).toEqual([1, 1_000, 1_000, 500]);
  });

  test("order of enqueueing is order in the store", async () => {
    const { yard, store } = stage();
    await Promise.all(Array.from({ length: 5 }, (_, index) => yard.enqueue(any, index)));
    const written = store.calls.enqueue.flatMap(([jobs]) => jobs as NewJob[]);
    expect(written.map(({ payload }) => payload)).toEqual(["0", "1", "2", "3", "4"]);
  });

  test("one job that the store cannot take fails alone", async () => {
    const { yard, store } = stage();
    store.break("enqueue", (jobs: readonly NewJob[]) =>
      jobs.some(({ payload }) => payload === "2") ? new TypeError("cannot bind") : undefined,
    );
    const answers = await Promise.allSettled([1, 2, 3].map((payload) => yard.enqueue(any, payload)));
    expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(batches(store.calls.enqueue)).toEqual([3, 1, 1, 1]);
  });

  test("a store that is away fails all at once, and is not asked for each", async () => {
    const { yard, store } = stage();
    store.break("enqueue", () => new QueueError("STORE_UNAVAILABLE", "gone"));
    const answers = await Promise.allSettled([1, 2, 3].map((payload) => yard.enqueue(any, payload)));
    expect(answers.map((answer) => answer.status === "rejected" && answer.reason.code)).toEqual(
      Array(3).fill("STORE_UNAVAILABLE"),
    );
    expect(batches(store.calls.enqueue)).toEqual([3]);
  });

  test("a batch that was written although it failed is not written twice, and no job is called a duplicate of itself", async () => {
    const { yard, store, job } = stage();
    let failures = 0;
    store.break("enqueue", () => (failures++ === 0 ? new Error("connection reset") : undefined), "after");
    const receipts = await Promise.all([1, 2].map((payload) => yard.enqueue(any, payload)));
    expect(receipts.map(({ duplicate }) => duplicate)).toEqual([false, false]);
    expect(await Promise.all(receipts.map(async (receipt) => (await job(receipt)).payload))).toEqual(["1", "2"]);
    expect((await yard.board.count("")).n).toBe(2);
  });
});

describe("enqueueMany", () => {
  test("gives one answer per payload, in order; one that is refused stops no other", async () => {
    const { yard } = stage();
    await yard.board.configure("mail", { maxSize: 2 }, { actor: "test" });
    const answers = await yard.enqueueMany(send, [to, to, to]);
    expect(answers.map((answer) => (answer.ok ? answer.state : answer.code))).toEqual([
      "waiting",
      "waiting",
      "QUEUE_FULL",
    ]);
    expect(answers[2]).toMatchObject({ ok: false, retryAfterMs: 1_000, ref: { queue: "mail" } });
  });

  test("tells of all faulty payloads together, before anything is written", async () => {
    const { yard, store } = stage();
    await expect(yard.enqueueMany(send, [to, { to: "x" }, to, { to: "y" }])).rejects.toThrow(
      coded("PAYLOAD_INVALID", {
        issues: [
          { path: "1.to", message: "an address with an @" },
          { path: "3.to", message: "an address with an @" },
        ],
      }),
    );
    expect(store.calls.enqueue).toEqual([]);
  });

  test("faults of one kind keep their code, others become one", async () => {
    const { yard } = stage();
    await expect(yard.enqueueMany(any, [1, 1n, 2n])).rejects.toThrow(
      coded("PAYLOAD_UNSERIALISABLE", {
        issues: [expect.objectContaining({ path: "1" }), expect.objectContaining({ path: "2" })],
      }),
    );
    await expect(yard.enqueueMany(any, [1n, "x".repeat(1_048_576)])).rejects.toThrow(coded("PAYLOAD_INVALID"));
  });

  test("travels in calls of a thousand", async () => {
    const { yard, store } = stage();
    const answers = await yard.enqueueMany(any, Array(2_001).fill(1));
    expect(answers).toHaveLength(2_001);
    expect(store.calls.enqueue.map(([jobs]) => (jobs as NewJob[]).length)).toEqual([1_000, 1_000, 1]);
  });

  test("takes no single id", async () => {
    const { yard } = stage();
    await expect(yard.enqueueMany(any, [1], { jobId: "a" } as object)).rejects.toThrow(
      coded("BAD_OPTION", { field: "jobId" }),
    );
  });
});

describe("enqueueRaw", () => {
  const payload = '{ "n": 12345678901234567890,\t"a":1 }';

  test("stores the text as it is", async () => {
    const { yard, job } = stage();
    const [answer] = await yard.enqueueRaw([
      { name: "email.send", payload, version: 2, options: { queue: "mail", jobId: "raw" } },
    ]);
    expect(answer).toEqual({ ok: true, queue: "mail", id: "raw", state: "waiting", duplicate: false });
    expect(await job({ queue: "mail", id: "raw" })).toMatchObject({ payload, version: 2, name: "email.send" });
  });

  test("refuses what is no JSON, and names the job if there are several", async () => {
    const { yard, store } = stage();
    await expect(yard.enqueueRaw([{ name: "a", payload: "{" }])).rejects.toThrow(coded("PAYLOAD_INVALID"));
    await expect(
      yard.enqueueRaw([
        { name: "a", payload: "1" },
        { name: "a", payload: "nope" },
      ]),
    ).rejects.toThrow(coded("PAYLOAD_INVALID", { issues: [expect.objectContaining({ path: "1" })] }));
    await expect(yard.enqueueRaw([{ name: "a:b", payload: "1" }])).rejects.toThrow(coded("BAD_NAME"));
    await expect(yard.enqueueRaw([{ name: "a", payload: `"${"x".repeat(1_048_576)}"` }])).rejects.toThrow(
      coded("PAYLOAD_TOO_LARGE"),
    );
    expect(store.calls.enqueue).toEqual([]);
  });

  test("refusals are answers", async () => {
    const { yard } = stage();
    await yard.enqueueRaw([{ name: "a", payload: "1", options: { jobId: "x" } }]);
    const answers = await yard.enqueueRaw([
      { name: "a", payload: "1", options: { jobId: "x" } },
      { name: "a", payload: "2", options: { jobId: "x" } },
    ]);
    expect(answers).toMatchObject([
      { ok: true, duplicate: true },
      { ok: false, code: "ID_CONFLICT" },
    ]);
  });
});

describe("enqueueRaw with the job's definition", () => {
  const strict = defineJob("strict", {
    queue: "docs",
    version: 3,
    maxAttempts: 7,
    tags: ["typed"],
    payload: mail,
    dedupe: ({ to }) => ({ key: to }),
  });

  test("has its queue, version, options and dedupe, and those of the call come first", async () => {
    const { yard, job } = stage();
    const payload = '{ "to": "ada@example.com" }';
    await yard.enqueueRaw([{ name: "strict", payload, definition: strict, options: { jobId: "a", maxAttempts: 2 } }]);
    expect(await job({ queue: "docs", id: "a" })).toMatchObject({
      payload,
      version: 3,
      maxAttempts: 2,
      tags: ["typed"],
      dedupeKey: "ada@example.com",
    });
    const own = { jobId: "b", queue: "mail", dedupe: { key: "mine" } };
    await yard.enqueueRaw([{ name: "strict", payload, version: 4, definition: strict.handler(() => 1), options: own }]);
    expect(await job({ queue: "mail", id: "b" })).toMatchObject({ version: 4, dedupeKey: "mine" });
  });

  test("is checked against its schema, with or without a yard", async () => {
    const { yard, store } = stage();
    const raw = { name: "strict", payload: '{"to":7}', definition: strict };
    const fault = coded("PAYLOAD_INVALID", { issues: [expect.objectContaining({ path: "to" })] });
    await expect(yard.enqueueRaw([raw])).rejects.toThrow(fault);
    await expect(checkRawJob(raw)).rejects.toThrow(fault);
    await checkRawJob({ ...raw, payload: '{"to":"ada@example.com"}' });
    await expect(checkRawJob({ ...raw, name: "other" })).rejects.toThrow(coded("BAD_OPTION", { field: "definition" }));
    expect(store.calls.enqueue).toEqual([]);
  });
});

describe("close", () => {
  test("waits for what is on its way, closes the store once, and refuses more", async () => {
    const { yard } = stage();
    const receipt = yard.enqueue(any, 1);
    await Promise.all([yard.close(), yard.close()]);
    expect(await receipt).toMatchObject({ state: "waiting" });
    await expect(yard.enqueue(any, 2)).rejects.toThrow(coded("STORE_CLOSED"));
    await expect(yard.enqueueMany(any, [2])).rejects.toThrow(coded("STORE_CLOSED"));
    expect(() => yard.worker({ jobs: [any.handler(() => 1)] })).toThrow(coded("STORE_CLOSED"));
  });
});
