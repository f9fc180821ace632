/** Moves of jobs in the line: places that are kept, and jobs that are taken out of the midst of a long list. */

import { describe, expect, test } from "vitest";
import { openYard, type Yard } from "./operate-yard.ts";

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
    for (const [move, over] of [
      ["cancel", { expectEpoch: 7 }],
      ["revert", { opId: "op" }],
    ] as const) {
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
    await yard.stock.addBulk(
      Array.from({ length: 2_000 }, (_, n) => ({ name: "theirs", data: n, opts: { jobId: `j${n}` } })),
    );
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
