/** Every job tells its story: 1, 2, 3 … without holes, the same on every read. */

import { expect } from "vitest";
import { claimData } from "../../contract/entries.ts";
import { BURY, type Chapter, COMPLETE, LEASE_MS, refOf, releaseFor, retryIn } from "./stage.ts";

export const eventsChapter: Chapter = (test) => {
  test("a whole life leaves one event per move, numbered without holes", async (stage) => {
    const ref = await stage.addOne();
    await stage.settle((await stage.takeOne()).lease, releaseFor(0));
    await stage.settle((await stage.takeOne()).lease, retryIn(0));
    await stage.rescue((await stage.takeOne()).lease);
    const { lease } = await stage.takeOne();
    await stage.adapter.leaser.append([{ lease, kind: "log", data: '"half way"' }]);
    await stage.settle(lease, BURY);
    await stage.move("requeue", ref);
    await stage.move("edit", ref, { payload: "1" });
    await stage.settle((await stage.takeOne()).lease, COMPLETE);
    expect(await stage.kinds(ref)).toEqual([
      "enqueue",
      "claim",
      "release",
      "claim",
      "retry",
      "claim",
      "rescue",
      "claim",
      "log",
      "bury",
      "requeue",
      "edit",
      "claim",
      "complete",
    ]);
  });

  test("each claim's event keeps its own time, worker and attempt", async (stage) => {
    const ref = await stage.addOne();
    const times: number[] = [];
    for (const session of ["w1", "w2", "w3"]) {
      await stage.bench.advance(100);
      times.push(await stage.now());
      await stage.settle((await stage.takeOne({ session })).lease, session === "w3" ? COMPLETE : retryIn(0));
    }
    const claims = (await stage.events(ref)).filter((event) => event.kind === "claim");
    expect(claims.map(({ at, data }) => ({ at, data }))).toEqual([
      { at: times[0], data: claimData("w1", 1) },
      { at: times[1], data: claimData("w2", 2) },
      { at: times[2], data: claimData("w3", 3) },
    ]);
  });

  test("what was read once reads the same later", async (stage) => {
    const ref = await stage.addOne();
    const seen: unknown[] = [];
    const look = async (): Promise<void> => {
      const events = await stage.events(ref);
      expect(events.slice(0, seen.length)).toEqual(seen);
      seen.splice(0, seen.length, ...events);
      await stage.bench.advance(10);
    };
    await look();
    const { lease } = await stage.takeOne();
    await look();
    await stage.adapter.leaser.append([{ lease, kind: "progress", data: "1" }]);
    await look();
    await stage.settle(lease, retryIn(0));
    await look();
    await stage.settle((await stage.takeOne()).lease, COMPLETE);
    await look();
    await stage.move("remove", ref);
    await stage.move("restore", ref);
    await look();
    expect(seen).toHaveLength(8);
  });

  test("events are read from where a reader stopped, page by page", async (stage) => {
    const ref = await stage.addOne();
    const { lease } = await stage.takeOne();
    await stage.adapter.leaser.append(["1", "2", "3", "4"].map((data) => ({ lease, kind: "log", data })));
    await stage.settle(lease, COMPLETE);
    const { reader } = stage.adapter;
    const all = await stage.events(ref);
    const pages: number[][] = [];
    for (let after = 0; ; ) {
      const page = await reader.events(ref, after, 3);
      if (!page?.length) break;
      pages.push(page.map((event) => event.seq));
      after = page.at(-1)?.seq ?? 0;
    }
    expect(pages).toEqual([[1, 2, 3], [4, 5, 6], [7]]);
    expect(await reader.events(ref, 2, 2)).toEqual(all.slice(2, 4));
    expect(await reader.events(ref, 7, 10)).toEqual([]);
    expect(await reader.events(ref, 70, 10)).toEqual([]);
    expect(await reader.events(refOf("nobody"), 0, 10)).toBeNull();
  });

  test("append writes one event per entry, in order, with what it says", async (stage) => {
    const [a, b] = await stage.add({}, {});
    const [first, second] = await stage.take();
    if (!a || !b || !first || !second) throw new Error("two jobs");
    await stage.bench.advance(50);
    const at = await stage.now();
    expect(
      await stage.adapter.leaser.append([
        { lease: first.lease, kind: "log", data: '"one"' },
        { lease: second.lease, kind: "page-done", data: '{"page":1}' },
        { lease: first.lease, kind: "progress", data: '{"done":0.5}' },
        { lease: first.lease, kind: "log", data: '"two"' },
      ]),
    ).toEqual([true, true, true, true]);
    expect((await stage.events(a)).slice(2)).toEqual([
      { seq: 3, at, kind: "log", data: '"one"' },
      { seq: 4, at, kind: "progress", data: '{"done":0.5}' },
      { seq: 5, at, kind: "log", data: '"two"' },
    ]);
    expect((await stage.events(b)).slice(2)).toEqual([{ seq: 3, at, kind: "page-done", data: '{"page":1}' }]);
    expect(await stage.adapter.reader.get([a, b])).toMatchObject([
      { progress: '{"done":0.5}', seq: 5 },
      { progress: null, seq: 3 },
    ]);
  });

  test("progress stays on the job through retries, and after the end", async (stage) => {
    const ref = await stage.addOne();
    const { lease } = await stage.takeOne();
    await stage.adapter.leaser.append([{ lease, kind: "progress", data: "1" }]);
    await stage.adapter.leaser.append([{ lease, kind: "progress", data: "2" }]);
    await stage.settle(lease, retryIn(0));
    expect((await stage.job(ref)).progress).toBe("2");
    await stage.settle((await stage.takeOne()).lease, COMPLETE);
    expect((await stage.job(ref)).progress).toBe("2");
  });

  test("an entry under a lost lease touches no other entry of the call", async (stage) => {
    const [, b] = await stage.add({}, {});
    const [first, second] = await stage.take();
    if (!b || !first || !second) throw new Error("two jobs");
    await stage.settle(first.lease, BURY);
    const entries = [first, second].map(({ lease }) => ({ lease, kind: "log", data: '"x"' }));
    expect(await stage.adapter.leaser.append(entries)).toEqual([false, true]);
    expect(await stage.kinds(b)).toEqual(["enqueue", "claim", "log"]);
  });

  test("an entry does not extend the lease", async (stage) => {
    const ref = await stage.addOne();
    const { lease } = await stage.takeOne();
    const deadline = (await stage.job(ref)).leaseUntil;
    await stage.bench.advance(LEASE_MS / 2);
    await stage.adapter.leaser.append([{ lease, kind: "log", data: '"x"' }]);
    expect((await stage.job(ref)).leaseUntil).toBe(deadline);
  });
};
