/** A claim that waits, on a clock that only the test moves. */

import { expect, test } from "vitest";
import { newJob } from "../../src/testing/plain-calls.ts";
import { isPending, openStage, QUEUE, request } from "./stage.ts";

test("a claim waits until work comes in, and then takes it", async () => {
  const { adapter } = openStage();
  const claim = adapter.leaser.claim(request({ waitMs: 1_000 }));
  expect(await isPending(claim)).toBe(true);
  await adapter.writer.enqueue([newJob("a")]);
  expect((await claim).jobs).toMatchObject([{ lease: { ref: { queue: QUEUE, id: "a" } } }]);
});

test("work for other queues, or of other types, does not end the waiting", async () => {
  const { adapter } = openStage();
  const claim = adapter.leaser.claim(request({ waitMs: 1_000 }));
  await adapter.writer.enqueue([newJob("a", { queue: "print" }), newJob("b", { name: "other" })]);
  expect(await isPending(claim)).toBe(true);
  await adapter.writer.enqueue([newJob("c")]);
  expect((await claim).jobs).toHaveLength(1);
});

test("it sleeps no longer than to the next job that becomes due", async () => {
  const { adapter, ports } = openStage();
  await adapter.writer.enqueue([newJob("a", { start: { delayMs: 300 } })]);
  const claim = adapter.leaser.claim(request({ waitMs: 1_000 }));
  ports.advance(299);
  expect(await isPending(claim)).toBe(true);
  ports.advance(1);
  expect((await claim).jobs).toHaveLength(1);
});

test("it answers empty when the time is over, however often it was woken in vain", async () => {
  const { adapter, ports } = openStage();
  const claim = adapter.leaser.claim(request({ waitMs: 1_000 }));
  for (const id of ["a", "b", "c"]) {
    ports.advance(250);
    await adapter.writer.enqueue([newJob(id, { name: "other" })]);
    expect(await isPending(claim)).toBe(true);
  }
  ports.advance(250);
  expect(await claim).toEqual({ jobs: [], now: ports.now(), nextDueAt: null, held: [] });
});

test("of two that wait one gets the job, and the other goes on waiting", async () => {
  const { adapter } = openStage();
  const first = adapter.leaser.claim(request({ waitMs: 1_000 }));
  const second = adapter.leaser.claim(request({ waitMs: 1_000, session: "w2" }));
  await adapter.writer.enqueue([newJob("a")]);
  expect((await first).jobs).toHaveLength(1);
  expect(await isPending(second)).toBe(true);
  await adapter.writer.enqueue([newJob("b")]);
  expect((await second).jobs).toHaveLength(1);
});

test("the signal ends the waiting, and nothing that comes later is taken", async () => {
  const { adapter } = openStage();
  const stop = new AbortController();
  const claim = adapter.leaser.claim(request({ waitMs: 1_000, signal: stop.signal }));
  stop.abort();
  await adapter.writer.enqueue([newJob("a")]);
  expect((await claim).jobs).toEqual([]);
  expect(await adapter.reader.get([{ queue: QUEUE, id: "a" }])).toMatchObject([{ state: "waiting" }]);
});

test("closing ends the waiting", async () => {
  const { adapter } = openStage();
  const claim = adapter.leaser.claim(request({ waitMs: 1_000 }));
  await adapter.close();
  expect((await claim).jobs).toEqual([]);
});
