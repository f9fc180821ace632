/** What the adapter's verbs say when the server, the ids or what stands in the store are not as they should be. */

import { createYard, defineJob } from "@jobyard/core";
import { type Adapter, type Decision, type LeasedJob, STATES } from "@jobyard/core/adapter";
import { claimRequest, newJob } from "@jobyard/core/testing";
import { newPrefix, type RedisServer } from "@jobyard/servers";
import { urlOf } from "@jobyard/servers/vitest";
import type { Redis } from "ioredis";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { z } from "zod";
import { adminOf, openAdapter, ownServer, QUEUE } from "./at-work.ts";
import { outcome, until } from "./links.ts";
import { BURY, refTo } from "./operate-yard.ts";

/** One of each family of verbs. */
const VERBS: readonly ((adapter: Adapter) => Promise<unknown>)[] = [
  ({ schema }) => schema.migrate(),
  ({ writer }) => writer.enqueue([newJob("a")]),
  ({ leaser }) => leaser.claim(claimRequest("t1")),
  ({ leaser }) => leaser.expired(10),
  ({ reader }) => reader.queues(),
  ({ operator }) => operator.pause("mail", { actor: "ada" }),
  ({ sweeper }) => sweeper.expire(10),
  ({ records }) => records.put("note", "a", "{}"),
];

const outcomes = (adapter: Adapter): Promise<readonly unknown[]> =>
  Promise.all(VERBS.map((verb) => outcome(verb(adapter))));

const refusedWith = (code: string): readonly string[] => VERBS.map(() => code);

const changed = ({ url }: RedisServer, change: (url: URL) => void): string => {
  const other = new URL(url);
  change(other);
  return other.href;
};

describe("a server that cannot be used is told by every verb, and nothing is written to it", () => {
  test("a wrong password, a wrong database", async () => {
    const server = await ownServer({ requirepass: "op3n" });
    const wrongPassword = changed(server, (url) => {
      url.password = "secr3t";
    });
    const wrongDatabase = changed(server, (url) => {
      url.pathname = "/77";
    });
    for (const url of [wrongPassword, wrongDatabase])
      expect(await outcomes(openAdapter({ url }))).toEqual(refusedWith("STORE_UNAVAILABLE"));
    expect(await (await adminOf(server)).dbsize()).toBe(0);
  });

  test("a policy that evicts; used as soon as it does not", async () => {
    const server = await ownServer({ maxmemoryPolicy: "volatile-ttl" });
    const admin = await adminOf(server);
    const adapter = openAdapter({ url: server.url });
    expect(await outcomes(adapter)).toEqual(refusedWith("STORE_UNSAFE"));
    expect(await admin.dbsize()).toBe(0);
    expect((await adapter.examine()).filter(({ level }) => level === "problem")).not.toEqual([]);
    await admin.config("SET", "maxmemory-policy", "noeviction");
    await until("it is used", async () => (await outcome(adapter.writer.enqueue([newJob("a")]))) !== "STORE_UNSAFE");
    expect(await adapter.reader.get([refTo("a")])).toMatchObject([{ state: "waiting" }]);
  });

  test("a replica; and a primary that becomes one while jobs are held", async () => {
    const primary = await ownServer();
    const replica = await ownServer({ replicaOf: primary.url });
    expect(await outcomes(openAdapter({ url: replica.url }))).toEqual(refusedWith("STORE_UNAVAILABLE"));
    const adapter = openAdapter({ url: primary.url });
    const admin = await adminOf(primary);
    await adapter.writer.enqueue([newJob("a"), newJob("b")]);
    const { jobs } = await adapter.leaser.claim(claimRequest("t1", { max: 1 }));
    await admin.call("REPLICAOF", "127.0.0.1", "1");
    const settle = (): Promise<unknown> => outcome(adapter.leaser.settle(completions(jobs)));
    expect(await settle()).toBe("STORE_UNAVAILABLE");
    expect(await outcome(adapter.leaser.claim(claimRequest("t2")))).toBe("STORE_UNAVAILABLE");
    expect(await outcome(adapter.writer.enqueue([newJob("c")]))).toBe("STORE_UNAVAILABLE");
    await admin.call("REPLICAOF", "NO", "ONE");
    await until("the settlement is kept", async () => typeof (await settle()) !== "string");
    expect((await adapter.reader.get(["a", "b", "c"].map(refTo))).map((job) => job?.state ?? null)).toEqual([
      "completed",
      "waiting",
      null,
    ]);
  });
});

const completions = (jobs: readonly LeasedJob[]) =>
  jobs.map(({ lease }) => ({
    ...{ lease, guard: "held" as const },
    decision: { move: "complete", result: null } satisfies Decision,
  }));

interface Place {
  readonly adapter: Adapter;
  readonly admin: Redis;
  readonly prefix: string;
  key(name: string): string;
}

async function place(): Promise<Place> {
  const [server] = inject("redis");
  if (server === undefined) throw new Error("no Redis was provided");
  const url = urlOf(server);
  const { prefix, remove } = newPrefix(url);
  onTestFinished(remove);
  const admin = await adminOf({ url });
  return { admin, prefix, adapter: openAdapter({ url, prefix }), key: (name) => `${prefix}:${QUEUE}:${name}` };
}

const write = defineJob("write", { queue: QUEUE, payload: z.unknown() });

describe("ids", () => {
  test.each([
    ...["1", "0", "007", "12345678901234567890123456789"],
    ...["a:b", ":", "", " a", "a\nb", "\ud800"],
    ...["wait", "active", "paused", "prioritized", "delayed", "completed", "failed", "waiting-children", "marker"],
    ...["id", "meta", "events", "pc", "de", "repeat", "stalled", "stalled-check", "limiter", "priority"],
  ])("%j is refused, and nothing is written", async (jobId) => {
    const { adapter, admin, prefix } = await place();
    const yard = createYard({ adapter });
    await expect(yard.enqueue(write, 1, { jobId })).rejects.toMatchObject({ code: "BAD_NAME" });
    expect(await admin.keys(`${prefix}:*`)).toEqual([]);
  });

  test("that BullMQ has another use for are refused by the adapter too, with all of the call", async () => {
    const { adapter, admin, prefix } = await place();
    const call = adapter.writer.enqueue([newJob("a"), newJob("wait")]);
    await expect(call).rejects.toMatchObject({ code: "BAD_NAME", field: "jobId" });
    expect(await admin.keys(`${prefix}:*`)).toEqual([]);
  });

  test("a queue's name with a colon is refused", () => {
    expect(() => defineJob("write", { queue: "a:b", payload: z.unknown() })).toThrow(/BAD_NAME|colon/);
  });

  test("names that other programs might stumble over are ids as others are", async () => {
    const { adapter } = await place();
    const ids = [
      "{a}",
      "a*",
      "[b]",
      "1a",
      "-1",
      "1.5",
      "1e3",
      "0x1",
      "ünïcödé",
      "日本",
      "a b",
      "constructor",
      "__proto__",
    ];
    await adapter.writer.enqueue(ids.map((id) => newJob(id)));
    const { jobs } = await adapter.leaser.claim(claimRequest("t1", { max: 50, queues: withRoom(50) }));
    expect(jobs.map(({ lease }) => lease.ref.id)).toEqual(ids);
    await adapter.leaser.settle(completions(jobs));
    expect((await adapter.reader.get(ids.map(refTo))).map((job) => job?.state)).toEqual(ids.map(() => "completed"));
  });
});

const withRoom = (max: number) => [{ queue: QUEUE, max, types: [{ name: "greet", maxVersion: 1 }] }];

describe("payloads", () => {
  const NUL = String.raw`{"a":"\u0000b","c":"\ud800","d":"\udc00\ud800","e":"\u00e9"}`;
  test.each([
    ["escapes that JSON.parse would not give back", NUL],
    ["numbers beyond 2^53, and as they were written", '{"n":9007199254740993,"m":1.0,"k":1e400,"z":-0,"i":10E+2}'],
    ["keys in their order, also twice, and spaces", '{ "b":1, "a":2, "10":3, "9":4, "b":5 ,"__proto__":{} }'],
    ["empty things, which Lua cannot tell apart", '{"o":{},"a":[],"s":"","n":null,"f":false}'],
    ["deeper than cjson would follow", `${"[".repeat(2_000)}1${"]".repeat(2_000)}`],
    ["every character there is in UTF-8", JSON.stringify(`\u007f\u0080é日\u2028\u{1f600}`)],
    ["a mebibyte", `{"text":"${"ab\\u0000".repeat(131_070)}"}`],
  ])("%s: out as they went in", async (_, payload) => {
    const { adapter, admin, key } = await place();
    const { writer, leaser, operator, reader } = adapter;
    const take = async (token: string): Promise<readonly LeasedJob[]> => (await leaser.claim(claimRequest(token))).jobs;
    const settle = async (jobs: readonly LeasedJob[], decision: Decision): Promise<void> => {
      const [job] = jobs;
      // Not toEqual: a difference of a megabyte helps nobody.
      expect(job?.payload === payload).toBe(true);
      const settled = await leaser.settle(jobs.map(({ lease }) => ({ lease, guard: "held", decision })));
      expect(settled).toMatchObject([{ ok: true }]);
    };
    const stored = async (): Promise<boolean> => (await reader.get([refTo("a")]))[0]?.payload === payload;
    const by = { actor: "ada" };

    await writer.enqueue([newJob("a", { payload })]);
    expect(await stored()).toBe(true);
    expect(await admin.hget(key("a"), "data")).toBe(payload);
    await settle(await take("t1"), { move: "retry", delayMs: 0, failure: FAILURE });
    await settle(await take("t2"), BURY);
    expect(await operator.apply("requeue", [refTo("a")], { ...by, payload: '{"other":1}', opId: "op" })).toMatchObject([
      { outcome: "done" },
    ]);
    expect(await stored()).toBe(false);
    expect(await operator.apply("revert", [refTo("a")], { ...by, opId: "op" })).toMatchObject([{ outcome: "done" }]);
    expect(await stored()).toBe(true);
    const [requeue] = ((await reader.events(refTo("a"), 0, 100)) ?? []).filter(({ kind }) => kind === "requeue");
    expect(JSON.parse(requeue?.data ?? "{}").previousPayload === payload).toBe(true);
    for (const move of ["remove", "restore"] as const)
      expect(await operator.apply(move, [refTo("a")], by)).toMatchObject([{ outcome: "done" }]);
    expect(await stored()).toBe(true);
    await operator.apply("requeue", [refTo("a")], by);
    // What is a payload is a result too.
    await settle(await take("t3"), { move: "complete", result: payload });
    const [job] = await reader.get([refTo("a")]);
    expect([job?.state, job?.payload === payload, job?.result === payload]).toEqual(["completed", true, true]);
    expect(await admin.hget(key("a"), "returnvalue")).toBe(payload);
  });
});

const FAILURE = { code: "HANDLER_ERROR", message: "boom \ud83d\ude00 \u0000", stack: null } as const;

describe("something else stands at a job's address", () => {
  test("an enqueue there is refused, and nothing of its call is written", async () => {
    const { adapter, admin, key } = await place();
    await admin.rpush(key("b"), "what another program keeps");
    const call = adapter.writer.enqueue([newJob("a"), newJob("b"), newJob("c")]);
    expect(await outcome(call)).toBe("STORE_CORRUPT");
    expect((await adapter.reader.get(["a", "c"].map(refTo))).map((job) => job === null)).toEqual([true, true]);
    expect(await admin.exists(key("a"), key("c"), key("wait"))).toBe(0);
    expect(await admin.lrange(key("b"), 0, -1)).toEqual(["what another program keeps"]);
    await adapter.writer.enqueue([newJob("a"), newJob("c")]);
    expect((await adapter.leaser.claim(claimRequest("t1"))).jobs).toHaveLength(2);
  });

  test.each(["wait", "prioritized"] as const)(
    "what waits beside it (%s) is claimed, and it is left alone",
    async (where) => {
      const { adapter, admin, key } = await place();
      const ids = ["a", "b", "c"];
      await adapter.writer.enqueue(ids.map((id) => newJob(id, { priority: where === "wait" ? 0 : 5 })));
      await admin.del(key("b"));
      await admin.set(key("b"), "what another program keeps");
      const { jobs } = await adapter.leaser.claim(claimRequest("t1"));
      expect(jobs.map(({ lease }) => lease.ref.id)).toEqual(["a", "c"]);
      expect(await adapter.leaser.settle(completions(jobs))).toMatchObject([{ ok: true }, { ok: true }]);
      expect(await admin.get(key("b"))).toBe("what another program keeps");
      expect(await admin.exists(key("wait"), key("prioritized"), key("active"))).toBe(0);
    },
  );

  test("of a delayed job: those that are due with it are claimed", async () => {
    const { adapter, admin, key } = await place();
    await adapter.writer.enqueue(["a", "b", "c"].map((id) => newJob(id, { start: { delayMs: 60 } })));
    await admin.del(key("b"));
    await admin.set(key("b"), "what another program keeps");
    const ids: string[] = [];
    await until("the others are claimed", async () => {
      const { jobs } = await adapter.leaser.claim(claimRequest("t1"));
      ids.push(...jobs.map(({ lease }) => lease.ref.id));
      return ids.length === 2;
    });
    expect(ids).toEqual(["a", "c"]);
    expect(await admin.get(key("b"))).toBe("what another program keeps");
  });

  test("of a job that is held: its settlement and others of the call", async () => {
    const { adapter, admin, key } = await place();
    await adapter.writer.enqueue(["a", "b", "c"].map((id) => newJob(id)));
    const { jobs } = await adapter.leaser.claim(claimRequest("t1", { leaseMs: 300 }));
    await admin.del(key("b"));
    await admin.set(key("b"), "what another program keeps");
    expect(await adapter.leaser.settle(completions(jobs))).toMatchObject([
      { ok: true },
      { ok: false, now: "lost" },
      { ok: true },
    ]);
    await until("the session is gone", async () => {
      await adapter.leaser.expired(10);
      return (await admin.keys(key("").replace(`${QUEUE}:`, ":session*"))).length === 0;
    });
    expect(await admin.get(key("b"))).toBe("what another program keeps");
  });

  test("reading goes on: that job is none, the others are there", async () => {
    const { adapter, admin, key } = await place();
    await adapter.writer.enqueue(["a", "b", "c"].map((id) => newJob(id)));
    await admin.del(key("b"));
    await admin.rpush(key("b"), "what another program keeps");
    const { reader, operator } = adapter;
    expect((await reader.get(["a", "b", "c"].map(refTo))).map((job) => job?.id ?? null)).toEqual(["a", null, "c"]);
    const page = await reader.list({ filter: [], limit: 10, cursor: null });
    expect(page.items.map(({ id }) => id)).toEqual(["c", "a"]);
    expect(await reader.events(refTo("b"), 0, 10)).toBeNull();
    expect(await operator.apply("cancel", ["a", "b"].map(refTo), { actor: "ada" })).toMatchObject([
      { outcome: "done" },
      { outcome: "missing" },
    ]);
    expect(STATES).toContain((await reader.get([refTo("a")]))[0]?.state);
  });
});
