/** Pages of jobs, newest first, for people; pages of all jobs, in a fixed order, for operations. */

import { expect } from "vitest";
import type { JobReader, Page } from "../../contract/adapter.ts";
import type { Filter } from "../../nouns/filter.ts";
import type { JobRef } from "../../nouns/job.ts";
import { BURY, type Chapter, COMPLETE, ids, inQueue, inState, QUEUE, refOf, rescueTo, type Stage } from "./stage.ts";

export const listsChapter: Chapter = (test) => {
  test("a list is newest first, also within a millisecond", async (stage) => {
    const early = await stage.add({ id: "z" }, { id: "a" });
    await stage.bench.advance(1);
    const late = await stage.add({ id: "m" }, { id: "b", queue: "print" });
    expect(ids(await listed(stage, []))).toEqual(ids([...early, ...late].reverse()));
    expect(ids(await listed(stage, inQueue(QUEUE)))).toEqual(["m", "a", "z"]);
  });

  for (const size of [1, 3, 7, 20])
    test(`all pages of ${size}, forward and back, show each of 20 jobs once`, async (stage) => {
      const refs = await fill(stage, 20);
      const { reader } = stage.adapter;
      const pages = await pagesForward(reader, [], size);
      expect(pages.flatMap((page) => ids(page.items))).toEqual(ids([...refs].reverse()));
      expect(pages).toHaveLength(Math.ceil(20 / size));
      expect(pages[0]?.previous).toBeNull();
      expect(pages.slice(0, -1).every((page) => page.items.length === size)).toBe(true);
      const back = [pages.at(-1)?.items ?? []];
      for (let cursor = pages.at(-1)?.previous ?? null; cursor !== null; ) {
        const page = await reader.list({ filter: [], limit: size, cursor });
        back.unshift(page.items);
        cursor = page.previous;
      }
      expect(back.flatMap(ids)).toEqual(ids([...refs].reverse()));
    });

  for (const size of [1, 7, 19, 20, 21])
    test(`the last page of ${size} of 20 jobs is one step away, and all pages lead back from it`, async (stage) => {
      const refs = await fill(stage, 20);
      const { reader } = stage.adapter;
      const first = await reader.list({ filter: [], limit: size, cursor: null });
      expect(first.last === null).toBe(size >= 20);
      const pages: JobRef[][] = [];
      for (let cursor = first.last; cursor !== null; ) {
        const page = await reader.list({ filter: [], limit: size, cursor });
        if (pages.length === 0) expect(page).toMatchObject({ next: null, last: null });
        pages.unshift([...page.items]);
        cursor = page.previous;
      }
      if (size < 20) expect(pages.flatMap(ids)).toEqual(ids([...refs].reverse()));
    });

  test("rows that arrive while somebody pages show up nowhere twice and hide none", async (stage) => {
    const refs = await fill(stage, 9);
    const { reader } = stage.adapter;
    const seen: JobRef[] = [];
    let page = await reader.list({ filter: [], limit: 2, cursor: null });
    for (let n = 0; ; n++) {
      seen.push(...page.items);
      if (page.next === null) break;
      await stage.add({ id: `new-${n}` });
      page = await reader.list({ filter: [], limit: 2, cursor: page.next });
    }
    expect(ids(seen)).toEqual(ids([...refs].reverse()));
    while (page.previous !== null) page = await reader.list({ filter: [], limit: 2, cursor: page.previous });
    expect(ids(page.items)).toEqual(["new-3", "new-2"]);
  });

  test("rows that change or go while somebody pages hide none of the others", async (stage) => {
    const refs = await fill(stage, 9);
    const { reader } = stage.adapter;
    const first = await reader.list({ filter: [], limit: 3, cursor: null });
    await stage.apply("remove", first.items);
    await stage.apply("cancel", refs[4] ?? []);
    const second = await reader.list({ filter: [], limit: 3, cursor: first.next });
    expect(ids(second.items)).toEqual(ids([...refs].reverse().slice(3, 6)));
    await stage.apply("remove", second.items);
    const third = await reader.list({ filter: [], limit: 3, cursor: second.next });
    expect(ids(third.items)).toEqual(ids([...refs].reverse().slice(6)));
    expect(third.next).toBeNull();
  });

  test("of dead, cancelled or stale jobs alone, the last to become so is first", async (stage) => {
    const refs = await fill(stage, 4);
    const order = [2, 0, 3, 1].map((index) => refs[index] ?? refOf("none"));
    for (const ref of order) {
      await stage.move("cancel", ref);
      await stage.bench.advance(1);
    }
    const cancelled = inState("cancelled");
    expect(ids(await listed(stage, cancelled))).toEqual(ids([...order].reverse()));
    const pages = await pagesForward(stage.adapter.reader, cancelled, 3);
    expect(pages.map((page) => ids(page.items))).toEqual([
      ids([...order].reverse().slice(0, 3)),
      ids([...order].reverse().slice(3)),
    ]);
    expect(ids(await listed(stage, inState("cancelled", "dead")))).toEqual(ids([...refs].reverse()));
  });

  test("the lists of dead and of stale jobs go by the time of the burial and of the rescue", async (stage) => {
    const [a, b, c] = await fill(stage, 3);
    const jobs = await stage.take();
    const [first, second, third] = jobs;
    if (!a || !b || !c || !first || !second || !third) throw new Error("three jobs");
    await stage.settle(third.lease, BURY);
    await stage.bench.advance(1);
    await stage.settle(first.lease, BURY);
    await stage.rescue(second.lease, rescueTo("stale"));
    expect(ids(await listed(stage, inState("dead")))).toEqual(ids([a, c]));
    await stage.bench.advance(1);
    await stage.apply("requeue", c);
    await stage.apply("park", c);
    expect(ids(await listed(stage, inState("stale")))).toEqual(ids([c, b]));
  });

  test("jobs of any other state alone go by their enqueueing, whatever happened to them since", async (stage) => {
    const refs = await fill(stage, 3);
    const [first] = refs;
    if (!first) throw new Error("three jobs");
    await stage.apply("cancel", first);
    await stage.apply("requeue", first);
    expect(ids(await listed(stage, inState("waiting")))).toEqual(ids([...refs].reverse()));
    for (const { lease } of await stage.take()) {
      await stage.settle(lease, COMPLETE);
      await stage.bench.advance(1);
    }
    expect(ids(await listed(stage, inState("completed")))).toEqual(ids([...refs].reverse()));
  });

  test("a cursor that the list did not make is refused", async (stage) => {
    await fill(stage, 3);
    const { reader } = stage.adapter;
    for (const cursor of ["nonsense", "", "1", "e30="])
      await expect(reader.list({ filter: [], limit: 2, cursor }), cursor).rejects.toMatchObject({ code: "BAD_CURSOR" });
    await expect(reader.scan([], await stage.now(), "nonsense", 2)).rejects.toMatchObject({ code: "BAD_CURSOR" });
  });

  test("a list says how far it looked", async (stage) => {
    await fill(stage, 3);
    const page = await stage.adapter.reader.list({ filter: [], limit: 10, cursor: null });
    expect(page.searched.all).toBe(true);
    expect(page.searched.rows).toBeGreaterThanOrEqual(3);
    expect(page).toMatchObject({ next: null, previous: null });
  });

  test("counts are exact up to the cap, and then say that there are more", async (stage) => {
    await fill(stage, 10);
    const { reader } = stage.adapter;
    expect(await reader.count([], 11)).toEqual({ n: 10, exact: true });
    expect(await reader.count([], 4)).toEqual({ n: 4, exact: false });
    expect(await reader.count(inState("dead"), 4)).toEqual({ n: 0, exact: true });
  });

  test("facets are the most frequent values among the jobs that match", async (stage) => {
    await stage.add(
      { queue: "a", name: "x", tags: ["red", "blue"] },
      { queue: "a", name: "x", tags: ["red"] },
      { queue: "a", name: "y", tags: ["red"] },
      { queue: "b", name: "z", tags: [] },
    );
    await stage.claim({ session: "w1", queues: [{ queue: "a", max: 2, types: [{ name: "x", maxVersion: 1 }] }] });
    const facets = async (filter: Filter, field: Parameters<JobReader["facets"]>[1], limit = 10) =>
      (await stage.adapter.reader.facets(filter, field, limit)).map(({ value, count }) => {
        expect(count.exact).toBe(true);
        return [value, count.n];
      });
    expect(await facets([], "queue")).toEqual([
      ["a", 3],
      ["b", 1],
    ]);
    expect(await facets([], "name", 1)).toEqual([["x", 2]]);
    expect(await facets(inQueue("a"), "tag")).toEqual([
      ["red", 3],
      ["blue", 1],
    ]);
    expect(new Map((await facets([], "state")) as [string, number][])).toEqual(
      new Map([
        ["active", 2],
        ["waiting", 2],
      ]),
    );
    expect(await facets([], "worker")).toEqual([["w1", 2]]);
    expect(await facets(inQueue("nothing"), "queue")).toEqual([]);
  });

  test("a scan sees every job once that matches all the while, whatever moves happen meanwhile", async (stage) => {
    const refs = await fill(stage, 20);
    const upTo = await stage.now();
    await stage.bench.advance(1);
    await stage.add({ id: "too-late" });
    const { reader } = stage.adapter;
    const seen: string[] = [];
    for (let cursor: string | null = null, n = 0; ; n++) {
      const page: Page<JobRef> = await reader.scan(inQueue(QUEUE), upTo, cursor, 3);
      expect(page.items.length).toBeLessThanOrEqual(3);
      seen.push(...ids(page.items));
      if (page.next === null) break;
      cursor = page.next;
      await stage.apply("reschedule", refs[n] ?? [], { delayMs: 5 });
      await stage.apply("cancel", page.items);
      const [job] = await stage.take({ max: 1 });
      if (job) await stage.settle(job.lease, COMPLETE);
    }
    expect([...seen].sort()).toEqual([...ids(refs)].sort());
  });

  test("a scan may empty what it finds: nothing is left, nothing is met twice", async (stage) => {
    await fill(stage, 10);
    const { reader } = stage.adapter;
    const upTo = await stage.now();
    let seen = 0;
    for (let cursor: string | null = null; ; ) {
      const page: Page<JobRef> = await reader.scan([], upTo, cursor, 4);
      seen += page.items.length;
      await stage.apply("remove", page.items);
      cursor = page.next;
      if (cursor === null) break;
    }
    expect(seen).toBe(10);
    expect((await stage.info()).depth).toBe(0);
  });
};

/** `n` jobs, a few to each millisecond. */
async function fill(stage: Stage, n: number): Promise<readonly JobRef[]> {
  const refs: JobRef[] = [];
  while (refs.length < n) {
    refs.push(...(await stage.add(...Array.from({ length: Math.min(3, n - refs.length) }, () => ({})))));
    await stage.bench.advance(1);
  }
  return refs;
}

const listed = async (stage: Stage, filter: Filter): Promise<readonly JobRef[]> =>
  (await stage.adapter.reader.list({ filter, limit: 200, cursor: null })).items;

async function pagesForward(reader: JobReader, filter: Filter, limit: number): Promise<readonly Page<JobRef>[]> {
  const pages: Page<JobRef>[] = [];
  for (let cursor: string | null = null; ; ) {
    const page: Page<JobRef> = await reader.list({ filter, limit, cursor });
    pages.push(page);
    if (page.next === null) return pages;
    cursor = page.next;
  }
}
