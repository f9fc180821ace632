/** The operator's moves on BullMQ's structures: what BullMQ reads of them, and what the suite cannot see. */

import { describe, expect, test } from "vitest";
import { apply, type MoveStock } from "../src/operate.ts";
import { BURY, openYard, refTo, type Yard } from "./operate-yard.ts";

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
