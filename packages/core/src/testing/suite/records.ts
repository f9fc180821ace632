/** Small documents: compare-and-set, with expiry. */

import { expect } from "vitest";
import type { Chapter } from "./stage.ts";

export const recordsChapter: Chapter = (test) => {
  test("a put makes version 1, and each further one the next", async (stage) => {
    const { records } = stage.adapter;
    expect(await records.get("view", "mine")).toBeNull();
    expect(await records.put("view", "mine", '{"n":1}')).toBe(1);
    expect(await records.put("view", "mine", '{"n":2}')).toBe(2);
    expect(await records.get("view", "mine")).toEqual({ id: "mine", doc: '{"n":2}', version: 2 });
  });

  test("a put with ifVersion is made only on that version", async (stage) => {
    const { records } = stage.adapter;
    expect(await records.put("view", "mine", "1", { ifVersion: 1 })).toBeNull();
    expect(await records.get("view", "mine")).toBeNull();
    expect(await records.put("view", "mine", "1", { ifVersion: 0 })).toBe(1);
    expect(await records.put("view", "mine", "2", { ifVersion: 0 })).toBeNull();
    expect(await records.put("view", "mine", "2", { ifVersion: 2 })).toBeNull();
    expect((await records.get("view", "mine"))?.doc).toBe("1");
    expect(await records.put("view", "mine", "2", { ifVersion: 1 })).toBe(2);
  });

  test("of many who put on one version exactly one wins, through any handle", async (stage) => {
    const other = await stage.second();
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, index) =>
        (index % 2 === 0 ? stage.adapter : other).records.put("lock", "tick", `${index}`, { ifVersion: 0 }),
      ),
    );
    expect(answers.filter((version) => version === 1)).toHaveLength(1);
    expect(answers.filter((version) => version === null)).toHaveLength(15);
  });

  test("a record whose time is over is no record", async (stage) => {
    const { records } = stage.adapter;
    await records.put("worker", "w1", "1", { ttlMs: 1_000 });
    await stage.bench.advance(999);
    expect(await records.get("worker", "w1")).not.toBeNull();
    await stage.bench.advance(1);
    expect(await records.get("worker", "w1")).toBeNull();
    expect(await records.list("worker", null, 10)).toEqual([]);
    expect(await records.remove("worker", "w1")).toBe(false);
    expect(await records.put("worker", "w1", "2", { ifVersion: 1 })).toBeNull();
    expect(await records.put("worker", "w1", "2", { ifVersion: 0 })).toBe(1);
  });

  test("each put sets the time anew, or for ever", async (stage) => {
    const { records } = stage.adapter;
    await records.put("worker", "w1", "1", { ttlMs: 1_000 });
    await records.put("worker", "w2", "1", { ttlMs: 1_000 });
    await stage.bench.advance(900);
    await records.put("worker", "w1", "2", { ttlMs: 1_000 });
    await records.put("worker", "w2", "2");
    await stage.bench.advance(900);
    expect(await records.list("worker", null, 10)).toHaveLength(2);
    await stage.bench.advance(100);
    expect((await records.list("worker", null, 10)).map((record) => record.id)).toEqual(["w2"]);
  });

  test("remove says if there was one; after it the versions begin again", async (stage) => {
    const { records } = stage.adapter;
    await records.put("view", "mine", "1");
    await records.put("view", "mine", "2");
    expect(await records.remove("view", "mine")).toBe(true);
    expect(await records.remove("view", "mine")).toBe(false);
    expect(await records.put("view", "mine", "3", { ifVersion: 0 })).toBe(1);
  });

  test("a list goes by id, page by page, within its kind", async (stage) => {
    const { records } = stage.adapter;
    for (const id of ["b", "d", "a", "e", "c", "B"]) await records.put("view", id, `"${id}"`);
    await records.put("views", "x", "1");
    const first = await records.list("view", null, 4);
    expect(first.map((record) => record.id)).toEqual(["B", "a", "b", "c"]);
    expect(first[1]).toEqual({ id: "a", doc: '"a"', version: 1 });
    expect((await records.list("view", "c", 4)).map((record) => record.id)).toEqual(["d", "e"]);
    expect(await records.list("view", "e", 4)).toEqual([]);
    expect(await records.list("nothing", null, 4)).toEqual([]);
  });

  test("or downwards, from the end or from an id", async (stage) => {
    const { records } = stage.adapter;
    for (const id of ["b", "d", "a", "c"]) await records.put("view", id, `"${id}"`);
    expect((await records.list("view", null, 3, "down")).map((record) => record.id)).toEqual(["d", "c", "b"]);
    expect((await records.list("view", "b", 3, "down")).map((record) => record.id)).toEqual(["a"]);
  });
};
