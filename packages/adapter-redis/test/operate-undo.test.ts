/** What a requeue or a removal took away, and how it comes back. */

import { newJob } from "@jobyard/core/testing";
import { describe, expect, test } from "vitest";
import { BURY, COMPLETE, openYard, refTo, retryIn } from "./operate-yard.ts";

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
