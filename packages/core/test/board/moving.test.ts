import { describe, expect, test } from "vitest";
import { createBoard } from "../../src/engine/board/board.ts";
import type { BulkProgress } from "../../src/engine/surface.ts";
import { isQueueError } from "../../src/nouns/errors.ts";
import { OPERATOR_MOVES } from "../../src/nouns/lifecycle.ts";
import { BURY, setup } from "./bench.ts";

const by = { actor: "ana" };
const code = (code: string) => expect.toSatisfy((error) => isQueueError(error, code as never), `a QueueError ${code}`);

describe("moves of named jobs", () => {
  test("a dead job is requeued with an edited payload, kept byte for byte", async () => {
    const { board, enqueue, end } = setup();
    const refs = await enqueue({});
    await end(BURY);
    const payload = '{ "n": 9007199254740993 }';
    expect(await board.move("requeue", refs, { ...by, payload, delayMs: 60_000 })).toMatchObject([
      { outcome: "done", state: "waiting" },
    ]);
    const [ref] = refs;
    expect(ref && (await board.job(ref))).toMatchObject({ payload, attempt: 0 });
    expect(await board.audit()).toMatchObject([{ actor: "ana", action: "requeue", count: 1 }]);
  });

  test("the payload must be JSON and within the limit", async () => {
    const { board, adapter, ports, enqueue } = setup();
    const refs = await enqueue({});
    await expect(board.move("edit", refs, { ...by, payload: "{a:1}" })).rejects.toEqual(code("PAYLOAD_INVALID"));
    const long = JSON.stringify("x".repeat(1_048_576));
    await expect(board.move("edit", refs, { ...by, payload: long })).rejects.toEqual(code("PAYLOAD_TOO_LARGE"));
    const roomy = createBoard(adapter, ports, { maxPayloadBytes: 2_000_000 });
    expect(await roomy.move("edit", refs, { ...by, payload: long })).toMatchObject([{ outcome: "done" }]);
  });

  test("an option that the move does not read is refused, not ignored", async () => {
    const { board, enqueue } = setup();
    const refs = await enqueue({});
    const reads: Partial<Record<string, readonly string[]>> = {
      requeue: ["payload", "delayMs"],
      reschedule: ["delayMs"],
      reprioritise: ["priority"],
      edit: ["payload"],
    };
    const values = { payload: "1", delayMs: 1, priority: 1 };
    for (const move of OPERATOR_MOVES)
      for (const [field, value] of Object.entries(values)) {
        if (reads[move]?.includes(field)) continue;
        const given = { ...by, opId: "op", ...Object.fromEntries((reads[move] ?? []).map((name) => [name, 1])) };
        await expect(board.move(move, refs, { ...given, [field]: value })).rejects.toMatchObject({
          code: "BAD_OPTION",
          field,
        });
      }
  });

  test.each([
    ["reschedule", {}, "delayMs"],
    ["reprioritise", {}, "priority"],
    ["edit", {}, "payload"],
    ["revert", {}, "opId"],
    ["reschedule", { delayMs: -1 }, "delayMs"],
    ["reschedule", { delayMs: Number.POSITIVE_INFINITY }, "delayMs"],
    ["reprioritise", { priority: 2_097_152 }, "priority"],
    ["cancel", { actor: " " }, "actor"],
    ["cancel", { reason: "x".repeat(501) }, "reason"],
    ["cancel", { expectEpoch: -1 }, "expectEpoch"],
    ["bury", {}, "move"],
  ])("%s with %o is refused for %s", async (move, options, field) => {
    const { board, enqueue } = setup();
    const refs = await enqueue({});
    await expect(board.move(move as "cancel", refs, { ...by, ...options })).rejects.toMatchObject({
      code: "BAD_OPTION",
      field,
    });
    expect(await board.audit()).toEqual([]);
  });

  test("more jobs than one call of the store takes are moved in order", async () => {
    const { board, enqueue } = setup();
    const refs = await enqueue(...Array.from({ length: 1_100 }, () => ({})));
    const results = await board.move("cancel", refs, { ...by, ...({ payload: undefined } as object) });
    expect(results.map(({ ref }) => ref.id)).toEqual(refs.map(({ id }) => id));
    expect((await board.audit()).map(({ count }) => count)).toEqual([100, 500, 500]);
  });
});

describe("moves of everything that matches", () => {
  test("a preview counts, groups and samples without writing", async () => {
    const { board, enqueue, end, ports } = setup();
    await enqueue({}, {}, { name: "extract" }, {}, {}, {});
    await end(BURY);
    await enqueue({});
    const preview = await board.preview("state:dead");
    expect(preview).toMatchObject({
      upTo: ports.now(),
      count: { n: 6, exact: true },
      byState: [{ value: "dead", count: { n: 6 } }],
      byName: [
        { value: "greet", count: { n: 5 } },
        { value: "extract", count: { n: 1 } },
      ],
    });
    expect(preview.sample).toHaveLength(5);
    expect(await board.audit()).toEqual([]);
  });

  test("what was previewed is moved, and nothing that came later", async () => {
    const { board, enqueue, ports } = setup();
    await enqueue(...Array.from({ length: 1_203 }, () => ({})));
    const { upTo, count } = await board.preview("state:waiting");
    ports.advance("1ms");
    await enqueue({ id: "later" });
    const seen: BulkProgress[] = [];
    const result = await board.moveMatching("cancel", "state:waiting", {
      ...by,
      upTo,
      opId: "op-1",
      onProgress: (p) => seen.push(p),
    });
    expect(result).toEqual({ seen: count.n, done: 1_203, skipped: {}, reachedEnd: true });
    expect(seen.map(({ seen: n }) => n)).toEqual([500, 1_000, 1_203]);
    expect((await board.jobs({ query: "state:waiting" })).items).toMatchObject([{ id: "later" }]);
    expect(await board.count("op:op-1")).toMatchObject({ n: 1_203 });
  });

  test("an exact preview counts beyond the cap, page by page, and only what was there", async () => {
    const { board, enqueue, ports } = setup();
    await enqueue(...Array.from({ length: 10_400 }, () => ({})));
    expect((await board.preview("")).count).toEqual({ n: 10_000, exact: false });
    const seen: number[] = [];
    const exact = board.preview("", { exact: true, onProgress: (n) => seen.push(n) });
    ports.advance("1ms");
    await enqueue({});
    expect(await exact).toMatchObject({ count: { n: 10_400, exact: true }, byState: [{ count: { n: 10_400 } }] });
    expect(seen).toHaveLength(21);
  });

  test("an exact preview that is stopped tells what it counted until then", async () => {
    const { board, enqueue } = setup();
    await enqueue(...Array.from({ length: 1_200 }, () => ({})));
    const stop = new AbortController();
    const { count } = await board.preview("", { exact: true, signal: stop.signal, onProgress: () => stop.abort() });
    expect(count).toEqual({ n: 500, exact: false });
  });

  test("what became of each job is told page by page", async () => {
    const { board, enqueue, claim, ports } = setup();
    await enqueue(...Array.from({ length: 501 }, () => ({})));
    await claim(1);
    const pages: string[][] = [];
    await board.moveMatching("cancel", "", {
      ...by,
      upTo: ports.now(),
      onResults: (results) => pages.push(results.map(({ outcome }) => outcome)),
    });
    expect(pages.map((page) => page.length)).toEqual([500, 1]);
    expect(pages.flat().filter((outcome) => outcome === "requested")).toHaveLength(1);
  });

  test("what cannot be moved is counted by its outcome", async () => {
    const { board, enqueue, claim, ports } = setup();
    await enqueue({}, {}, {});
    await claim(2);
    const all = { ...by, upTo: ports.now() };
    expect(await board.moveMatching("cancel", "", all)).toMatchObject({ seen: 3, done: 1, skipped: { requested: 2 } });
    expect(await board.moveMatching("remove", "", all)).toMatchObject({ seen: 3, done: 1, skipped: { busy: 2 } });
  });

  test("a rate spreads the pages over time", async () => {
    const { board, enqueue, ports } = setup();
    await enqueue(...Array.from({ length: 25 }, () => ({})));
    const at: (readonly [seen: number, ms: number])[] = [];
    const startedAt = ports.monotonic();
    const run = board.moveMatching("cancel", "state:waiting", {
      ...by,
      upTo: ports.now(),
      rate: 10,
      onProgress: ({ seen }) => at.push([seen, ports.monotonic() - startedAt]),
    });
    for (const pages of [1, 2, 3]) {
      await settled(() => at.length === pages);
      ports.advance("500ms");
      await settled(() => true);
      expect(at).toHaveLength(pages);
      ports.advance("500ms");
    }
    expect(await run).toMatchObject({ done: 25 });
    expect(at).toEqual([
      [10, 0],
      [20, 1_000],
      [25, 2_000],
    ]);
  });

  test("a rate does not make up for time that was lost", async () => {
    const { board, enqueue, ports } = setup();
    await enqueue(...Array.from({ length: 40 }, () => ({})));
    const at: (readonly [seen: number, ms: number])[] = [];
    const startedAt = ports.monotonic();
    const run = board.moveMatching("cancel", "state:waiting", {
      ...by,
      upTo: ports.now(),
      rate: 10,
      onProgress: ({ seen }) => {
        at.push([seen, ports.monotonic() - startedAt]);
        // The store was busy.
        if (seen === 10) ports.advance("10s");
      },
    });
    await settled(() => at.length === 2);
    for (const pages of [3, 4]) {
      ports.advance("1s");
      await settled(() => at.length === pages);
    }
    expect(await run).toMatchObject({ done: 40 });
    expect(at.map(([, ms]) => ms)).toEqual([0, 10_000, 11_000, 12_000]);
  });

  test("an abort stops between pages, also while it waits for the rate", async () => {
    const { board, enqueue, ports } = setup();
    await enqueue(...Array.from({ length: 30 }, () => ({})));
    const stop = new AbortController();
    const run = board.moveMatching("cancel", "state:waiting", {
      ...by,
      upTo: ports.now(),
      rate: 10,
      signal: stop.signal,
      onProgress: ({ seen }) => seen === 10 && stop.abort(),
    });
    expect(await run).toEqual({ seen: 10, done: 10, skipped: {}, reachedEnd: false });
    expect(await board.count("state:waiting")).toMatchObject({ n: 20 });
  });

  test("an abort during the last page changes nothing: the end was reached", async () => {
    const { board, enqueue, ports } = setup();
    await enqueue({}, {});
    const stop = new AbortController();
    const run = board.moveMatching("cancel", "state:waiting", {
      ...by,
      upTo: ports.now(),
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    expect(await run).toEqual({ seen: 2, done: 2, skipped: {}, reachedEnd: true });
  });

  test.each([
    ["restore", {}, "move"],
    ["cancel", { expectEpoch: 1 }, "expectEpoch"],
    ["cancel", { rate: 0 }, "rate"],
    ["cancel", { rate: Number.NaN }, "rate"],
    ["cancel", { upTo: Number.NaN }, "upTo"],
    ["cancel", { priority: 1 }, "priority"],
  ])("%s with %o is refused for %s", async (move, options, field) => {
    const { board, enqueue, ports } = setup();
    await enqueue({});
    const run = board.moveMatching(move as "cancel", "", { ...by, upTo: ports.now(), ...options });
    await expect(run).rejects.toMatchObject({ code: "BAD_OPTION", field });
    expect(await board.audit()).toEqual([]);
  });

  /** Lets promises go on until the condition holds; the clock stands still. */
  async function settled(condition: () => boolean): Promise<void> {
    for (let i = 0; i < 1_000 && (i < 50 || !condition()); i++) await Promise.resolve();
    expect(condition()).toBe(true);
  }
});

describe("queues", () => {
  test("pause and resume answer whether they changed anything", async () => {
    const { board } = setup();
    expect(await board.pause("mail", { ...by, reason: "deploy" })).toBe(true);
    expect(await board.pause("mail", by)).toBe(false);
    expect(await board.queue("mail")).toMatchObject({ paused: { by: "ana", reason: "deploy" } });
    expect(await board.resume("mail", by)).toBe(true);
    expect(await board.resume("mail", by)).toBe(false);
    await expect(board.pause("", by)).rejects.toEqual(code("BAD_NAME"));
    await expect(board.resume("mail", { actor: "" })).rejects.toEqual(code("BAD_OPTION"));
  });

  test("settings are changed one by one", async () => {
    const { board } = setup();
    const before = (await board.queue("mail")).settings;
    expect(await board.configure("mail", { maxSize: 50 }, by)).toEqual({ ...before, maxSize: 50 });
    const given = { completed: { age: "7d", count: 100_000, bytes: "500mb" }, cancelled: 1_000 } as const;
    const retention = {
      completed: { ageMs: 604_800_000, count: 100_000, bytes: 524_288_000 },
      dead: before.retention.dead,
      cancelled: { ageMs: 1_000, count: null, bytes: null },
    };
    expect(await board.configure("mail", { retention: given }, by)).toEqual({ maxSize: 50, retention });
    expect(await board.configure("mail", { maxSize: null }, by)).toEqual({ maxSize: null, retention });
    expect(await board.configure("mail", { retention }, by)).toEqual({ maxSize: null, retention });
    const kept = { ageMs: null, count: null, bytes: null };
    expect((await board.configure("mail", { retention: { completed: null } }, by)).retention).toEqual({
      ...retention,
      completed: kept,
    });
  });

  test.each([
    [{}, "change"],
    [{ maxSize: 0 }, "maxSize"],
    [{ maxSize: 1.5 }, "maxSize"],
    [{ colour: 1 }, "colour"],
    [{ retention: { completed: -1 } }, "retention.completed", "BAD_DURATION"],
    [{ retention: { completed: "7 days" } }, "retention.completed", "BAD_DURATION"],
    [{ retention: { dead: { age: "soon" } } }, "retention.dead.age", "BAD_DURATION"],
    [{ retention: { dead: { age: "7d", ageMs: 1 } } }, "retention.dead.age"],
    [{ retention: { dead: { count: -1 } } }, "retention.dead.count"],
    [{ retention: { dead: { count: 1.5 } } }, "retention.dead.count"],
    [{ retention: { dead: { bytes: "500 megs" } } }, "retention.dead.bytes"],
    [{ retention: { dead: { bytes: -1 } } }, "retention.dead.bytes"],
    [{ retention: { dead: { number: 1 } } }, "number"],
    [{ retention: { completed: 1, stale: 1 } }, "stale"],
  ])("settings %o are refused for %s", async (change, field, code = "BAD_OPTION") => {
    const { board } = setup();
    await expect(board.configure("mail", change as object, by)).rejects.toMatchObject({ code, field });
  });
});
