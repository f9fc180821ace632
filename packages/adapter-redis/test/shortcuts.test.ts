/**
 * Where scripts take a shorter way that holds for most jobs alone: for all others everything is as if there were none.
 */

import {
  type ClaimRequest,
  type Decision,
  type Hint,
  type LeasedJob,
  type NewJob,
  type Settled,
  toBackoff,
} from "@jobyard/core/adapter";
import { claimRequest, newJob } from "@jobyard/core/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Claimed, enqueueAndClaim } from "../src/claim.ts";
import { until } from "./links.ts";
import { COMPLETE, openYard, type Yard } from "./operate-yard.ts";

/** As most programs enqueue it: in all that it may have of its own it is like every other one. */
const usual = (id: string, over: Partial<NewJob> = {}): NewJob => newJob(id, { backoff: toBackoff("d1"), ...over });
const idsOf = (jobs: readonly LeasedJob[]): readonly string[] => jobs.map(({ lease }) => lease.ref.id);

describe("a job that others have changed is not taken for one as it was written", () => {
  const fieldsOf = ({ ground }: Yard, id: string): Promise<number> => ground.client.hlen(ground.key("mail", id));

  test.each([
    ["as they come", usual("job"), 8],
    ["with a version", usual("job", { version: 2 }), 9],
    ["with facts of its own", newJob("job", { maxAttempts: 7 }), 9],
    ["with a version and facts of its own", newJob("job", { version: 2, maxAttempts: 7 }), 10],
  ])("it has one field more: %s", async (_, job, fields) => {
    const yard = await openYard();
    await yard.add(job);
    await (await yard.stockJob("job")).updateProgress(40);
    expect(await fieldsOf(yard, "job")).toBe(fields);
    expect(await yard.take()).toMatchObject([{ version: job.version, maxAttempts: job.maxAttempts, progress: "40" }]);
  });

  test("it is BullMQ's, and has as many fields", async () => {
    const yard = await openYard();
    await yard.stock.add("greet", {}, { jobId: "job", attempts: 5, deduplication: { id: "a" } });
    expect(await fieldsOf(yard, "job")).toBe(7);
    expect(await yard.take()).toMatchObject([{ maxAttempts: 5 }]);
  });

  test("it was BullMQ's, and has as many fields since it is ours", async () => {
    const yard = await openYard();
    await yard.stock.add("greet", {}, { jobId: "job", attempts: 5 });
    expect(await yard.outcome("edit", "job", { payload: "[1]" })).toBe("done");
    expect(await fieldsOf(yard, "job")).toBe(8);
    expect(await yard.take()).toMatchObject([{ maxAttempts: 5, payload: "[1]" }]);
  });

  test("others have changed what every job has", async () => {
    const yard = await openYard();
    await yard.add(usual("job"), usual("other"));
    await (await yard.stockJob("job")).changePriority({ priority: 4 });
    await (await yard.stockJob("job")).updateData({ n: 1 });
    expect(await yard.take(2)).toMatchObject([
      { lease: { ref: { id: "other" } }, priority: 0 },
      { lease: { ref: { id: "job" } }, priority: 4, payload: '{"n":1}' },
    ]);
  });
});

describe("of jobs that complete together only those leave the active ones that have completed", () => {
  const ALL = ["a", "b", "c", "d", "e", "f", "g", "h"];
  const active = ({ ground }: Yard): Promise<readonly string[]> =>
    ground.client.lrange(ground.key("mail", "active"), 0, -1);
  const all = (jobs: readonly LeasedJob[], decision: Decision = COMPLETE) =>
    jobs.map(({ lease }) => ({ lease, guard: "held" as const, decision }));
  const told = (settled: readonly Settled[]) => settled.map((one) => (one.ok ? one.state : one.now));

  async function begun(): Promise<{ readonly yard: Yard; readonly jobs: readonly LeasedJob[] }> {
    const yard = await openYard();
    await yard.add(...ALL);
    const jobs = await yard.take(ALL.length);
    expect(await active(yard)).toEqual(ALL.toReversed());
    return { yard, jobs };
  }

  test.each([
    ["the oldest", "abcde"],
    ["others", "defgh"],
    ["some of the oldest, and others", "abcfg"],
    ["the oldest, in another order", "edcba"],
    ["few of the oldest", "ab"],
    ["all", "abcdefgh"],
  ])("%s", async (_, ids) => {
    const { yard, jobs } = await begun();
    const chosen = [...ids].map((id) => jobs[ALL.indexOf(id)] as LeasedJob);
    expect(told(await yard.adapter.leaser.settle(all(chosen)))).toEqual(chosen.map(() => "completed"));
    expect(await active(yard)).toEqual(ALL.filter((id) => !ids.includes(id)).toReversed());
  });

  test("one of the oldest is not whose completion this is", async () => {
    const { yard, jobs } = await begun();
    const mine = jobs
      .slice(0, 5)
      .map((job, index) => (index === 2 ? { ...job, lease: { ...job.lease, epoch: 9 } } : job));
    expect(told(await yard.adapter.leaser.settle(all(mine)))).toEqual([
      ...["completed", "completed", "lost", "completed", "completed"],
    ]);
    expect(await active(yard)).toEqual(["h", "g", "f", "c"]);
  });

  test("one is none of the active ones any more, and keeps the key that it holds", async () => {
    const { yard } = await begun();
    const { client, key } = yard.ground;
    const dedupe = { key: "k", while: "open", onConflict: "skip" } as const;
    await yard.add(...["i", "j", "k"], { id: "l", dedupe });
    const jobs = await yard.take(4);
    // As BullMQ's check does it.
    await client.lrem(key("mail", "active"), 0, "l");
    await client.rpush(key("mail", "wait"), "l");
    expect(told(await yard.adapter.leaser.settle(all(jobs)))).toEqual([
      ...["completed", "completed", "completed", "lost"],
    ]);
    expect(await client.get(key("mail", "de:k"))).toBe("l");
    expect(await active(yard)).toEqual(ALL.toReversed());
  });
});

test("a job that completes at its first attempt counts the bytes of its payload, and of its result", async () => {
  const yard = await openYard();
  await yard.add(usual("job", { payload: '"Zoë 🦋"' }));
  await yard.settle((await yard.take())[0], { move: "complete", result: '"né"' });
  expect(await yard.ground.client.hget(yard.ground.ofQueue("mail", "bytes"), "completed")).toBe("16");
});

describe("an enqueue that serves a claim", () => {
  const served = async (yard: Yard, jobs: readonly NewJob[], over: Partial<ClaimRequest> = {}): Promise<Claimed> => {
    const { enqueued, claimed } = await enqueueAndClaim(yard.ground, jobs, claimRequest("served", over), true);
    expect(enqueued).toEqual(jobs.map(() => 0));
    return claimed;
  };
  const markers = ({ ground }: Yard): Promise<number> => ground.client.zcard(ground.key("mail", "marker"));

  test("hands over what every job has", async () => {
    const yard = await openYard();
    const plain = usual("a", { payload: '{"to":"Grace"}' });
    const { jobs } = (await served(yard, [plain, usual("b", { priority: 2 })])).claim;
    const createdAt = await yard.ground.now();
    expect(jobs).toMatchObject([
      { lease: { ref: { id: "a" } }, payload: '{"to":"Grace"}', priority: 0, attempt: 1, createdAt },
      { lease: { ref: { id: "b" } }, priority: 2, attempt: 1, createdAt },
    ]);
  });

  test("hands over what a job has of its own", async () => {
    const yard = await openYard();
    const { jobs } = (await served(yard, [usual("a", { maxAttempts: 7, tags: ["x"], timeoutMs: 90 })])).claim;
    expect(jobs).toMatchObject([{ maxAttempts: 7, tags: ["x"], timeoutMs: 90 }]);
  });

  test("tells until when a job may begin, and takes it out of those that may expire", async () => {
    const yard = await openYard();
    const { jobs } = (await served(yard, [usual("a", { expiresInMs: 60_000 })])).claim;
    expect(jobs).toMatchObject([{ expiresAt: (await yard.ground.now()) + 60_000 }]);
    expect(await yard.ground.client.zcard(yard.ground.ofQueue("mail", "expiring"))).toBe(0);
  });

  test.each(["waiting", "open"] as const)(
    "frees a key that is held while its job is %s when it is to",
    async (mode) => {
      const yard = await openYard();
      const isHeld = () => yard.ground.client.exists(yard.ground.key("mail", "de:k"));
      const keyed = usual("a", { dedupe: { key: "k", while: mode, onConflict: "skip" } });
      const [job] = (await served(yard, [keyed])).claim.jobs;
      expect(await isHeld()).toBe(mode === "open" ? 1 : 0);
      await yard.settle(job, COMPLETE);
      expect(await isHeld()).toBe(0);
    },
  );

  test("hands over no version that the claim does not know", async () => {
    const yard = await openYard();
    const { jobs } = (await served(yard, [usual("a", { version: 2 }), usual("b")])).claim;
    expect(idsOf(jobs)).toEqual(["b"]);
    expect(idsOf(await yard.take())).toEqual(["a"]);
  });

  test("wakes nobody for what it has handed over", async () => {
    const yard = await openYard();
    expect(idsOf((await served(yard, [usual("a"), usual("b")], { max: 2 })).claim.jobs)).toEqual(["a", "b"]);
    expect(await markers(yard)).toBe(0);
  });

  test("wakes others for the rest of its jobs", async () => {
    const yard = await openYard();
    expect(idsOf((await served(yard, [usual("a"), usual("b")], { max: 1 })).claim.jobs)).toEqual(["a"]);
    expect(await markers(yard)).toBe(1);
  });

  test("wakes others for what waited before", async () => {
    const yard = await openYard();
    await yard.add(usual("a"));
    await yard.ground.client.del(yard.ground.key("mail", "marker"));
    expect(idsOf((await served(yard, [usual("b")], { max: 1 })).claim.jobs)).toEqual(["a"]);
    expect(await markers(yard)).toBe(1);
  });

  test("wakes others for its job if one comes back before it that somebody did not know", async () => {
    const yard = await openYard();
    await yard.add(usual("a"));
    const queues = [{ queue: "mail", max: 1, types: [{ name: "other", maxVersion: 1 }] }];
    expect((await yard.adapter.leaser.claim(claimRequest("stranger", { session: "stranger", queues }))).jobs).toEqual(
      [],
    );
    await yard.ground.client.del(yard.ground.key("mail", "marker"));
    expect(idsOf((await served(yard, [usual("b")], { max: 1 })).claim.jobs)).toEqual(["a"]);
    expect(await markers(yard)).toBe(1);
  });

  test("wakes others for a queue that the claim did not ask for", async () => {
    const yard = await openYard();
    const { client, key } = yard.ground;
    expect(idsOf((await served(yard, [usual("a"), usual("b", { queue: "post" })])).claim.jobs)).toEqual(["a"]);
    expect([await markers(yard), await client.zcard(key("post", "marker"))]).toEqual([0, 1]);
  });
});

describe("the job of a session that is lost is the suspect if it was the only one", () => {
  test.each([
    [[1], true],
    [[2], false],
    [[1, 1], false],
    [[1, 2], false],
    [[2, 1], false],
  ])("after claims of %j: %j", async (claims, alone) => {
    const yard = await openYard();
    await yard.add("a", "b", "c");
    for (const max of claims) expect(await yard.take(max)).toHaveLength(max);
    await yard.ground.advance(60_000);
    expect(await yard.adapter.leaser.expired(10)).toMatchObject([{ session: "w1", alone }]);
  });

  test("also if it had another one before", async () => {
    const yard = await openYard();
    await yard.add("a", "b", "c");
    for (const job of await yard.take(2)) await yard.settle(job, COMPLETE);
    expect(await yard.take()).toHaveLength(1);
    await yard.ground.advance(60_000);
    expect(await yard.adapter.leaser.expired(10)).toMatchObject([{ alone: true }]);
  });
});

/** Sooner than it would look by itself, and ask whether its connection still hears. */
const SOON = { timeout: 5_000 } as const;

test("who watches hears, also if his process heard only of work until then", async () => {
  const here = await openYard();
  const there = await openYard({}, here.ground);
  const { client, own } = here.ground;
  const listeners = async (channel: string): Promise<number> =>
    Number(((await client.call("PUBSUB", "NUMSUB", own(channel))) as readonly [string, number])[1]);
  const stop = new AbortController();
  const claim = here.adapter.leaser.claim(
    claimRequest("t", {
      ...{ waitMs: 30_000, signal: stop.signal },
      queues: [{ queue: "other", max: 1, types: [{ name: "greet", maxVersion: 1 }] }],
    }),
  );
  await until("it hears of work", async () => (await listeners("wake")) === 1);
  expect(await listeners("hints")).toBe(0);
  const hints: Hint[] = [];
  onTestFinished(here.adapter.reader.watch((hint) => hints.push(hint)));
  await expect.poll(() => listeners("hints"), SOON).toBe(1);
  await there.add("a");
  await expect.poll(() => hints, SOON).toContainEqual({ queues: ["mail"] });
  stop.abort("enough");
  expect((await claim).jobs).toEqual([]);
});
