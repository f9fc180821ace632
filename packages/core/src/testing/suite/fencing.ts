/**
 * No write of a worker is accepted under an old lease, whatever became of the job since. Each way of losing
 * a lease is tried with each write that a worker can make; job and events must be the same afterwards.
 */

import { expect } from "vitest";
import type { Lease } from "../../contract/adapter.ts";
import type { JobRef } from "../../nouns/job.ts";
import {
  BURY,
  type Chapter,
  COMPLETE,
  type Example,
  LEASE_MS,
  only,
  releaseFor,
  rescueTo,
  retryIn,
  STOP,
  type Stage,
} from "./stage.ts";

export const fencingChapter: Chapter = (test) => {
  for (const [loss, lose] of Object.entries(LOSSES))
    for (const [write, attempt] of Object.entries(WRITES)) refuses(test, loss, lose, write, attempt);

  test("a forged lease is refused: another token, another epoch", async (stage) => {
    const ref = await stage.addOne();
    const { lease } = await stage.takeOne();
    for (const forged of [
      { ...lease, token: "forged" },
      { ...lease, epoch: lease.epoch + 1 },
      { ...lease, epoch: lease.epoch - 1 },
    ]) {
      const before = await record(stage, ref);
      for (const attempt of Object.values(WRITES)) await attempt(stage, forged);
      expect(await record(stage, ref)).toEqual(before);
    }
    expect(await stage.settle(lease, COMPLETE)).toMatchObject({ ok: true, state: "completed" });
  });

  test("a lease of a job that is gone is told so", async (stage) => {
    const ref = await stage.addOne();
    const { lease } = await stage.takeOne();
    await stage.settle(lease, BURY);
    await stage.move("remove", ref);
    expect(await stage.settle(lease, COMPLETE)).toEqual({ ok: false, now: "missing" });
    expect(await stage.adapter.leaser.append([{ lease, kind: "log", data: '"x"' }])).toEqual([false]);
    expect((await stage.adapter.leaser.extend("w1", [lease], LEASE_MS)).leases).toEqual(["lost"]);
  });

  test("a refusal touches no other settlement of the call", async (stage) => {
    await stage.add({}, {}, {});
    const [a, b, c] = await stage.take();
    if (!a || !b || !c) throw new Error("three jobs");
    await stage.settle(b.lease, COMPLETE);
    const settled = await stage.adapter.leaser.settle(
      [a, b, c].map(({ lease }) => ({ lease, guard: "held", decision: BURY })),
    );
    expect(settled.map((answer) => (answer.ok ? answer.state : answer.now))).toEqual(["dead", "lost", "dead"]);
    const again = await stage.adapter.leaser.append(
      [a, c].map(({ lease }) => ({ lease, kind: "log", data: '"after the end"' })),
    );
    expect(again).toEqual([false, false]);
  });

  test("the same settlement twice in one call is made once", async (stage) => {
    const ref = await stage.addOne();
    const { lease } = await stage.takeOne();
    const one = { lease, guard: "held", decision: releaseFor(0) } as const;
    const settled = await stage.adapter.leaser.settle([one, one]);
    expect(settled.map((answer) => answer.ok)).toEqual([true, false]);
    expect(await stage.kinds(ref)).toEqual(["enqueue", "claim", "release"]);
  });

  test("a completion that is repeated is refused, also while others of its claim are open", async (stage) => {
    await stage.add({}, {});
    const [a, b] = await stage.take();
    if (!a || !b) throw new Error("two jobs");
    expect(await stage.settle(a.lease, COMPLETE)).toMatchObject({ ok: true });
    const before = await record(stage, a.lease.ref);
    expect(await stage.settle(a.lease, COMPLETE)).toEqual({ ok: false, now: "lost" });
    expect(await record(stage, a.lease.ref)).toEqual(before);
    expect((await stage.info()).depth).toBe(1);
    expect(await stage.settle(b.lease, COMPLETE)).toMatchObject({ ok: true });
  });

  test("of two that settle one lease at once, through any handle, one wins", async (stage) => {
    const other = await stage.second();
    const ref = await stage.addOne();
    const { lease } = await stage.takeOne();
    const answers = await Promise.all(
      [stage.adapter, other].map((adapter) => adapter.leaser.settle([{ lease, guard: "held", decision: retryIn(0) }])),
    );
    expect(answers.map((answer) => only(answer).ok).sort()).toEqual([false, true]);
    expect(await stage.job(ref)).toMatchObject({ attempt: 1, epoch: 1, seq: 3 });
  });

  test("a lease that is over is still the worker's until a rescue acts", async (stage) => {
    await stage.addOne();
    const { lease } = await stage.takeOne();
    await stage.bench.advance(10 * LEASE_MS);
    expect(await stage.settle(lease, COMPLETE)).toMatchObject({ ok: true, state: "completed" });
  });
};

function refuses(test: Example, loss: string, lose: Loss, write: string, attempt: Write): void {
  test(`${loss}, the old lease cannot ${write}`, async (stage) => {
    const ref = await stage.addOne();
    const { lease } = await stage.takeOne({ session: "w1" });
    await lose(stage, lease, ref);
    const before = await record(stage, ref);
    await attempt(stage, lease);
    expect(await record(stage, ref)).toEqual(before);
  });
}

const record = async (stage: Stage, ref: JobRef): Promise<unknown> => ({
  job: await stage.job(ref),
  events: await stage.events(ref),
});

type Loss = (stage: Stage, lease: Lease, ref: JobRef) => Promise<unknown>;
const LOSSES: Readonly<Record<string, Loss>> = {
  "after a rescue": (stage, lease) => stage.rescue(lease),
  "after a rescue and a new claim": async (stage, lease) => {
    await stage.rescue(lease, rescueTo("waiting", { charged: false }));
    await stage.takeOne({ session: "w2" });
  },
  "after a rescue and a new claim by the same session": async (stage, lease) => {
    await stage.rescue(lease);
    await stage.takeOne({ session: "w1" });
  },
  "after a release and a new claim at the same attempt": async (stage, lease) => {
    await stage.settle(lease, releaseFor(0));
    expect(await stage.takeOne({ session: "w2" })).toMatchObject({ attempt: 1 });
  },
  "after a retry and a new claim": async (stage, lease) => {
    await stage.settle(lease, retryIn(0));
    await stage.takeOne({ session: "w1" });
  },
  "after a rescue that parked the job": (stage, lease) => stage.rescue(lease, rescueTo("stale")),
  "after the completion": (stage, lease) => stage.settle(lease, COMPLETE),
  "after burial, requeue and a new claim": async (stage, lease, ref) => {
    await stage.settle(lease, BURY);
    await stage.move("requeue", ref);
    await stage.takeOne({ session: "w1" });
  },
};

type Write = (stage: Stage, lease: Lease) => Promise<void>;
const lost = { ok: false, now: "lost" };
const WRITES: Readonly<Record<string, Write>> = {
  complete: async (stage, lease) => {
    const followUps = [stage.newJob({ id: "follow-up" })];
    expect(await stage.settle(lease, COMPLETE, { followUps })).toEqual(lost);
    expect(await stage.adapter.reader.locate("follow-up")).toEqual([]);
  },
  retry: async (stage, lease) => expect(await stage.settle(lease, retryIn(0))).toEqual(lost),
  bury: async (stage, lease) => expect(await stage.settle(lease, BURY)).toEqual(lost),
  stop: async (stage, lease) => expect(await stage.settle(lease, STOP)).toEqual(lost),
  release: async (stage, lease) => expect(await stage.settle(lease, releaseFor(0))).toEqual(lost),
  "be rescued": async (stage, lease) =>
    expect(await stage.settle(lease, rescueTo("dead"), { guard: "expired" })).toEqual(lost),
  "report progress": async (stage, lease) =>
    expect(await stage.adapter.leaser.append([{ lease, kind: "progress", data: "1" }])).toEqual([false]),
  log: async (stage, lease) =>
    expect(await stage.adapter.leaser.append([{ lease, kind: "log", data: '"line"' }])).toEqual([false]),
  "add an event": async (stage, lease) =>
    expect(await stage.adapter.leaser.append([{ lease, kind: "page-done", data: "1" }])).toEqual([false]),
  "extend the lease": async (stage, lease) =>
    expect((await stage.adapter.leaser.extend("w-old", [lease], LEASE_MS)).leases).toEqual(["lost"]),
};
