/** The shortcuts that only this adapter takes: what they save may not be seen in any answer. */

import { type Adapter, type Decision, type LeasedJob, type Settlement, systemPorts } from "@jobyard/core/adapter";
import { claimRequest, newJob } from "@jobyard/core/testing";
import { expect, onTestFinished, test } from "vitest";
import { openBench } from "./bench.ts";

const COMPLETE: Decision = { move: "complete", result: null };
const BURY: Decision = { move: "bury", failure: { code: "HANDLER_ERROR", message: "no", stack: null } };

const settlement = ({ lease }: LeasedJob, decision: Decision = COMPLETE): Settlement => ({
  lease,
  guard: "held",
  decision,
});

async function open(): Promise<Adapter> {
  const bench = await openBench();
  onTestFinished(() => bench.close());
  return bench.adapter;
}

async function claimed(adapter: Adapter, count: number): Promise<readonly LeasedJob[]> {
  await adapter.writer.enqueue(Array.from({ length: count }, (_, index) => newJob(`job-${index}`)));
  const { jobs } = await adapter.leaser.claim(claimRequest("t", { max: count }));
  expect(jobs).toHaveLength(count);
  return jobs;
}

/** A claim of everything that is due. */
const all = (token: string) =>
  claimRequest(token, { max: 300, queues: claimRequest(token).queues.map((queue) => ({ ...queue, max: 300 })) });

const states = async (adapter: Adapter, jobs: readonly LeasedJob[]): Promise<readonly string[]> =>
  (await adapter.reader.get(jobs.map(({ lease }) => lease.ref))).map((job) => job?.state ?? "missing");

test("a lease that came as JSON completes its job as the claim's own does", async () => {
  const adapter = await open();
  const jobs = await claimed(adapter, 2);
  const copies = JSON.parse(JSON.stringify(jobs)) as readonly LeasedJob[];
  const [own, copy] = [jobs[0] as LeasedJob, copies[1] as LeasedJob];
  const [byOwn, byCopy] = await adapter.leaser.settle([settlement(own), settlement(copy)]);
  expect(byCopy).toEqual(byOwn);
  const [first, second] = await adapter.reader.get(jobs.map(({ lease }) => lease.ref));
  expect({ ...second, id: "", payload: "" }).toEqual({ ...first, id: "", payload: "" });
});

test("one completion twice in a call is refused the second time, and the others stand", async () => {
  const adapter = await open();
  const [a, b, c] = (await claimed(adapter, 4)) as [LeasedJob, LeasedJob, LeasedJob];
  const answers = await adapter.leaser.settle([a, b, b, c].map((job) => settlement(job)));
  expect(answers.map((answer) => answer.ok)).toEqual([true, true, false, true]);
  expect((await adapter.reader.get([b.lease.ref]))[0]).toMatchObject({ state: "completed", attempt: 1, seq: 3 });
});

test("a completed job is not completed again while its lease lives on for others", async () => {
  const adapter = await open();
  const [a, b] = (await claimed(adapter, 2)) as [LeasedJob, LeasedJob];
  expect(await adapter.leaser.settle([settlement(a)])).toMatchObject([{ ok: true }]);
  expect(await adapter.leaser.settle([settlement(a)])).toEqual([{ ok: false, now: "lost" }]);
  expect(await adapter.leaser.extend("w", [a.lease, b.lease], 1_000)).toMatchObject({ leases: ["lost", "held"] });
});

test("after a bury and a requeue, which keep the epoch, the old lease completes nothing", async () => {
  const adapter = await open();
  const [a, b] = (await claimed(adapter, 3)) as [LeasedJob, LeasedJob];
  await adapter.leaser.settle([settlement(a, BURY)]);
  await adapter.operator.apply("requeue", [a.lease.ref], { actor: "test" });
  const answers = await adapter.leaser.settle([settlement(b), settlement(a)]);
  expect(answers).toMatchObject([{ ok: true }, { ok: false, now: "lost" }]);
  expect(await states(adapter, [a, b])).toEqual(["waiting", "completed"]);
});

test("a release and a completion of one job in one call are judged in their order", async () => {
  const adapter = await open();
  const [a, b] = (await claimed(adapter, 2)) as [LeasedJob, LeasedJob];
  const release: Decision = { move: "release", delayMs: 0 };
  const answers = await adapter.leaser.settle([
    settlement(a),
    settlement(a, release),
    settlement(b, release),
    settlement(b),
  ]);
  expect(answers.map((answer) => answer.ok)).toEqual([true, false, true, false]);
  expect(await states(adapter, [a, b])).toEqual(["completed", "waiting"]);
});

test("results that differ come each to its own job", async () => {
  const adapter = await open();
  const jobs = await claimed(adapter, 5);
  const result = (index: number): string => (index < 3 ? `"same"` : `{"n":${index}}`);
  await adapter.leaser.settle(jobs.map((job, index) => settlement(job, { move: "complete", result: result(index) })));
  const stored = await adapter.reader.get(jobs.map(({ lease }) => lease.ref));
  expect(stored.map((job) => job?.result)).toEqual(jobs.map((_, index) => result(index)));
});

test("many jobs of one call keep their order, their times and their ids, whatever stands between them", async () => {
  const adapter = await open();
  await adapter.writer.enqueue([newJob("taken")]);
  const ids = Array.from({ length: 200 }, (_, index) => (index === 100 ? "taken" : `many-${index}`));
  const receipts = await adapter.writer.enqueue(
    ids.map((id, index) => newJob(id, { payload: `${index}`, ...(index === 150 && { priority: 5 }) })),
  );
  expect(receipts.map(({ ref }) => ref.id)).toEqual(ids);
  expect(receipts.flatMap(({ outcome }, index) => (outcome === "accepted" ? [] : [[index, outcome]]))).toEqual([
    [100, "conflict"],
  ]);
  const { jobs } = await adapter.leaser.claim(all("t"));
  expect(jobs.map(({ lease }) => lease.ref.id)).toEqual([
    "taken",
    ...ids.filter((_, index) => index !== 100 && index !== 150),
    "many-150",
  ]);
});

test("an id twice in one call is one job", async () => {
  const adapter = await open();
  const receipts = await adapter.writer.enqueue(["a", "b", "a", "c"].map((id) => newJob(id)));
  expect(receipts.map(({ outcome }) => outcome)).toEqual(["accepted", "accepted", "duplicate", "accepted"]);
  expect((await adapter.reader.queues("mail"))[0]?.depth ?? 0).toBe(3);
});

test("many that are not due yet, or expire, are where claim and sweep look for them", async () => {
  const bench = await openBench();
  onTestFinished(() => bench.close());
  const { adapter } = bench;
  const many = (name: string, over: Parameters<typeof newJob>[1]) =>
    Array.from({ length: 70 }, (_, index) => newJob(`${name}-${index}`, over));
  await adapter.writer.enqueue([
    ...many("later", { start: { delayMs: 1_000 } }),
    ...many("brief", { expiresInMs: 500 }),
    ...many("now", {}),
  ]);
  await bench.advance(600);
  expect(await adapter.sweeper.expire(100)).toEqual({ expired: 70, more: false });
  const first = await adapter.leaser.claim(all("t1"));
  expect(new Set(first.jobs.map(({ lease }) => lease.ref.id.split("-")[0]))).toEqual(new Set(["now"]));
  expect(first.jobs).toHaveLength(70);
  await bench.advance(400);
  expect((await adapter.leaser.claim(all("t2"))).jobs).toHaveLength(70);
});

const WAIT = { waitMs: 60_000 };

/** A claim that waits by now; `null` until it is answered. */
async function waiting(adapter: Adapter, token: string, over: Parameters<typeof claimRequest>[1] = {}) {
  const state: { ids: readonly string[] | null } = { ids: null };
  void adapter.leaser.claim(claimRequest(token, { ...WAIT, ...over })).then(({ jobs }) => {
    state.ids = jobs.map(({ lease }) => lease.ref.id);
  });
  await systemPorts.sleep(0);
  expect(state.ids).toBe(null);
  return state;
}

test("a claim that waits is answered by the step that brings its work", async () => {
  const adapter = await open();
  const first = await waiting(adapter, "t1", { session: "w1", max: 1 });
  const second = await waiting(adapter, "t2", { session: "w2", max: 1 });
  await adapter.writer.enqueue([newJob("a")]);
  await systemPorts.sleep(0);
  const job = (await adapter.reader.get([{ queue: "mail", id: "a" }]))[0];
  expect(job).toMatchObject({ state: "active", worker: "w1" });
  expect(first.ids).toEqual(["a"]);
  expect(second.ids).toBe(null);
  await adapter.writer.enqueue([newJob("b")]);
  await systemPorts.sleep(0);
  expect(second.ids).toEqual(["b"]);
});

test("a claim that waits for another queue, or knows other types, is left waiting", async () => {
  const adapter = await open();
  const elsewhere = await waiting(adapter, "t1", {
    queues: [{ queue: "elsewhere", max: 10, types: [{ name: "greet", maxVersion: 1 }] }],
  });
  const stranger = await waiting(adapter, "t2", {
    session: "w2",
    queues: [{ queue: "mail", max: 10, types: [{ name: "unknown", maxVersion: 1 }] }],
  });
  await adapter.writer.enqueue([newJob("a")]);
  await systemPorts.sleep(0);
  expect([elsewhere.ids, stranger.ids]).toEqual([null, null]);
});

test("a claim that was made is the caller's, even if it stopped waiting in the same turn", async () => {
  const adapter = await open();
  const ending = new AbortController();
  const claim = adapter.leaser.claim(claimRequest("t", { ...WAIT, signal: ending.signal }));
  await systemPorts.sleep(0);
  ending.abort();
  await adapter.writer.enqueue([newJob("a")]);
  const { jobs } = await claim;
  const [job] = await adapter.reader.get([{ queue: "mail", id: "a" }]);
  expect(jobs.map(({ lease }) => lease.ref.id)).toEqual(job?.state === "active" ? ["a"] : []);
});
