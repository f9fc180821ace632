/** What becomes of an attempt that its own worker ends. */

import { expect } from "vitest";
import { AUDIT_KIND } from "../../contract/entries.ts";
import { BURY, type Chapter, COMPLETE, FAILURE, idsOf, releaseFor, rescueTo, retryIn, STOP } from "./stage.ts";

export const settleChapter: Chapter = (test) => {
  test("complete keeps the result; the job is final", async (stage) => {
    const ref = await stage.addOne();
    const { lease } = await stage.takeOne({ session: "w1" });
    await stage.bench.advance(700);
    const now = await stage.now();
    expect(await stage.settle(lease, { move: "complete", result: '{"pages":7}' })).toEqual({
      ok: true,
      state: "completed",
      reason: null,
      followUps: [],
    });
    expect(await stage.job(ref)).toMatchObject({
      state: "completed",
      reason: null,
      result: '{"pages":7}',
      attempt: 1,
      errors: [],
      startedAt: now - 700,
      finishedAt: now,
      leaseUntil: null,
      worker: "w1",
      epoch: 0,
      seq: 3,
    });
    expect((await stage.events(ref)).at(-1)).toEqual({ seq: 3, at: now, kind: "complete", data: null });
  });

  test("a handler may return nothing, or null", async (stage) => {
    const [nothing, nil] = await stage.add({}, {});
    const [first, second] = await stage.take();
    if (!nothing || !nil || !first || !second) throw new Error("two jobs");
    await stage.settle(first.lease, { move: "complete", result: null });
    await stage.settle(second.lease, { move: "complete", result: "null" });
    expect((await stage.job(nothing)).result).toBeNull();
    expect((await stage.job(nil)).result).toBe("null");
  });

  test("retry keeps the failure and waits; the attempt is counted", async (stage) => {
    const ref = await stage.addOne();
    const { lease } = await stage.takeOne({ session: "w1" });
    const now = await stage.now();
    expect(await stage.settle(lease, retryIn(2_000))).toEqual({
      ok: true,
      state: "waiting",
      reason: null,
      followUps: [],
    });
    expect(await stage.job(ref)).toMatchObject({
      state: "waiting",
      attempt: 1,
      runAt: now + 2_000,
      errors: [{ at: now, attempt: 1, ...FAILURE }],
      leaseUntil: null,
      startedAt: now,
      finishedAt: null,
      worker: "w1",
      epoch: 1,
      rescues: 0,
    });
    const event = (await stage.events(ref)).at(-1);
    expect(event).toMatchObject({ seq: 3, at: now, kind: "retry" });
    expect(JSON.parse(event?.data ?? "")).toEqual({
      error: { code: FAILURE.code, message: FAILURE.message },
      runAt: now + 2_000,
    });
  });

  test("bury is the end, with the failure kept", async (stage) => {
    const ref = await stage.addOne();
    const { lease } = await stage.takeOne();
    const now = await stage.now();
    expect(await stage.settle(lease, BURY)).toEqual({ ok: true, state: "dead", reason: null, followUps: [] });
    expect(await stage.job(ref)).toMatchObject({
      state: "dead",
      reason: null,
      attempt: 1,
      errors: [{ at: now, attempt: 1, ...FAILURE }],
      finishedAt: now,
      epoch: 0,
    });
    expect((await stage.events(ref)).at(-1)).toEqual({
      seq: 3,
      at: now,
      kind: "bury",
      data: JSON.stringify({ error: { code: FAILURE.code, message: FAILURE.message } }),
    });
  });

  for (const reason of ["user", "handler", "expired"] as const)
    test(`stop cancels with the reason: ${reason}`, async (stage) => {
      const ref = await stage.addOne();
      const { lease } = await stage.takeOne();
      const failure = reason === "handler" ? FAILURE : null;
      expect(await stage.settle(lease, { move: "stop", reason, failure })).toMatchObject({
        state: "cancelled",
        reason,
      });
      const job = await stage.job(ref);
      expect(job).toMatchObject({ state: "cancelled", reason, finishedAt: await stage.now(), attempt: 1, epoch: 0 });
      expect(job.errors).toHaveLength(failure === null ? 0 : 1);
      expect((await stage.events(ref)).at(-1)).toMatchObject({ kind: "stop" });
    });

  test("release gives the attempt back and adds no error", async (stage) => {
    const ref = await stage.addOne();
    const { lease } = await stage.takeOne();
    const now = await stage.now();
    expect(await stage.settle(lease, releaseFor(3_000))).toEqual({
      ok: true,
      state: "waiting",
      reason: null,
      followUps: [],
    });
    expect(await stage.job(ref)).toMatchObject({
      state: "waiting",
      attempt: 0,
      runAt: now + 3_000,
      errors: [],
      leaseUntil: null,
      startedAt: now,
      worker: "w1",
      epoch: 1,
    });
    await stage.bench.advance(3_000);
    expect(await stage.takeOne()).toMatchObject({ attempt: 1, lease: { epoch: 1 } });
  });

  test("attempts are counted over retries, releases and rescues as each of them says", async (stage) => {
    const ref = await stage.addOne({ maxAttempts: 20 });
    const attempts: number[] = [];
    const ends = [retryIn(0), releaseFor(0), retryIn(0), releaseFor(0), releaseFor(0), retryIn(0)];
    for (const end of ends) {
      const { lease, attempt } = await stage.takeOne();
      attempts.push(attempt);
      await stage.settle(lease, end);
    }
    expect(attempts).toEqual([1, 2, 2, 3, 3, 3]);
    expect(await stage.job(ref)).toMatchObject({ attempt: 3, epoch: 6 });
  });

  test("of many failures the first and the last twenty are kept", async (stage) => {
    const ref = await stage.addOne({ maxAttempts: 100 });
    for (let n = 1; n <= 45; n++) {
      const { lease } = await stage.takeOne();
      await stage.settle(lease, { move: "retry", delayMs: 0, failure: { ...FAILURE, message: `no ${n}` } });
    }
    const { errors } = await stage.job(ref);
    expect(errors.map((error) => error.attempt)).toEqual([
      ...Array.from({ length: 20 }, (_, index) => index + 1),
      ...Array.from({ length: 20 }, (_, index) => index + 26),
    ]);
    expect(errors.map((error) => error.message)).toEqual(errors.map((error) => `no ${error.attempt}`));
  });

  test("a cancel that was asked for wins over every decision but complete", async (stage) => {
    const decisions = [retryIn(0), BURY, STOP, releaseFor(0)];
    const refs = await stage.add(...decisions.map(() => ({})));
    const jobs = await stage.take();
    await stage.apply("cancel", refs);
    const settled = await stage.adapter.leaser.settle(
      jobs.map(({ lease }, index) => ({ lease, guard: "held", decision: decisions[index] ?? BURY })),
    );
    for (const answer of settled)
      expect(answer).toEqual({ ok: true, state: "cancelled", reason: "user", followUps: [] });
    for (const [index, ref] of refs.entries()) {
      const job = await stage.job(ref);
      expect(job).toMatchObject({ state: "cancelled", reason: "user", attempt: 1, cancelRequested: false, epoch: 0 });
      expect(job.finishedAt).toBe(await stage.now());
      expect(job.errors).toHaveLength(index < 2 ? 1 : 0);
      expect(await stage.kinds(ref)).toEqual(["enqueue", "claim", "cancel", "stop"]);
    }
  });

  test("a cancel that was asked for wins over a rescue, in whatever state it would end", async (stage) => {
    const decisions = [
      rescueTo("waiting", { charged: false, heldLimit: 2 }),
      rescueTo("stale"),
      rescueTo("dead"),
      rescueTo("cancelled"),
    ];
    const refs = await stage.add(...decisions.map(() => ({})));
    const jobs = await stage.take();
    await stage.apply("cancel", refs);
    await stage.bench.advance(60_000);
    const settled = await stage.adapter.leaser.settle(
      jobs.map(({ lease }, index) => ({ lease, guard: "expired", decision: decisions[index] ?? BURY })),
    );
    expect(settled).toMatchObject(decisions.map(() => ({ ok: true, state: "cancelled", reason: "user" })));
    for (const ref of refs) {
      expect(await stage.job(ref)).toMatchObject({
        state: "cancelled",
        reason: "user",
        attempt: 1,
        rescues: 1,
        cancelRequested: false,
        errors: [{ code: "LEASE_EXPIRED" }],
      });
      expect((await stage.kinds(ref)).at(-1)).toBe("rescue");
    }
  });

  test("a job that completes before its cancel is heard is completed", async (stage) => {
    const ref = await stage.addOne();
    const { lease } = await stage.takeOne();
    await stage.move("cancel", ref);
    expect(await stage.settle(lease, COMPLETE)).toMatchObject({ state: "completed", reason: null });
    expect(await stage.job(ref)).toMatchObject({ state: "completed", reason: null, cancelRequested: false });
  });

  test("a cancel of an earlier attempt is not remembered", async (stage) => {
    const ref = await stage.addOne();
    const { lease } = await stage.takeOne();
    await stage.move("cancel", ref);
    await stage.settle(lease, BURY);
    await stage.move("requeue", ref);
    expect(await stage.settle((await stage.takeOne()).lease, retryIn(0))).toMatchObject({ state: "waiting" });
  });

  test("one call settles many, each by itself", async (stage) => {
    await stage.add(...Array.from({ length: 200 }, () => ({})));
    const jobs = await stage.take({
      max: 200,
      queues: [{ queue: "mail", max: 200, types: [{ name: "greet", maxVersion: 1 }] }],
    });
    const settled = await stage.adapter.leaser.settle(
      jobs.map(({ lease }, index) => ({ lease, guard: "held", decision: index % 2 === 0 ? COMPLETE : BURY })),
    );
    expect(settled.filter((answer) => answer.ok && answer.state === "completed")).toHaveLength(100);
    expect((await stage.info()).counts).toMatchObject({ completed: { n: 100 }, dead: { n: 100 }, active: { n: 0 } });
  });

  test("settling writes no audit record", async (stage) => {
    await stage.addOne();
    await stage.settle((await stage.takeOne()).lease, BURY);
    expect(await stage.adapter.records.list(AUDIT_KIND, null, 10)).toEqual([]);
  });

  test("a settled job is not handed out with those that follow", async (stage) => {
    await stage.add({ id: "a" }, { id: "b" });
    await stage.settle((await stage.takeOne()).lease, BURY);
    expect(idsOf(await stage.take())).toEqual(["b"]);
  });
};
