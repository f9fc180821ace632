/** Reading a store with many jobs and queues: what is found, what is passed over, and that nothing is written. */

import type { Filter, NewJob } from "@jobyard/core/adapter";
import { claimRequest } from "@jobyard/core/testing";
import { expect, test } from "vitest";
import {
  allPages,
  BEGINNING,
  completeNext,
  fill,
  ids,
  inState,
  openGround,
  readerOn,
  ScriptTimer,
} from "./read-ground.ts";

test("every verb works on scripts that may not write", async () => {
  const ground = await openGround();
  await fill(ground, 5, (n) => ({ dedupe: { key: `k${n}`, while: "open", onConflict: "skip" } }));
  await completeNext(ground, 2);
  const { reader } = ground;
  const ref = { queue: "mail", id: "j4" };
  expect(await reader.now()).toBe(BEGINNING);
  expect(await reader.get([ref])).toEqual(await ground.adapter.reader.get([ref]));
  expect(await reader.locate("j4")).toEqual([ref]);
  expect(ids((await reader.list({ filter: [], limit: 2, cursor: null })).items)).toEqual(["j4", "j3"]);
  expect(await reader.count([], 100)).toEqual({ n: 5, exact: true });
  expect(await reader.phases([], 100)).toMatchObject({ completed: { n: 2 }, waiting: { n: 3 } });
  expect(await reader.facets([], "name", 10)).toEqual([{ value: "greet", count: { n: 5, exact: true } }]);
  expect(await reader.events(ref, 0, 10)).toEqual([{ seq: 1, at: BEGINNING, kind: "enqueue", data: null }]);
  expect(await reader.queues()).toMatchObject([{ queue: "mail", depth: 3 }]);
  expect((await reader.scan([], BEGINNING, null, 10)).items).toHaveLength(5);
  expect(await reader.explainFacts(ref)).toMatchObject({ ahead: { n: 2, exact: true }, keyHolder: null });
});

test("thousands of one ms are listed in their order, on pages forward, back and from the end", async () => {
  const ground = await openGround();
  await fill(ground, 3_000, (n) => ({ queue: n % 3 === 0 ? "print" : "mail" }));
  const newestFirst = Array.from({ length: 3_000 }, (_, n) => `j${2_999 - n}`);
  const pages = await allPages(ground, [], 200);
  expect(pages.flatMap(({ items }) => ids(items))).toEqual(newestFirst);
  const last = await ground.reader.list({ filter: [], limit: 200, cursor: pages[0]?.last ?? null });
  expect(ids(last.items)).toEqual(newestFirst.slice(-200));
  const before = await ground.reader.list({ filter: [], limit: 200, cursor: last.previous });
  expect(ids(before.items)).toEqual(newestFirst.slice(-400, -200));
});

test("many queues are one list, and all of them are told", async () => {
  const ground = await openGround();
  await fill(ground, 500, (n) => ({ queue: `q${n % 250}` }));
  const found = (await allPages(ground, [], 150)).flatMap(({ items }) => ids(items));
  expect(found).toEqual(Array.from({ length: 500 }, (_, n) => `j${499 - n}`));
  const queues = await ground.reader.queues();
  expect(queues).toHaveLength(250);
  expect(queues.every(({ depth }) => depth === 2)).toBe(true);
  expect(await ground.reader.locate("j7")).toEqual([{ queue: "q7", id: "j7" }]);
});

test("jobs of some phases are found among thousands of others, which nobody looks at", async () => {
  const ground = await openGround();
  await fill(ground, 8_000);
  await completeNext(ground, 2_300);
  await ground.adapter.leaser.claim(claimRequest("t", { session: "w2", max: 3 }));
  const { reader } = ground;
  const completed = await reader.list({ filter: inState("completed"), limit: 50, cursor: null });
  expect(ids(completed.items)).toEqual(Array.from({ length: 50 }, (_, n) => `j${2_299 - n}`));
  expect(completed.searched).toEqual({ rows: 51, all: true });
  const waiting = (await allPages(ground, inState("waiting", "blocked"), 200)).flatMap(({ items }) => ids(items));
  expect(waiting).toEqual(Array.from({ length: 8_000 - 2_303 }, (_, n) => `j${7_999 - n}`));
  const others = await allPages(ground, inState("completed", "active"), 200);
  expect(others.flatMap(({ items }) => ids(items))).toEqual(Array.from({ length: 2_303 }, (_, n) => `j${2_302 - n}`));
  expect(others.reduce((sum, { searched }) => sum + searched.rows, 0)).toBeLessThan(2_600);
  await fill(ground, 5, (n) => ({ id: `later-${n}`, start: { delayMs: 1_000 } }));
  const inTwo: Filter = [{ field: "state", not: false, any: ["completed", "scheduled"] }];
  const first = await reader.list({ filter: inTwo, limit: 10, cursor: null });
  expect(ids(first.items)).toEqual([
    ...["later-4", "later-3", "later-2", "later-1", "later-0"],
    ...["j2299", "j2298", "j2297", "j2296", "j2295"],
  ]);
  expect(first.searched.rows).toBe(11);
  const tagged: Filter = [...inState("completed"), ...NOWHERE];
  expect(await reader.count(tagged, 100)).toEqual({ n: 0, exact: true });
  expect((await reader.list({ filter: tagged, limit: 10, cursor: null })).searched).toEqual({ rows: 2_300, all: true });
});

const NOWHERE: Filter = [{ field: "tag", not: false, any: [{ text: "none", glob: false }] }];
const GREETINGS: Filter = [{ field: "name", not: false, any: [{ text: "greet", glob: false }] }];

test("a count of all phases has the time of one search, and each phase its share of it", async () => {
  const ground = await openGround();
  await fill(ground, 600);
  await completeNext(ground, 300);
  const timer = new ScriptTimer("look");
  const reader = readerOn(ground.client, ground.prefix, "stopped", timer);
  const phases = async (): Promise<void> =>
    expect(await reader.phases(GREETINGS, 1_000)).toMatchObject({
      ...{ waiting: { n: 256, exact: false }, completed: { n: 256, exact: false } },
      ...{ active: { n: 0, exact: true }, dead: { n: 0, exact: true } },
    });
  expect(await timer.during(phases)).toBe(2_000);
});

test("a page has the time of one search, and for its other side what is left: a portion at least", async () => {
  const ground = await openGround();
  await fill(ground, 600);
  const timer = new ScriptTimer("look");
  const reader = readerOn(ground.client, ground.prefix, "stopped", timer);
  let cursor: string | null = null;
  const page = async (): Promise<void> => {
    const found = await reader.list({ filter: NOWHERE, limit: 10, cursor });
    expect(found).toMatchObject({ items: [], searched: { rows: 160, all: false } });
    cursor = found.next;
  };
  expect(await timer.during(page)).toBe(2_000);
  expect(await timer.during(page)).toBe(3_000);
});

test("queues that only BullMQ knows of are waited for once, however many keys there are", async () => {
  const ground = await openGround();
  const many = "for i = 1, 60000 do redis.call('SET', KEYS[1] .. i, '') end";
  await ground.client.eval(many, 1, `${ground.prefix}:other:`);
  const timer = new ScriptTimer("discover");
  const reader = readerOn(ground.client, ground.prefix, "stopped", timer);
  expect(await timer.during(() => reader.count([], 10))).toBe(2_000);
  expect(await timer.during(() => reader.count([], 10))).toBe(1_000);
});

test("a time of enqueue is where a search begins and ends", async () => {
  const ground = await openGround();
  for (const at of ["early", "middle", "late"]) {
    await fill(ground, 300, (n) => ({ id: `${at}-${n}` }));
    await ground.advance(1_000);
  }
  const during: Filter = [
    { field: "created", not: false, range: { kind: "at", from: BEGINNING + 500, to: BEGINNING + 1_500 } },
    { field: "id", not: false, any: [{ text: "*-7", glob: true }] },
  ];
  const page = await ground.reader.list({ filter: during, limit: 10, cursor: null });
  expect(ids(page.items)).toEqual(["middle-7"]);
  expect(page.searched).toEqual({ rows: 300, all: true });
  expect((await ground.reader.scan([], BEGINNING, null, 1_000)).items).toHaveLength(300);
});

test("a search finds what stands in payloads too long to be read along", async () => {
  const ground = await openGround();
  const payload = (n: number): string => JSON.stringify({ text: "x".repeat(n === 3 ? 40_000 : 10), n });
  await fill(ground, 6, (n) => ({ payload: payload(n) }));
  const filter: Filter = [{ field: "payload", not: false, path: "n", range: { from: 3, to: 4 } }];
  const page = await ground.reader.list({ filter, limit: 10, cursor: null });
  expect(ids(page.items)).toEqual(["j4", "j3"]);
});

test("an id that is the name of another key of the queue is no job", async () => {
  const ground = await openGround();
  await fill(ground, 3);
  const names = ["wait", "meta", "id", "marker", "events", "completed", ""];
  expect(await ground.reader.get(names.map((id) => ({ queue: "mail", id })))).toEqual(names.map(() => null));
  expect(await ground.reader.events({ queue: "mail", id: "wait" }, 0, 10)).toBeNull();
  for (const name of names) expect(await ground.reader.locate(name), name).toEqual([]);
  const filter: Filter = [{ field: "id", not: false, any: names.map((text) => ({ text, glob: false })) }];
  expect(await ground.reader.count(filter, 10)).toEqual({ n: 0, exact: true });
});

test("jobs whose keys are gone are in no list", async () => {
  const ground = await openGround();
  await fill(ground, 4);
  await ground.client.del(`${ground.prefix}:mail:j2`);
  expect(ids((await ground.reader.list({ filter: [], limit: 10, cursor: null })).items)).toEqual(["j3", "j1", "j0"]);
});

test("ahead of a job are all that come before it, wherever they stand", async () => {
  const ground = await openGround();
  const { leaser } = ground.adapter;
  await fill(ground, 3, (n) => ({ id: `unknown-${n}`, name: "other" }));
  await fill(ground, 2, (n) => ({ id: `later-${n}`, start: { delayMs: 1_000 } }));
  await fill(ground, 1, () => ({ id: "urgent-later", priority: 1, start: { delayMs: 1_000 } }));
  // Whatever the claim does not know is put aside.
  expect((await leaser.claim(claimRequest("t"))).jobs).toEqual([]);
  await fill(ground, 2, (n) => ({ id: `now-${n}` }));
  await fill(ground, 2, (n) => ({ id: `priority-${n}`, priority: 2 }));
  const waiting = await ground.reader.list({ filter: inState("waiting"), limit: 10, cursor: null });
  expect(ids(waiting.items)).toEqual([
    ...["priority-1", "priority-0", "now-1", "now-0"],
    ...["unknown-2", "unknown-1", "unknown-0"],
  ]);
  const ahead = async (id: string): Promise<number | undefined> =>
    (await ground.reader.explainFacts({ queue: "mail", id }))?.ahead.n;
  expect(await ahead("unknown-2")).toBe(2);
  expect(await ahead("now-1")).toBe(4);
  expect(await ahead("priority-1")).toBe(6);
  expect(await ahead("later-1")).toBe(5);
  await ground.advance(1_000);
  expect(await ahead("later-1")).toBe(6);
  expect(await ahead("urgent-later")).toBe(7);
  expect(await ahead("priority-0")).toBe(8);
});

test("since when the oldest due job waits is told of all lines of a queue", async () => {
  const ground = await openGround();
  const oldest = async (): Promise<number | null | undefined> => (await ground.reader.queues("mail"))[0]?.oldestDueAt;
  const orders: readonly Partial<NewJob>[] = [
    { id: "unknown", name: "other" },
    { id: "later", start: { delayMs: 5 } },
    { id: "urgent", priority: 7 },
    { id: "plain" },
  ];
  for (const order of orders) {
    await fill(ground, 1, () => order);
    // Puts the first aside: nobody here knows its type.
    await ground.adapter.leaser.claim(claimRequest("t", { max: order.id === "unknown" ? 1 : 0 }));
    await ground.advance(10);
  }
  for (const [index, { id = "" }] of orders.entries()) {
    expect(await oldest(), id).toBe(BEGINNING + 10 * index);
    await ground.adapter.operator.apply("cancel", [{ queue: "mail", id }], { actor: "ada" });
  }
  expect(await oldest()).toBeNull();
});
