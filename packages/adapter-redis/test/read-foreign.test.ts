/** Jobs and queues of BullMQ's own programs, as our dashboard reads them. */

import type { Filter, JobReader, Phase } from "@jobyard/core/adapter";
import { newJob } from "@jobyard/core/testing";
import { newPrefix } from "@jobyard/servers";
import { urlOf } from "@jobyard/servers/vitest";
import { FlowProducer, Queue, UnrecoverableError, Worker } from "bullmq";
import { Redis } from "ioredis";
import { expect, inject, onTestFinished, test } from "vitest";
import { redisAdapter } from "../src/index.ts";
import { allPages, ids, inState, readerOn } from "./read-ground.ts";

const QUEUE = "mail";

function openYard() {
  const [server] = inject("redis");
  if (server === undefined) throw new Error("no Redis was provided");
  const { url, prefix, remove } = newPrefix(urlOf(server));
  const adapter = redisAdapter({ url, fleet: "v6" });
  const options = { prefix, connection: { url: urlOf(server) } };
  const client = new Redis(urlOf(server));
  const open: { close(): Promise<unknown> }[] = [adapter];
  const closing = <T extends { close(): Promise<unknown> }>(one: T): T => {
    open.push(one);
    return one;
  };
  onTestFinished(async () => {
    for (const one of open) await one.close();
    client.disconnect();
    await remove();
  });
  return {
    ...{ adapter, client, prefix, reader: adapter.reader },
    queue: (name: string) => closing(new Queue(name, options)),
    flow: () => closing(new FlowProducer(options)),
    worker: (name: string) => closing(new Worker(name, null, { ...options, autorun: false })),
  };
}

/** One job or two of everything that BullMQ knows, one ms after the other; ids in that order. */
async function populate({ adapter, queue: queueOf, flow, worker: workerOf }: ReturnType<typeof openYard>) {
  const queue = queueOf(QUEUE);
  const worker = workerOf(QUEUE);
  let at = Date.now() - 60_000;
  const add = async (jobId: string, more: Parameters<Queue["add"]>[2] = {}): Promise<void> => {
    at += 1;
    await queue.add("greet", { to: jobId }, { jobId, timestamp: at, ...more });
  };
  const next = async () => {
    const job = await worker.getNextJob("token");
    if (!job) throw new Error("no job");
    return job;
  };
  await add("done");
  await (await next()).moveToCompleted({ sent: true }, "token", false);
  await add("broken");
  await (await next()).moveToFailed(new UnrecoverableError("boom"), "token", false);
  await add("retrying-1", { attempts: 5, backoff: { type: "exponential", delay: 60_000 } });
  await (await next()).moveToFailed(new Error("not yet"), "token", false);
  await add("running");
  await next();
  await add("scheduled-1", { delay: 3_600_000 });
  await add("urgent", { priority: 3 });
  await add("plain");
  at += 1;
  await flow().add({
    ...{ name: "parent", queueName: QUEUE, opts: { jobId: "parent", timestamp: at } },
    children: [{ name: "child", queueName: "print", opts: { jobId: "child", timestamp: at + 1 } }],
  });
  await adapter.writer.enqueue([newJob("ours")]);
  return { queue, worker };
}
const MAIL = ["ours", "parent", "plain", "urgent", "scheduled-1", "running", "retrying-1", "broken", "done"];

const inQueue = (queue: string): Filter => [{ field: "queue", not: false, any: [{ text: queue, glob: false }] }];

test("they are listed with ours, newest first, each once, however short the pages", async () => {
  const yard = openYard();
  await populate(yard);
  for (const limit of [1, 2, 4, 200]) {
    const pages = await allPages(yard, [], limit);
    expect(pages.flatMap(({ items }) => ids(items))).toEqual(["ours", "child", ...MAIL.slice(1)]);
    expect(pages.every(({ searched }) => searched.all)).toBe(true);
  }
  expect(ids((await yard.reader.scan(inQueue(QUEUE), Date.now(), null, 100)).items)).toEqual(MAIL);
});

const PHASES: Readonly<Partial<Record<Phase, readonly string[]>>> = {
  waiting: ["ours", "plain", "urgent"],
  scheduled: ["scheduled-1"],
  retrying: ["retrying-1"],
  blocked: ["parent"],
  active: ["running"],
  completed: ["done"],
  dead: ["broken"],
  cancelled: [],
  stale: [],
};

test("each is in the state that BullMQ says, in lists and in counts", async () => {
  const yard = openYard();
  await populate(yard);
  for (const [phase, found] of Object.entries(PHASES)) {
    const filter: Filter = [...inQueue(QUEUE), { field: "state", not: false, any: [phase as Phase] }];
    const page = await yard.reader.list({ filter, limit: 10, cursor: null });
    expect(ids(page.items), phase).toEqual(found);
  }
  const [info] = await yard.reader.queues(QUEUE);
  expect(info?.depth).toBe(7);
  expect(info?.counts).toEqual(
    Object.fromEntries(Object.entries(PHASES).map(([phase, found]) => [phase, { n: found.length, exact: true }])),
  );
  expect(await yard.reader.count(inQueue(QUEUE), 100)).toEqual({ n: 9, exact: true });
  const boom: Filter = [{ field: "error", not: false, any: [{ text: "BOOM", glob: false }] }];
  expect(await yard.reader.count(boom, 100)).toEqual({ n: 1, exact: true });
  const named: Filter = [{ field: "name", not: false, any: [{ text: "greet", glob: false }] }];
  expect(await yard.reader.phases(named, 100)).toMatchObject({
    waiting: { n: 3 },
    retrying: { n: 1 },
    active: { n: 1 },
  });
  expect(await yard.reader.facets([], "name", 5)).toMatchObject([
    { value: "greet", count: { n: 8, exact: true } },
    { value: "child" },
    { value: "parent" },
  ]);
});

const jobOf = async (reader: JobReader, id: string) => {
  const [job] = await reader.get([{ queue: QUEUE, id }]);
  if (!job) throw new Error(`no job ${id}`);
  return job;
};

test("what BullMQ wrote is read as what it means", async () => {
  const { reader, ...yard } = openYard();
  const { queue } = await populate({ reader, ...yard });
  expect(await jobOf(reader, "done")).toMatchObject({
    ...{ name: "greet", version: 1, state: "completed", payload: '{"to":"done"}', result: '{"sent":true}' },
    ...{ attempt: 1, maxAttempts: 1, backoff: null, errors: [], leaseUntil: null, tags: [], seq: 3 },
  });
  const failed = await jobOf(reader, "broken");
  expect(failed).toMatchObject({ state: "dead", reason: null, result: null });
  expect(failed.errors).toEqual([
    {
      ...{ at: failed.finishedAt, attempt: 1, code: "HANDLER_ERROR", message: "boom" },
      stack: expect.stringMatching(/^UnrecoverableError: boom\n/),
    },
  ]);
  const retrying = await jobOf(reader, "retrying-1");
  const inBullMQ = await queue.getJob("retrying-1");
  expect(retrying).toMatchObject({
    ...{ state: "waiting", attempt: 1, maxAttempts: 5, backoff: { type: "exponential", delayMs: 60_000 } },
    errors: [{ message: "not yet", attempt: 1 }],
  });
  const due = (inBullMQ?.processedOn ?? 0) + 60_000;
  expect(retrying.runAt).toBeGreaterThanOrEqual(due);
  expect(retrying.runAt).toBeLessThan(due + 5_000);
  const running = await jobOf(reader, "running");
  expect(running).toMatchObject({ state: "active", attempt: 1, startedAt: expect.any(Number) });
  const until = (running.leaseUntil ?? 0) - (await reader.now());
  expect(until).toBeGreaterThan(20_000);
  expect(until).toBeLessThanOrEqual(30_000);
  expect(await jobOf(reader, "urgent")).toMatchObject({ priority: 3, state: "waiting", attempt: 0 });
  expect(await jobOf(reader, "parent")).toMatchObject({ name: "parent", state: "blocked" });
});

test("their events are those that can be known, numbered without holes", async () => {
  const { reader, ...yard } = openYard();
  await populate({ reader, ...yard });
  const kinds = async (id: string) => (await reader.events({ queue: QUEUE, id }, 0, 10))?.map(({ kind }) => kind);
  expect(await kinds("done")).toEqual(["enqueue", "claim", "complete"]);
  expect(await kinds("running")).toEqual(["enqueue", "claim"]);
  expect(await kinds("plain")).toEqual(["enqueue"]);
  for (const id of MAIL) {
    const events = await reader.events({ queue: QUEUE, id }, 0, 10);
    expect(
      events?.map(({ seq }) => seq),
      id,
    ).toEqual(events?.map((_, index) => index + 1));
    expect((await jobOf(reader, id)).seq, id).toBe(events?.length);
  }
});

test("the list of dead jobs goes by when they failed, whoever failed them", async () => {
  const { adapter, reader, ...yard } = openYard();
  const queue = yard.queue(QUEUE);
  const worker = yard.worker(QUEUE);
  await adapter.writer.enqueue([newJob("ours-1"), newJob("ours-2", { maxAttempts: 1 })]);
  await queue.add("greet", {}, { jobId: "theirs", priority: 1 });
  const claim = { ...{ session: "w1", token: "t", leaseMs: 30_000, max: 1, waitMs: 0, held: false } };
  const queues = [{ queue: QUEUE, max: 1, types: [{ name: "greet", maxVersion: 1 }] }];
  const [job] = (await adapter.leaser.claim({ ...claim, queues })).jobs;
  expect(job?.lease.ref.id).toBe("ours-1");
  const failure = { code: "HANDLER_ERROR", message: "ours", stack: null };
  if (job) await adapter.leaser.settle([{ lease: job.lease, guard: "held", decision: { move: "bury", failure } }]);
  for (const id of ["ours-2", "theirs"]) {
    const next = await worker.getNextJob(`token-${id}`);
    expect(next?.id).toBe(id);
    await next?.moveToFailed(new UnrecoverableError(`failed ${id}`), `token-${id}`, false);
  }
  const dead = await reader.list({ filter: inState("dead"), limit: 10, cursor: null });
  expect(dead.items.map(({ id, lastError }) => [id, lastError?.message]).sort()).toEqual([
    ["ours-1", "ours"],
    ["ours-2", "failed ours-2"],
    ["theirs", "failed theirs"],
  ]);
  const times = dead.items.map(({ finishedAt }) => finishedAt ?? 0);
  expect(times).toEqual(times.toSorted((a, b) => b - a));
  expect((await allPages({ reader }, inState("dead"), 1)).flatMap(({ items }) => ids(items))).toEqual(ids(dead.items));
  expect((await reader.queues(QUEUE))[0]?.counts.dead).toEqual({ n: 3, exact: true });
});

test("queues that only BullMQ knows are found, with what it says of them", async () => {
  const { reader, adapter, queue } = openYard();
  await adapter.writer.enqueue([newJob("ours")]);
  const theirs = queue("adopted");
  await theirs.add("greet", {});
  await theirs.pause();
  const found = await reader.queues();
  expect(found.map((info) => info.queue)).toEqual(["adopted", QUEUE]);
  expect(found[0]).toMatchObject({
    paused: { at: 0, by: "bullmq", reason: null },
    depth: 1,
    settings: { maxSize: null },
  });
  expect(await reader.locate("1")).toEqual([{ queue: "adopted", id: "1" }]);
});

test("jobs of one ms and one id in several queues are several jobs", async () => {
  const { reader, queue } = openYard();
  const names = ["a", "b", "c"];
  for (const name of names)
    await queue(name).addBulk([1, 2].map((timestamp) => ({ name, data: {}, opts: { timestamp } })));
  const refs = (await allPages({ reader }, [], 1)).flatMap(({ items }) => items.map((job) => `${job.queue}${job.id}`));
  expect(refs.slice(0, 3).sort()).toEqual(["a2", "b2", "c2"]);
  expect(refs.slice(3).sort()).toEqual(["a1", "b1", "c1"]);
});

test("more of them than a search goes through are told to be more", async () => {
  const { client, prefix, queue: queueOf } = openYard();
  const reader = readerOn(client, prefix, "server");
  const queue = queueOf(QUEUE);
  const MANY = 20_100;
  for (let from = 0; from < MANY; from += 1_005)
    await queue.addBulk(Array.from({ length: 1_005 }, () => ({ name: "greet", data: {} })));
  const filter = [{ field: "tag", not: false, any: [{ text: "none", glob: false }] }] as const;
  const page = await reader.list({ filter, limit: 10, cursor: null });
  expect(page).toMatchObject({ items: [], next: null, searched: { rows: 20_000, all: false } });
  expect(await reader.count(filter, 10)).toEqual({ n: 0, exact: false });
  expect(await reader.count([], 100_000)).toEqual({ n: MANY, exact: true });
  expect(ids((await reader.list({ filter: [], limit: 3, cursor: null })).items)).toEqual(["20100", "20099", "20098"]);
});
