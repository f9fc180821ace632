/** What is set for a queue as a whole. */

import { expect } from "vitest";
import { DEFAULTS } from "../../nouns/defaults.ts";
import { type Chapter, COMPLETE, only, serve } from "./stage.ts";

export const switchesChapter: Chapter = (test) => {
  test("pause and resume say whether they changed anything", async (stage) => {
    expect(await stage.resume()).toBe(false);
    expect(await stage.pause()).toBe(true);
    expect(await stage.pause()).toBe(false);
    expect(await stage.resume()).toBe(true);
    expect(await stage.resume()).toBe(false);
  });

  test("a paused queue tells since when, by whom and why, and the first answer stays", async (stage) => {
    const at = await stage.now();
    await stage.adapter.operator.pause("mail", { actor: "ada", reason: "maintenance" });
    await stage.bench.advance(1_000);
    await stage.adapter.operator.pause("mail", { actor: "bob" });
    expect((await stage.info()).paused).toEqual({ at, by: "ada", reason: "maintenance" });
    await stage.resume();
    expect((await stage.info()).paused).toBeNull();
    await stage.pause();
    expect((await stage.info()).paused).toEqual({ at: at + 1_000, by: "ada", reason: null });
  });

  test("after the pause has answered no claim commits, through any handle", async (stage) => {
    const other = await stage.second();
    await stage.add(...Array.from({ length: 30 }, () => ({})));
    const pausing = stage.pause();
    const before = await Promise.all(
      Array.from({ length: 10 }, (_, index) => other.leaser.claim(stage.request({ session: `w${index}`, max: 1 }))),
    );
    await pausing;
    const after = await Promise.all(
      Array.from({ length: 10 }, (_, index) => other.leaser.claim(stage.request({ session: `x${index}`, max: 1 }))),
    );
    expect(after.flatMap((claim) => claim.jobs)).toEqual([]);
    const taken = before.flatMap((claim) => claim.jobs).length;
    expect((await stage.info()).counts).toMatchObject({ active: { n: taken }, waiting: { n: 30 - taken } });
  });

  test("a paused queue takes jobs, and lets running ones end", async (stage) => {
    await stage.addOne();
    const { lease } = await stage.takeOne();
    await stage.pause();
    await stage.addOne();
    expect(await stage.settle(lease, COMPLETE)).toMatchObject({ state: "completed" });
    expect(await stage.take()).toEqual([]);
    await stage.resume();
    expect(await stage.take()).toHaveLength(1);
  });

  test("a queue nobody ever touched is there with zeroes and the defaults", async (stage) => {
    const info = await stage.info("unknown");
    expect(info).toMatchObject({
      queue: "unknown",
      paused: null,
      depth: 0,
      oldestDueAt: null,
      settings: { maxSize: null, retention: DEFAULTS.retention },
    });
    expect(Object.values(info.counts)).toEqual(Array.from({ length: 9 }, () => ({ n: 0, exact: true })));
    expect(await stage.adapter.reader.queues()).toEqual([]);
  });

  test("configure changes what it names and answers all of it", async (stage) => {
    expect(await stage.configure({ maxSize: 5 })).toEqual({ maxSize: 5, retention: DEFAULTS.retention });
    const retention = {
      completed: { ageMs: 1_000, count: 10, bytes: null },
      dead: { ageMs: 2_000, count: null, bytes: 4_096 },
      cancelled: { ageMs: null, count: null, bytes: null },
    };
    expect(await stage.configure({ retention })).toEqual({ maxSize: 5, retention });
    expect(await stage.configure({ maxSize: null })).toEqual({ maxSize: null, retention });
    expect(await stage.configure({})).toEqual({ maxSize: null, retention });
    expect((await stage.info()).settings).toEqual({ maxSize: null, retention });
    expect(await stage.configure({ maxSize: 0 })).toMatchObject({ maxSize: 0 });
  });

  test("retention is set state by state", async (stage) => {
    const completed = { ageMs: null, count: 3, bytes: 100 };
    const { retention } = await stage.configure({ retention: { completed } });
    expect(retention).toEqual({ ...DEFAULTS.retention, completed });
    const cancelled = { ageMs: 1, count: null, bytes: null };
    expect((await stage.configure({ retention: { cancelled } })).retention).toEqual({ ...retention, cancelled });
    expect((await stage.info()).settings.retention).toEqual({ ...retention, cancelled });
  });

  test("the switches of one queue leave the others alone, and every handle sees them", async (stage) => {
    const other = await stage.second();
    await stage.add({ queue: "a" }, { queue: "b" });
    await stage.pause("a");
    await stage.configure({ maxSize: 7 }, "a");
    expect(only(await other.reader.queues("a"))).toMatchObject({ paused: { by: "ada" }, settings: { maxSize: 7 } });
    expect(only(await other.reader.queues("b"))).toMatchObject({ paused: null, settings: { maxSize: null } });
    const claim = await other.leaser.claim(stage.request({ queues: [serve("a"), serve("b")] }));
    expect(claim.jobs.map((job) => job.lease.ref.queue)).toEqual(["b"]);
  });
};
