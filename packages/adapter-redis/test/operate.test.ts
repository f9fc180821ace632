/** The operator's moves on BullMQ's structures: what BullMQ reads of them, and what the suite cannot see. */

import { newJob } from "@jobyard/core/testing";
import { describe, expect, test } from "vitest";
import { apply, type MoveStock } from "../src/operate.ts";
import { BURY, COMPLETE, openYard, refTo, retryIn, type Yard } from "./operate-yard.ts";

/** BullMQ's stream, from a point on: what happened to which job, and where it came from. */
async function streamFrom({ ground: { client, key } }: Yard, from: string): Promise<readonly string[]> {
  const entries = await client.xrange(key("mail", "events"), `(${from}`, "+");
  return entries.map(([, fields]) => {
    const event = Object.fromEntries(fields.flatMap((name, i) => (i % 2 === 0 ? [[name, fields[i + 1]]] : [])));
    return [event["event"], event["jobId"], event["prev"]].filter(Boolean).join(" ");
  });
}

async function lastEntry({ ground: { client, key } }: Yard): Promise<string> {
  return (await client.xrevrange(key("mail", "events"), "+", "-", "COUNT", 1))[0]?.[0] ?? "0-0";
}

/** What BullMQ's own call and ours change of what BullMQ reads. */
async function seenByStock(yard: Yard, ids: readonly string[], since: string): Promise<unknown> {
  const { client, key } = yard.ground;
  return {
    jobs: await Promise.all(ids.map(async (id) => [id, await yard.stock.getJobState(id), await ownFields(yard, id)])),
    wait: await client.lrange(key("mail", "wait"), 0, -1),
    prioritized: await client.zrange(key("mail", "prioritized"), 0, "-1"),
    marker: await client.zrange(key("mail", "marker"), 0, "-1"),
    events: await streamFrom(yard, since),
    keys: (await yard.keys()).filter((name) => !name.startsWith(":") && !/:jy(?:ev|err)$/.test(name)),
  };
}

/** Fields of BullMQ's that no time is in. */
async function ownFields({ ground: { client, key } }: Yard, id: string): Promise<unknown> {
  const fields = await client.hgetall(key("mail", id));
  const kept = ["name", "data", "priority", "atm", "returnvalue", "failedReason", "deid"];
  return kept.map((name) => fields[name] ?? null);
}

const OURS_AND_THEIRS: Readonly<
  Record<
    string,
    {
      readonly before: (yard: Yard) => Promise<unknown>;
      readonly ours: (yard: Yard) => Promise<unknown>;
      readonly theirs: (yard: Yard) => Promise<unknown>;
    }
  >
> = {
  "remove a waiting job": {
    before: (yard) => yard.add("a", "b"),
    ours: (yard) => yard.move("remove", "a"),
    theirs: async (yard) => (await yard.stockJob("a")).remove(),
  },
  "remove a dead job": {
    before: (yard) => yard.end(BURY, "a"),
    ours: (yard) => yard.move("remove", "a"),
    theirs: async (yard) => (await yard.stockJob("a")).remove(),
  },
  "remove a job that holds a key": {
    before: (yard) => yard.add({ id: "a", dedupe: { key: "k", while: "open", onConflict: "skip" } }),
    ours: (yard) => yard.move("remove", "a"),
    theirs: async (yard) => (await yard.stockJob("a")).remove(),
  },
  "requeue a dead job": {
    before: (yard) => yard.end(BURY, "a"),
    ours: (yard) => yard.move("requeue", "a"),
    theirs: async (yard) =>
      (await yard.stockJob("a")).retry("failed", { resetAttemptsMade: true, resetAttemptsStarted: false }),
  },
  "promote a delayed job": {
    before: (yard) => yard.add({ id: "a", start: { delayMs: 60_000 } }, { id: "b" }),
    ours: (yard) => yard.move("promote", "a"),
    theirs: async (yard) => (await yard.stockJob("a")).promote(),
  },
  "promote one with a priority": {
    before: (yard) => yard.add({ id: "a", start: { delayMs: 60_000 }, priority: 5 }, { id: "b", priority: 5 }),
    ours: (yard) => yard.move("promote", "a"),
    theirs: async (yard) => (await yard.stockJob("a")).promote(),
  },
  "change a priority in the line": {
    before: (yard) => yard.add("a", "b", { id: "c", priority: 3 }),
    ours: (yard) => yard.move("reprioritise", "a", { priority: 3 }),
    theirs: async (yard) => (await yard.stockJob("a")).changePriority({ priority: 3 }),
  },
  "change the priority of a delayed job": {
    before: (yard) => yard.add({ id: "a", start: { delayMs: 60_000 } }),
    ours: (yard) => yard.move("reprioritise", "a", { priority: 3 }),
    theirs: async (yard) => (await yard.stockJob("a")).changePriority({ priority: 3 }),
  },
  "change a delay": {
    before: (yard) => yard.add({ id: "a", start: { delayMs: 60_000 } }),
    ours: (yard) => yard.move("reschedule", "a", { delayMs: 90_000 }),
    theirs: async (yard) => (await yard.stockJob("a")).changeDelay(90_000),
  },
  "edit a payload": {
    before: (yard) => yard.add("a"),
    ours: (yard) => yard.move("edit", "a", { payload: '{"to":"Bob"}' }),
    theirs: async (yard) => (await yard.stockJob("a")).updateData({ to: "Bob" }),
  },
};

describe("a move leaves what BullMQ's own leaves", () => {
  for (const [title, { before, ours, theirs }] of Object.entries(OURS_AND_THEIRS))
    test(title, async () => {
      const [one, other] = [await openYard(), await openYard()];
      const seen: unknown[] = [];
      for (const [yard, act] of [
        [one, ours],
        [other, theirs],
      ] as const) {
        await before(yard);
        const since = await lastEntry(yard);
        await act(yard);
        seen.push(await seenByStock(yard, ["a", "b", "c"], since));
      }
      expect(seen[0]).toEqual(seen[1]);
    });
});

describe("what BullMQ reads of moves that it has not", () => {
  test("a cancelled job has failed, and says why", async () => {
    const yard = await openYard();
    await yard.add("a");
    const since = await lastEntry(yard);
    await yard.move("cancel", "a");
    const job = await yard.stockJob("a");
    expect([await job.getState(), job.failedReason, job.finishedOn]).toEqual([
      ...["failed", "cancelled: user", await yard.ground.now()],
    ]);
    expect(await streamFrom(yard, since)).toEqual(["failed a waiting"]);
  });

  test("a parked job waits for children, where no worker takes it", async () => {
    const yard = await openYard();
    await yard.add("a");
    await yard.move("park", "a");
    expect(await yard.stock.getJobState("a")).toBe("waiting-children");
    expect(await yard.take()).toEqual([]);
  });

  test("a job of BullMQ's that we move becomes one of ours, with its number and its events", async () => {
    const yard = await openYard();
    const { id = "" } = await yard.stock.add("theirs", { n: 1 });
    expect(await yard.outcome("cancel", id, { opId: "op" })).toBe("done");
    expect(await yard.job(id)).toMatchObject({ state: "cancelled", reason: "user", seq: 2, lastOp: "op" });
    expect(await yard.kinds(id)).toEqual(["enqueue", "cancel"]);
    expect(await yard.outcome("remove", id)).toBe("done");
    expect(await yard.outcome("restore", id)).toBe("done");
    expect(await yard.kinds(id)).toEqual(["enqueue", "cancel", "remove", "restore"]);
  });
});

describe("the line", () => {
  test("a job that gets its old priority back has its old place, wherever that is", async () => {
    const yard = await openYard();
    const ids = Array.from({ length: 101 }, (_, n) => `j${n}`);
    await yard.add(...ids);
    for (const id of ["j0", "j37", "j99", "j100"]) {
      await yard.move("reprioritise", id, { priority: 4 });
      await yard.move("reprioritise", id, { priority: 0 });
    }
    expect((await yard.take(200)).map(({ lease }) => lease.ref.id)).toEqual(ids);
  });

  test("among jobs with a priority one keeps its number", async () => {
    const yard = await openYard();
    await yard.add(...["a", "b", "c"].map((id) => ({ id, priority: 2 })), { id: "d", priority: 9 });
    await yard.move("reprioritise", "b", { priority: 9 });
    await yard.move("reprioritise", "b", { priority: 2 });
    await yard.move("reprioritise", "d", { priority: 2 });
    expect((await yard.take(9)).map(({ lease }) => lease.ref.id)).toEqual(["a", "b", "c", "d"]);
  });

  test("a job of an unknown type that was put aside comes back with the priority that it got there", async () => {
    const yard = await openYard();
    await yard.add(...["a", "b", "c"].map((id) => ({ id, version: 12 })), "known");
    const served = (maxVersion: number) => [{ queue: "mail", max: 9, types: [{ name: "greet", maxVersion }] }];
    const claim = (token: string, maxVersion: number) =>
      yard.adapter.leaser.claim({
        ...{ session: "w1", token, leaseMs: 1_000, max: 9, waitMs: 0, held: false },
        queues: served(maxVersion),
      });
    expect((await claim("t1", 9)).jobs).toHaveLength(1);
    await yard.move("reprioritise", "a", { priority: 5 });
    await yard.move("reprioritise", "c", { priority: 1 });
    await yard.move("reprioritise", "c", { priority: 0 });
    expect((await claim("t2", 12)).jobs.map(({ lease }) => lease.ref.id)).toEqual(["b", "c", "a"]);
  });
});

describe("many in a long list", () => {
  /** A list in an order that nothing explains. */
  async function shuffled(yard: Yard, count: number): Promise<readonly string[]> {
    const ids = Array.from({ length: count }, (_, n) => `j${n}`);
    await yard.add(...ids);
    const order = ids.map((id, n) => [(n * 7_919) % count, id] as const).sort(([a], [b]) => a - b);
    const { client, key } = yard.ground;
    await client.del(key("mail", "wait"));
    await client.lpush(key("mail", "wait"), ...order.map(([, id]) => id));
    return order.map(([, id]) => id);
  }

  /** First served first. */
  const line = async ({ ground: { client, key } }: Yard): Promise<readonly string[]> =>
    (await client.lrange(key("mail", "wait"), 0, "-1")).reverse();

  for (const move of ["cancel", "park", "remove"] as const)
    test(`${move} takes them out and leaves the others in their order, wherever they stand`, async () => {
      const yard = await openYard();
      const ids = await shuffled(yard, 2_000);
      const some = ids.filter((_, n) => n % 13 === 0 || n > 1_990);
      const answers = await yard.move(move, [...some, ...some.slice(0, 3)]);
      expect(answers.slice(0, some.length).every(({ outcome }) => outcome === "done")).toBe(true);
      expect(answers.slice(some.length).every(({ outcome }) => outcome !== "done")).toBe(true);
      expect(await line(yard)).toEqual(ids.filter((id) => !some.includes(id)));
    });

  test("those that are refused are still in the list", async () => {
    const yard = await openYard();
    const ids = Array.from({ length: 2_000 }, (_, n) => `j${n}`);
    await yard.add(...ids);
    const some = ids.filter((_, n) => n % 20 === 0);
    for (const [move, over] of [["cancel", { expectEpoch: 7 }], ["revert", { opId: "op" }]] as const) {
      const answers = await yard.move(move, some, over);
      expect(answers.every(({ outcome }) => outcome === "changed")).toBe(true);
      expect(await line(yard)).toEqual(ids);
    }
    await yard.move("reprioritise", some, { priority: 0 });
    expect(await line(yard)).toEqual(ids);
  });

  test("what is rescheduled goes behind, and stands there once", async () => {
    const yard = await openYard();
    const ids = Array.from({ length: 2_000 }, (_, n) => `j${n}`);
    await yard.add(...ids);
    const some = ids.slice(500, 600);
    await yard.ground.advance(1);
    await yard.move("reschedule", some, { delayMs: 0 });
    expect(await line(yard)).toEqual([...ids.filter((id) => !some.includes(id)), ...some]);
  });

  test("jobs of BullMQ's, which have no number, are found as well", async () => {
    const yard = await openYard();
    await yard.stock.addBulk(Array.from({ length: 2_000 }, (_, n) => ({ name: "theirs", data: n, opts: { jobId: `j${n}` } })));
    const some = [5, 700, 701, 1_999].map((n) => `j${n}`);
    expect((await yard.move("cancel", some)).every(({ outcome }) => outcome === "done")).toBe(true);
    expect((await line(yard)).filter((id) => some.includes(id) || id === "")).toEqual([]);
    expect(await line(yard)).toHaveLength(1_996);
  });

  test("a sweep takes the overdue out of the midst", async () => {
    const yard = await openYard();
    const jobs = Array.from({ length: 2_000 }, (_, n) => ({ id: `j${n}`, expiresInMs: n % 10 === 0 ? 10 : 9_999 }));
    await yard.add(...jobs);
    await yard.ground.advance(10);
    expect(await yard.adapter.sweeper.expire(500)).toEqual({ expired: 200, more: false });
    expect(await line(yard)).toEqual(jobs.map(({ id }) => id).filter((_, n) => n % 10 !== 0));
  });
});

describe("taking back", () => {
  test("what a requeue took away comes back to the byte", async () => {
    const yard = await openYard();
    const payload = JSON.stringify({ text: '\u0000\u001f"\\/ ünï 🦋\u2028\ud800', big: "x".repeat(200_000) });
    await yard.add({ id: "a", payload, expiresInMs: 90_000 });
    await yard.settle((await yard.take())[0], retryIn(0));
    await yard.settle((await yard.take())[0], BURY);
    const before = await yard.job("a");
    await yard.move("requeue", "a", { opId: "op", payload: '"edited"' });
    expect((await yard.job("a")).payload).toBe('"edited"');
    await yard.move("revert", "a", { opId: "op" });
    const after = await yard.job("a");
    expect(after).toEqual({ ...before, runAt: after.runAt, seq: before.seq + 2, lastOp: "op" });
    const events = await yard.adapter.reader.events(refTo("a"), 0, 100);
    expect(events?.find(({ kind }) => kind === "requeue")?.data).toBe(
      JSON.stringify({ by: "ada", op: "op", previousPayload: payload }),
    );
  });

  test("another operation of the same name ends what could be taken back", async () => {
    const yard = await openYard();
    await yard.end(BURY, "a");
    await yard.move("requeue", "a", { opId: "op" });
    await yard.move("edit", "a", { opId: "op", payload: "1" });
    expect(await yard.outcome("revert", "a", { opId: "op" })).toBe("changed");
  });

  test("the trash keeps errors and lines of the log", async () => {
    const yard = await openYard();
    await yard.end(BURY, "a");
    await (await yard.stockJob("a")).log("a line");
    const before = await yard.job("a");
    await yard.move("remove", "a");
    expect((await yard.stock.getJobLogs("a")).logs).toEqual([]);
    await yard.move("restore", "a");
    expect((await yard.job("a")).errors).toEqual(before.errors);
    expect((await yard.stock.getJobLogs("a")).logs).toEqual(["a line"]);
  });

  test("a timed key is held by a removed job, and by the same one when it is back", async () => {
    const yard = await openYard();
    const timed = { dedupe: { key: "k", while: { forMs: 60_000 }, onConflict: "skip" } } as const;
    const twin = async () => (await yard.adapter.writer.enqueue([newJob("twin", timed)]))[0];
    await yard.add({ id: "a", ...timed });
    await yard.settle((await yard.take())[0], COMPLETE);
    await yard.move("remove", "a");
    expect(await twin()).toMatchObject({ outcome: "duplicate", ref: { id: "a" }, state: "completed" });
    await yard.move("restore", "a");
    expect(await yard.keys()).not.toContain(":gone:mail:a");
    expect(await twin()).toMatchObject({ outcome: "duplicate", ref: { id: "a" }, state: "completed" });
    await yard.move("remove", "a");
    await yard.ground.advance(60_000);
    expect(await twin()).toMatchObject({ outcome: "accepted" });
    expect(await yard.outcome("restore", "a")).toBe("done");
  });

  test("of an overdue key nothing is remembered", async () => {
    const yard = await openYard();
    await yard.add({ id: "a", dedupe: { key: "k", while: { forMs: 1_000 }, onConflict: "skip" } });
    await yard.ground.advance(1_000);
    await yard.move("remove", "a");
    expect(await yard.keys()).not.toContain(":gone:mail:a");
  });
});

describe("a call", () => {
  test("of more jobs than one step may hold is several, each with its line", async () => {
    const yard = await openYard();
    const ids = Array.from({ length: 1_100 }, (_, n) => `j${n}`);
    await yard.add(...ids);
    const answers = await yard.move("cancel", ids);
    expect(answers.map(({ ref }) => ref.id)).toEqual(ids);
    expect(answers.every(({ outcome, state }) => outcome === "done" && state === "cancelled")).toBe(true);
    expect((await yard.audit()).map(({ count, jobs }) => [count, jobs.length])).toEqual([
      ...[
        [500, 100],
        [500, 100],
        [100, 100],
      ],
    ]);
  });

  test("with names that JSON escapes has an audit line that can be read", async () => {
    const yard = await openYard();
    const id = 'a "quoted" \\ one';
    await yard.add(id);
    await yard.move("cancel", id, { reason: ',"jobs":[],"count":0,', opId: '"jobs":[],"count":0' });
    expect(await yard.audit()).toMatchObject([
      { jobs: [`mail/${id}`], count: 1, reason: ',"jobs":[],"count":0,', op: '"jobs":[],"count":0' },
    ]);
  });

  test("hands jobs of flows and of schedules on, and records what came of them", async () => {
    const yard = await openYard();
    await yard.add("plain", "child", "next", "keyed");
    const { client, key } = yard.ground;
    await client.hset(key("mail", "child"), "parentKey", key("mail", "parent"));
    await client.hset(key("mail", "next"), "rjk", "every-minute");
    await client.hset(key("mail", "keyed"), "deid", "k");
    await client.set(key("mail", "dn:k"), "{}");
    const asked: string[] = [];
    const stock: MoveStock = async (move, ref) => {
      asked.push(`${move} ${ref.id}`);
      return { ref, outcome: ref.id === "next" ? "refused" : "done", state: null };
    };
    const refs = ["plain", "child", "next", "keyed"].map(refTo);
    const answers = await apply(yard.ground, stock, yard.ground.newId, "remove", refs, { actor: "ada" });
    expect(asked).toEqual(["remove child", "remove next", "remove keyed"]);
    expect(answers.map(({ outcome }) => outcome)).toEqual(["done", "done", "refused", "done"]);
    expect((await yard.audit()).map(({ jobs }) => jobs)).toEqual([["mail/plain"], ["mail/child"], ["mail/keyed"]]);
    expect(
      await apply(yard.ground, stock, yard.ground.newId, "edit", refs.slice(1, 2), { actor: "ada", payload: "1" }),
    ).toMatchObject([{ outcome: "done" }]);
    expect(asked).toHaveLength(3);
  });
});
