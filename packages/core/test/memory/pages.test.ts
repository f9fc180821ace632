/** Pages: cursors are places between rows. */

import { expect, test } from "vitest";
import type { Page } from "../../src/contract/adapter.ts";
import { isQueueError } from "../../src/nouns/errors.ts";
import { ALL_JOBS, type Filter } from "../../src/nouns/filter.ts";
import type { JobRef } from "../../src/nouns/job.ts";
import { newJob } from "../../src/testing/plain-calls.ts";
import { openStage, QUEUE } from "./stage.ts";

const badCursor = expect.toSatisfy((error: unknown) => isQueueError(error, "BAD_CURSOR"));
const cancelled: Filter = [{ field: "state", not: false, any: ["cancelled"] }];
const even: Filter = [{ field: "tag", not: false, any: [{ text: "even", glob: false }] }];
const idsIn = (page: Page<JobRef>): readonly string[] => page.items.map((item) => item.id);

async function tenJobs() {
  const stage = openStage();
  const jobs = Array.from({ length: 10 }, (_, n) => newJob(`j${n}`, { tags: n % 2 === 0 ? ["even"] : [] }));
  await stage.adapter.writer.enqueue(jobs);
  const list = (cursor: string | null, limit = 4, filter = ALL_JOBS) =>
    stage.adapter.reader.list({ filter, limit, cursor });
  return { ...stage, list };
}

test("forward to the end and back to the beginning, every row once", async () => {
  const { list } = await tenJobs();
  const first = await list(null);
  const second = await list(first.next);
  const third = await list(second.next);
  expect([first, second, third].map(idsIn)).toEqual([
    ["j9", "j8", "j7", "j6"],
    ["j5", "j4", "j3", "j2"],
    ["j1", "j0"],
  ]);
  expect([first.previous, third.next]).toEqual([null, null]);
  const back = await list(third.previous);
  expect(idsIn(back)).toEqual(idsIn(second));
  const start = await list(back.previous);
  expect(idsIn(start)).toEqual(idsIn(first));
  expect(start.previous).toBeNull();
  expect(idsIn(await list(start.next))).toEqual(idsIn(second));
});

test("what arrives while people turn pages moves nothing, and is found by going back", async () => {
  const { adapter, list } = await tenJobs();
  const first = await list(null);
  await adapter.writer.enqueue([newJob("new")]);
  const second = await list(first.next);
  expect(idsIn(second)).toEqual(["j5", "j4", "j3", "j2"]);
  const back = await list(second.previous);
  expect(idsIn(back)).toEqual(["j9", "j8", "j7", "j6"]);
  expect(idsIn(await list(back.previous))).toEqual(["new"]);
});

test("a page whose rows are all gone still leads back", async () => {
  const { adapter, list } = await tenJobs();
  const first = await list(null, 8);
  await adapter.operator.apply(
    "remove",
    [
      { queue: QUEUE, id: "j0" },
      { queue: QUEUE, id: "j1" },
    ],
    { actor: "ada" },
  );
  const gone = await list(first.next, 8);
  expect([gone.items, gone.next]).toEqual([[], null]);
  expect(idsIn(await list(gone.previous, 8))).toEqual(idsIn(first));
});

test("only what matches counts, and there is no further page if nothing further matches", async () => {
  const { list } = await tenJobs();
  const first = await list(null, 3, even);
  expect(idsIn(first)).toEqual(["j8", "j6", "j4"]);
  const second = await list(first.next, 2, even);
  expect(idsIn(second)).toEqual(["j2", "j0"]);
  expect(second.next).toBeNull();
});

test("searched tells the rows that were looked at", async () => {
  const { list } = await tenJobs();
  expect((await list(null, 200)).searched).toEqual({ rows: 10, all: true });
  // Two that match, the next that does, and what lies between.
  expect((await list(null, 2, even)).searched).toEqual({ rows: 6, all: true });
});

test("dead, cancelled and stale are listed by when they came into their state", async () => {
  const { adapter, ports, list } = await tenJobs();
  for (const id of ["j3", "j7", "j1"]) {
    await adapter.operator.apply("cancel", [{ queue: QUEUE, id }], { actor: "ada" });
    ports.advance(1);
  }
  const first = await list(null, 2, cancelled);
  expect(idsIn(first)).toEqual(["j1", "j7"]);
  expect(idsIn(await list(first.next, 2, cancelled))).toEqual(["j3"]);
});

test("a cursor of another list, or of nobody, is refused", async () => {
  const { adapter, list } = await tenJobs();
  const { next } = await list(null);
  await expect(list(next, 4, cancelled)).rejects.toEqual(badCursor);
  await expect(adapter.reader.scan(ALL_JOBS, 2e12, next, 4)).rejects.toEqual(badCursor);
  for (const forged of ["", "!", "WyJlbnF1ZXVlZCJd", `x${next}`]) await expect(list(forged)).rejects.toEqual(badCursor);
});

test("a scan sees every job that was there at its start once, whatever moves meanwhile", async () => {
  const { adapter, ports } = await tenJobs();
  const upTo = ports.now();
  ports.advance(1);
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<JobRef> = await adapter.reader.scan(ALL_JOBS, upTo, cursor, 3);
    seen.push(...idsIn(page));
    await adapter.operator.apply("cancel", page.items, { actor: "ada" });
    await adapter.writer.enqueue([newJob(`new-${seen.length}`)]);
    cursor = page.next;
  } while (cursor !== null);
  expect(seen.toSorted()).toEqual(Array.from({ length: 10 }, (_, n) => `j${n}`));
});
