/** What is the memory adapter's own; what every adapter must do is in the suite. */

import { expect, test, vi } from "vitest";
import type { Hint } from "../../src/contract/adapter.ts";
import { AUDIT_KIND } from "../../src/contract/entries.ts";
import { isQueueError } from "../../src/nouns/errors.ts";
import { memoryAdapter } from "../../src/testing/memory/memory-adapter.ts";
import { newJob } from "../../src/testing/plain-calls.ts";
import { openStage, QUEUE, request, turnOfTheLoop } from "./stage.ts";

const code = (expected: Parameters<typeof isQueueError>[1]) =>
  expect.toSatisfy((error: unknown) => isQueueError(error, expected));
const ref = { queue: QUEUE, id: "a" };

test("without ports it goes by the system's clock", async () => {
  const before = Date.now();
  const now = await memoryAdapter().reader.now();
  expect(now).toBeGreaterThanOrEqual(before);
  expect(now).toBeLessThanOrEqual(Date.now());
});

test("after close every verb fails with STORE_CLOSED, and closing again is fine", async () => {
  const { adapter } = openStage();
  await adapter.close();
  await adapter.close();
  const { writer, leaser, reader, operator, sweeper, records, schema } = adapter;
  const { watch, ...answering } = reader;
  const roles = { writer, leaser, reader: answering, operator, sweeper, records, schema };
  for (const role of Object.values(roles))
    for (const verb of Object.values(role))
      await expect((verb as () => Promise<unknown>)()).rejects.toEqual(code("STORE_CLOSED"));
  expect(() => watch(() => {})).toThrow(code("STORE_CLOSED"));
});

test("a transaction is refused, not ignored", async () => {
  const { adapter } = openStage();
  await expect(adapter.writer.enqueue([newJob("a")], { tx: {} })).rejects.toEqual(code("CAPABILITY_MISSING"));
  await expect(adapter.leaser.settle([], { tx: {} })).rejects.toEqual(code("CAPABILITY_MISSING"));
  expect(await adapter.reader.get([ref])).toEqual([null]);
});

test("what was read stays as it was read", async () => {
  const { adapter, ports } = openStage();
  await adapter.writer.enqueue([newJob("a")]);
  const [waiting] = await adapter.reader.get([ref]);
  const events = await adapter.reader.events(ref, 0, 10);
  await adapter.leaser.claim(request());
  const [active] = await adapter.reader.get([ref]);
  const until = ports.now() + 30_000;
  ports.advance(1_000);
  await adapter.leaser.extend("w1", [], 30_000);
  expect(waiting).toMatchObject({ state: "waiting", seq: 1, leaseUntil: null });
  expect(events).toHaveLength(1);
  expect(active).toMatchObject({ state: "active", leaseUntil: until });
  expect(await adapter.reader.get([ref])).toMatchObject([{ leaseUntil: until + 1_000 }]);
});

test("a hint comes after the step, once for all that one turn changed, with its queues", async () => {
  const { adapter } = openStage();
  const heard = vi.fn<(hint: Hint) => void>();
  const unwatch = adapter.reader.watch(heard);
  await Promise.all([
    adapter.writer.enqueue([newJob("a"), newJob("b", { queue: "print" })]),
    adapter.writer.enqueue([newJob("c")]),
  ]);
  await turnOfTheLoop();
  expect(heard.mock.calls).toEqual([[{ queues: [QUEUE, "print"] }]]);
  await adapter.reader.get([ref]);
  await turnOfTheLoop();
  expect(heard).toHaveBeenCalledTimes(1);
  unwatch();
  await adapter.operator.apply("cancel", [ref], { actor: "ada" });
  await turnOfTheLoop();
  expect(heard).toHaveBeenCalledTimes(1);
});

test("a hint says which queue was moved, paused or configured, and that records changed", async () => {
  const { adapter } = openStage();
  await adapter.writer.enqueue([newJob("a")]);
  const hints: Hint[] = [];
  adapter.reader.watch((hint) => hints.push(hint));
  for (const change of [
    () => adapter.operator.apply("cancel", [ref], { actor: "ada" }),
    () => adapter.operator.pause("print", { actor: "ada" }),
    () => adapter.operator.resume("print", { actor: "ada" }),
    () => adapter.operator.configure("scan", { maxSize: 5 }, { actor: "ada" }),
    () => adapter.records.put("note", "n1", "{}"),
    () => adapter.records.remove("note", "n1"),
  ]) {
    await change();
    await turnOfTheLoop();
  }
  expect(hints.map((hint) => hint.queues)).toEqual([[QUEUE], ["print"], ["print"], ["scan"], null, null]);
});

test("what changes nothing gives no hint", async () => {
  const { adapter } = openStage();
  await adapter.writer.enqueue([newJob("a")]);
  await turnOfTheLoop();
  const heard = vi.fn<(hint: Hint) => void>();
  adapter.reader.watch(heard);
  await adapter.operator.apply("requeue", [ref], { actor: "ada" });
  await adapter.operator.resume(QUEUE, { actor: "ada" });
  await adapter.operator.configure(QUEUE, { maxSize: null }, { actor: "ada" });
  await adapter.records.remove("note", "n1");
  await adapter.records.put("note", "n1", "{}", { ifVersion: 4 });
  await adapter.writer.enqueue([newJob("a")]);
  await turnOfTheLoop();
  expect(heard).not.toHaveBeenCalled();
  expect(await adapter.records.list(AUDIT_KIND, null, 10)).toEqual([]);
});

test("a full queue keeps a twin that would have been replaced, if it stays over its bound without it", async () => {
  const { adapter } = openStage();
  const dedupe = { key: "k", while: "open", onConflict: "replace" } as const;
  await adapter.writer.enqueue([newJob("a", { dedupe }), newJob("b"), newJob("c")]);
  await adapter.operator.configure(QUEUE, { maxSize: 2 }, { actor: "ada" });
  expect(await adapter.writer.enqueue([newJob("d", { dedupe })])).toMatchObject([
    { outcome: "full", depth: 3, maxSize: 2 },
  ]);
  expect(await adapter.reader.get([ref])).toMatchObject([{ state: "waiting", seq: 1 }]);
  await adapter.operator.configure(QUEUE, { maxSize: 3 }, { actor: "ada" });
  expect(await adapter.writer.enqueue([newJob("d", { dedupe })])).toMatchObject([
    { outcome: "accepted", replaced: ref },
  ]);
  expect(await adapter.reader.queues(QUEUE)).toMatchObject([{ depth: 3 }]);
});

test("a wall clock that jumps back hands out nothing before its time", async () => {
  const { adapter, ports } = openStage();
  await adapter.writer.enqueue([newJob("a", { start: { delayMs: 1_000 } })]);
  ports.advance(1_000);
  await adapter.leaser.claim(request({ max: 0 }));
  ports.setNow(ports.now() - 500);
  expect((await adapter.leaser.claim(request())).jobs).toEqual([]);
  ports.advance(500);
  expect((await adapter.leaser.claim(request())).jobs).toHaveLength(1);
});

test("a claim that finds nothing is a sign of life of the session's other leases", async () => {
  const { adapter, ports } = openStage();
  await adapter.writer.enqueue([newJob("a")]);
  await adapter.leaser.claim(request());
  ports.advance(20_000);
  expect((await adapter.leaser.claim(request())).jobs).toEqual([]);
  expect(await adapter.reader.get([ref])).toMatchObject([{ leaseUntil: ports.now() + 30_000 }]);
});

test("in an exclusive batch the longest waiting comes first, whatever the priorities", async () => {
  const { adapter, ports } = openStage();
  await adapter.writer.enqueue([newJob("a", { priority: 9 }), newJob("b", { priority: 5 })]);
  const { jobs } = await adapter.leaser.claim(request({ leaseMs: 1 }));
  ports.advance(1);
  const failure = { code: "LEASE_EXPIRED", message: "gone", stack: null };
  for (const { lease } of jobs.toReversed()) {
    const decision = { move: "rescue", to: "waiting", charged: false, heldLimit: 2, delayMs: 0, failure } as const;
    await adapter.leaser.settle([{ lease, guard: "expired", decision }]);
    ports.advance(1);
  }
  const held = await adapter.leaser.claim(request({ held: true, session: "w2" }));
  expect(held.jobs.map((job) => job.lease.ref.id)).toEqual(["a", "b"]);
});

test("a claim by a session that may have nothing calls nobody up, and names no time that is over", async () => {
  const { adapter, ports } = openStage();
  const failure = { code: "LEASE_EXPIRED", message: "gone", stack: null };
  await adapter.writer.enqueue([newJob("pill"), newJob("soon", { start: { delayMs: 10 } })]);
  const { jobs } = await adapter.leaser.claim(request());
  await adapter.leaser.settle(
    jobs.map(({ lease }) => ({
      lease,
      guard: "held",
      decision: { move: "rescue", to: "waiting", charged: false, heldLimit: 1, delayMs: 0, failure },
    })),
  );
  expect((await adapter.leaser.claim(request({ held: true }))).jobs).toHaveLength(1);
  expect((await adapter.leaser.claim(request())).nextDueAt).toBe(ports.now() + 10);
  ports.advance(20);
  expect(await adapter.leaser.claim(request())).toMatchObject({ jobs: [], nextDueAt: null });
  await adapter.writer.enqueue([newJob("due")]);
  const next = await adapter.leaser.claim(request({ session: "w2" }));
  expect(next.jobs.map((job) => job.lease.ref.id)).toEqual(["due", "soon"]);
});

test("a requeue is not undone once anything else was done to the job, even by the same operation", async () => {
  const { adapter } = openStage();
  const apply = async (move: "cancel" | "requeue" | "reprioritise" | "revert", priority = 0) =>
    (await adapter.operator.apply(move, [ref], { actor: "ada", opId: "op-1", priority }))[0]?.outcome;
  await adapter.writer.enqueue([newJob("a")]);
  await apply("cancel");
  await apply("requeue");
  await apply("reprioritise", 5);
  expect(await apply("revert")).toBe("changed");
  expect(await adapter.reader.get([ref])).toMatchObject([{ state: "waiting", priority: 5 }]);
});

test("a requeue is undone only by the name of its own operation", async () => {
  const { adapter } = openStage();
  const revert = async (op: { readonly opId?: string }) =>
    (await adapter.operator.apply("revert", [ref], { actor: "ada", ...op }))[0]?.outcome;
  await adapter.writer.enqueue([newJob("a")]);
  await adapter.operator.apply("cancel", [ref], { actor: "ada" });
  await adapter.operator.apply("requeue", [ref], { actor: "ada", opId: "op-1" });
  expect(await revert({ opId: "op-2" })).toBe("changed");
  expect(await revert({})).toBe("changed");
  expect(await revert({ opId: "op-1" })).toBe("done");
});

test("a sweep with a small limit takes what is longest past", async () => {
  const { adapter, ports } = openStage();
  const expiring = (id: string, expiresInMs: number) => newJob(id, { expiresInMs });
  await adapter.writer.enqueue([expiring("late", 3), expiring("early", 1), expiring("middle", 2)]);
  ports.advance(10);
  const refs = ["early", "middle", "late"].map((id) => ({ queue: QUEUE, id }));
  const states = async () => (await adapter.reader.get(refs)).map((job) => job?.state);
  expect(await adapter.sweeper.expire(1)).toEqual({ expired: 1, more: true });
  expect(await states()).toEqual(["cancelled", "waiting", "waiting"]);
  expect(await adapter.sweeper.expire(2)).toEqual({ expired: 2, more: false });
});

test("a queue of which nobody has heard has no job, no bound and no line of its own", async () => {
  const { adapter } = openStage();
  expect(await adapter.reader.queues("nowhere")).toMatchObject([{ queue: "nowhere", depth: 0, paused: null }]);
  expect(await adapter.reader.queues()).toEqual([]);
});
