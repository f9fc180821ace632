import { describe, expect, test } from "vitest";
import { claimData } from "../../src/contract/entries.ts";
import { readAttempts } from "../../src/engine/board/attempts.ts";
import { isQueueError } from "../../src/nouns/errors.ts";
import type { JobEvent } from "../../src/nouns/job.ts";
import type { WorkerInfo } from "../../src/nouns/worker-info.ts";
import { workerInfo } from "../worker-info.ts";
import { BURY, FAILURE, setup } from "./bench.ts";

const code = (code: string) => expect.toSatisfy((error) => isQueueError(error, code as never), `a QueueError ${code}`);

describe("lists and counts", () => {
  test("a query as text or as data finds the same jobs, page by page", async () => {
    const { board, enqueue, end } = setup();
    await enqueue({}, {}, { queue: "docs" });
    await end(BURY);
    await enqueue({});
    const query = "state:dead queue:mail error:econnrefused";
    const page = await board.jobs({ query, limit: 1 });
    expect(page.items).toMatchObject([{ queue: "mail", state: "dead", lastError: FAILURE }]);
    const rest = await board.jobs({ query, limit: 1, cursor: page.next });
    expect(rest).toMatchObject({ items: [{ state: "dead" }], next: null });
    expect(rest.items[0]?.id).not.toBe(page.items[0]?.id);
    expect(await board.count([{ not: false, field: "state", any: ["dead"] }])).toEqual({ n: 3, exact: true });
    expect(await board.count("state:dead", 2)).toEqual({ n: 2, exact: false });
  });

  test("tabs count every phase of what matches, whatever phase the query asks for", async () => {
    const { board, enqueue, end, claim, ports } = setup();
    await enqueue({}, {});
    await end(BURY);
    await enqueue({});
    await end({ move: "retry", delayMs: 60_000, failure: FAILURE });
    await enqueue({ start: { delayMs: 1_000 } }, {}, { queue: "docs" });
    await claim(1);
    const counts = await board.phases("state:dead queue:mail");
    const numbers = Object.fromEntries(Object.entries(counts).map(([phase, { n }]) => [phase, n]));
    const none = { waiting: 0, blocked: 0, stale: 0, completed: 0, cancelled: 0 };
    expect(numbers).toEqual({ ...none, dead: 2, retrying: 1, scheduled: 1, active: 1 });
    ports.advance("1s");
    expect((await board.phases("queue:mail")).waiting).toEqual({ n: 1, exact: true });
  });

  test("times without a date are of today", async () => {
    const { board, enqueue } = setup();
    await enqueue({});
    expect(await board.count("created:12:00..13:00")).toMatchObject({ n: 1 });
    expect(await board.count("created:13:00..14:00")).toMatchObject({ n: 0 });
  });

  test("a bad query, cursor, limit or field is refused before the store is asked", async () => {
    const { board } = setup();
    await expect(board.jobs({ query: "stat:dead" })).rejects.toEqual(code("BAD_QUERY"));
    await expect(board.jobs({ query: "", cursor: "nonsense" })).rejects.toEqual(code("BAD_CURSOR"));
    for (const limit of [0, 201, 1.5])
      await expect(board.jobs({ query: "", limit })).rejects.toEqual(code("BAD_OPTION"));
    await expect(board.facets("", "payload" as never)).rejects.toEqual(code("BAD_OPTION"));
    await expect(board.queue("a:b")).rejects.toEqual(code("BAD_NAME"));
  });

  test("facets and queues", async () => {
    const { board, enqueue } = setup();
    await enqueue({}, {}, { name: "extract", queue: "docs" });
    expect(await board.facets("", "name", 1)).toEqual([{ value: "greet", count: { n: 2, exact: true } }]);
    expect((await board.queues()).map(({ queue }) => queue)).toEqual(["docs", "mail"]);
    expect(await board.queue("unknown")).toMatchObject({ queue: "unknown", depth: 0, paused: null });
  });
});

describe("one job", () => {
  test("is found by queue and id, or by an id that one queue has", async () => {
    const { board, enqueue } = setup();
    await enqueue(
      { id: "a" },
      { id: "b" },
      { id: "b", queue: "docs" },
      { id: "x/y", queue: "in/out" },
      { id: "docs/b" },
    );
    expect(await board.locate("a")).toEqual({ queue: "mail", id: "a" });
    expect(await board.locate("mail/b")).toEqual({ queue: "mail", id: "b" });
    expect(await board.locate("in/out/x/y")).toEqual({ queue: "in/out", id: "x/y" });
    expect(await board.locate("x/y")).toEqual({ queue: "in/out", id: "x/y" });
    await expect(board.locate("b")).rejects.toThrow(/^b: docs\/b, mail\/b\. Several queues/);
    await expect(board.locate("docs/b")).rejects.toEqual(code("JOB_AMBIGUOUS"));
    for (const text of ["", "c", "docs/a", "/a", "a/", "x".repeat(2_000)])
      await expect(board.locate(text)).rejects.toEqual(code("JOB_NOT_FOUND"));
  });

  test("attempts are folded from events, also from more than one page of them", async () => {
    const { board, enqueue, end, claim, ports, adapter } = setup();
    const [ref] = await enqueue({});
    if (!ref) throw new Error("no job");
    await end({ move: "release", delayMs: 0 });
    await end({ move: "retry", delayMs: 0, failure: FAILURE });
    const [running] = await claim();
    if (!running) throw new Error("nothing claimed");
    const line = { lease: running.lease, kind: "log", data: '"still here"' };
    await adapter.leaser.append(Array.from({ length: 600 }, () => line));
    const started = ports.now();
    ports.advance("2s");
    const open = { attempt: 2, worker: "session-1", startedAt: started, endedAt: null, ended: null, error: null };
    const given = { attempt: 1, worker: "session-1", startedAt: started, endedAt: started };
    const earlier = [
      { ...given, ended: "release", error: null },
      { ...given, ended: "retry", error: { code: FAILURE.code, message: FAILURE.message } },
    ];
    expect(await board.attempts(ref)).toEqual([...earlier, open]);
    await adapter.leaser.settle([{ lease: running.lease, guard: "held", decision: { move: "complete", result: "1" } }]);
    expect(await board.attempts(ref)).toEqual([...earlier, { ...open, endedAt: started + 2_000, ended: "complete" }]);
    expect(await board.attempts({ queue: "mail", id: "none" })).toEqual([]);
  });

  test("an attempt that a rescue ended is not ended again by what becomes of the job later", async () => {
    const { adapter } = setup();
    const events: readonly JobEvent[] = [
      { seq: 1, at: 1, kind: "enqueue", data: null },
      { seq: 2, at: 2, kind: "claim", data: claimData("session-1", 1) },
      { seq: 3, at: 3, kind: "rescue", data: '{"to":"stale"}' },
      { seq: 4, at: 4, kind: "yield", data: '{"reason":"duplicate"}' },
    ];
    const reader = { ...adapter.reader, events: async () => events };
    expect(await readAttempts(reader, { queue: "mail", id: "a" })).toMatchObject([{ ended: "rescue", endedAt: 3 }]);
  });

  test("what does not exist is null, or nothing", async () => {
    const { board } = setup();
    const ref = { queue: "mail", id: "none" };
    expect(await board.job(ref)).toBeNull();
    expect(await board.events(ref)).toBeNull();
    expect(await board.explain(ref)).toEqual([]);
  });
});

describe("records", () => {
  const info = (session: string, name: string): WorkerInfo => workerInfo({ session, name });

  test("workers are those whose record has not expired; explain knows them", async () => {
    const { board, adapter, ports, enqueue } = setup();
    const [ref] = await enqueue({});
    if (!ref) throw new Error("no job");
    expect(await board.explain(ref)).toMatchObject([{ code: "NO_WORKER" }]);
    for (const [session, name] of [
      ["s1", "mail-2"],
      ["s2", "mail-1"],
    ] as const)
      await adapter.records.put("worker", session, JSON.stringify(info(session, name)), { ttlMs: 30_000 });
    expect((await board.workers()).map(({ name }) => name)).toEqual(["mail-1", "mail-2"]);
    expect(await board.explain(ref)).toMatchObject([{ code: "NEXT" }]);
    ports.advance("31s");
    expect(await board.workers()).toEqual([]);
  });

  test("the audit is told newest first, also beyond a page", async () => {
    const { board } = setup();
    for (let i = 0; i < 260; i++) {
      await board.pause("mail", { actor: `p${i}`, reason: "deploy" });
      await board.resume("mail", { actor: `r${i}` });
    }
    expect(await board.audit(3)).toMatchObject([
      { actor: "r259", action: "resume", queue: "mail", reason: null },
      { actor: "p259", action: "pause", reason: "deploy" },
      { actor: "r258" },
    ]);
  });
});
