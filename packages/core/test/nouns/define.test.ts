import { describe, expect, expectTypeOf, test } from "vitest";
import { DEFAULT_BACKOFF } from "../../src/nouns/defaults.ts";
import { defineJob, followUp } from "../../src/nouns/define.ts";
import type { JobConfig } from "../../src/nouns/definition.ts";
import { anything, mail, schema } from "../engine/stage.ts";

const text = schema<string, number>((value) => ({ value: Number(value) }));

describe("a job type", () => {
  test("with nothing but a payload has the defaults", () => {
    expect(defineJob("email.send", { payload: mail })).toMatchObject({
      name: "email.send",
      queue: "default",
      version: 1,
      dedupe: null,
      options: {
        priority: 0,
        maxAttempts: 3,
        backoff: DEFAULT_BACKOFF,
        timeoutMs: null,
        expiresInMs: null,
        onLeaseLost: "retry",
        tags: [],
      },
    });
  });

  test("has its durations in milliseconds and its tags once", () => {
    const { options } = defineJob("a", {
      payload: mail,
      timeout: "5m",
      expiresIn: "1h",
      backoff: ["1s", 4_000],
      tags: ["x", "y", "x"],
    });
    expect(options).toMatchObject({
      timeoutMs: 300_000,
      expiresInMs: 3_600_000,
      backoff: [1_000, 4_000],
      tags: ["x", "y"],
    });
  });

  test.each([
    [
      { type: "fixed", delay: "10s" },
      { type: "fixed", delayMs: 10_000, maxDelayMs: 600_000, jitter: 0 },
    ],
    [
      { type: "linear", delay: "1h" },
      { type: "linear", delayMs: 3_600_000, maxDelayMs: 3_600_000, jitter: 0 },
    ],
    [
      { type: "exponential", delay: 5, maxDelay: "1s", jitter: 1 },
      { type: "exponential", delayMs: 5, maxDelayMs: 1_000, jitter: 1 },
    ],
  ] as const)("its backoff %j is kept as %j", (backoff, kept) => {
    expect(defineJob("a", { payload: mail, backoff }).options.backoff).toEqual(kept);
  });

  test("keeps a backoff function as it is", () => {
    const backoff = (): number => 5;
    expect(defineJob("a", { payload: mail, backoff }).options.backoff).toBe(backoff);
  });

  test.each<[string, object, string]>([
    ["BAD_NAME", { queue: "a:b" }, "queue"],
    ["BAD_NAME", { tags: ["a\n"] }, "tags"],
    ["BAD_OPTION", { payload: {} }, "payload"],
    ["BAD_OPTION", { payload: undefined }, "payload"],
    ["BAD_OPTION", { version: 0 }, "version"],
    ["BAD_OPTION", { priority: -1 }, "priority"],
    ["BAD_OPTION", { priority: 2_097_152 }, "priority"],
    ["BAD_OPTION", { priority: 1.5 }, "priority"],
    ["BAD_OPTION", { maxAttempts: 0 }, "maxAttempts"],
    ["BAD_OPTION", { tags: Array.from({ length: 21 }, (_, index) => `t${index}`) }, "tags"],
    ["BAD_OPTION", { onLeaseLost: "forget" }, "onLeaseLost"],
    ["BAD_OPTION", { timeout: 0 }, "timeout"],
    ["BAD_OPTION", { backoff: [] }, "backoff"],
    ["BAD_OPTION", { backoff: { type: "random", delay: 1 } }, "backoff.type"],
    ["BAD_OPTION", { backoff: { type: "fixed", delay: 1, jitter: 2 } }, "backoff.jitter"],
    ["BAD_OPTION", { backoff: { type: "fixed", delay: 1, factor: 2 } }, "factor"],
    ["BAD_OPTION", { limiter: { max: 1 } }, "limiter"],
    ["BAD_DURATION", { timeout: "5 minutes" }, "timeout"],
    ["BAD_DURATION", { expiresIn: -1 }, "expiresIn"],
    ["BAD_DURATION", { backoff: [1, "x"] }, "backoff[1]"],
    ["BAD_DURATION", { backoff: { type: "fixed", delay: "x" } }, "backoff.delay"],
  ])("%s for %j, and the error names the field", (code, wrong, field) => {
    expect(() => defineJob("a", { payload: mail, ...wrong } as JobConfig<typeof mail>)).toThrow(
      expect.objectContaining({ code, field }),
    );
  });

  test("needs a name", () => {
    expect(() => defineJob("", { payload: mail })).toThrow(
      expect.objectContaining({ code: "BAD_NAME", field: "name" }),
    );
  });
});

test("types run from producer to handler: the schema's input goes in, its output comes out, the result reaches `followUps`", () => {
  const job = defineJob("a", { payload: text, dedupe: (payload) => ({ key: payload.trim() }) });
  const bound = job.handler(
    (running) => {
      expectTypeOf(running.payload).toEqualTypeOf<number>();
      return { doubled: running.payload * 2 };
    },
    {
      followUps: ({ result, job: done }) => {
        expectTypeOf(result).toEqualTypeOf<{ doubled: number }>();
        expectTypeOf(done.payload).toEqualTypeOf<number>();
        return [followUp(job, "7")];
      },
    },
  );
  expect(bound.definition).toBe(job);
});

test("a bound job is no promise: awaiting it gives it back", async () => {
  const bound = defineJob("a", { payload: anything }).handler(() => 1, { followUps: () => [] });
  expect(await bound).toBe(bound);
});

test.each<[string, object]>([
  ["followups", { followups: () => [] }],
  ["followUps", { followUps: [] }],
])("what is given beside a handler is never ignored: %s", (field, beside) => {
  expect(() => defineJob("a", { payload: anything }).handler(() => 1, beside)).toThrow(
    expect.objectContaining({ code: "BAD_OPTION", field }),
  );
});

describe("a follow-up", () => {
  const job = defineJob("b", { payload: mail });
  test("is told apart by its type's name, or by its own ref", () => {
    expect(followUp(job, { to: "a@b" })).toMatchObject({ ref: "b", options: {} });
    expect(followUp(job, { to: "a@b" }, { ref: "second", delay: "1s" })).toMatchObject({
      ref: "second",
      options: { delay: "1s" },
    });
  });
  test("may be named by the job with its handler", () => {
    expect(
      followUp(
        job.handler(() => 1),
        { to: "a@b" },
      ).definition,
    ).toBe(job);
    expect(() => followUp({} as never, 1)).toThrow(expect.objectContaining({ code: "BAD_OPTION", field: "job" }));
  });
  test("belongs to its parent's step, not to a transaction of its own", () => {
    expect(() => followUp(job, { to: "a@b" }, { tx: {} } as object)).toThrow(
      expect.objectContaining({ code: "BAD_OPTION" }),
    );
    expect(() => followUp(job, { to: "a@b" }, { ref: "a:b" })).toThrow(expect.objectContaining({ code: "BAD_NAME" }));
  });
});
