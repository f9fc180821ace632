/** Who did what: one record per call that changed anything, in the same step. */

import { expect } from "vitest";
import { AUDIT_KIND, type AuditLine } from "../../contract/entries.ts";
import { type Chapter, COMPLETE, refOf, type Stage } from "./stage.ts";

export const auditChapter: Chapter = (test) => {
  test("a move of many jobs is one line, with the jobs that it changed", async (stage) => {
    const [a, b] = await stage.add({ id: "a" }, { id: "b" });
    if (!a || !b) throw new Error("two jobs");
    await stage.settle((await stage.takeOne()).lease, COMPLETE);
    await stage.apply("cancel", [a, b, refOf("nobody")], { actor: "ada", reason: "test data", opId: "op-1" });
    expect(await audit(stage)).toEqual([
      {
        at: await stage.now(),
        actor: "ada",
        action: "cancel",
        queue: null,
        jobs: ["mail/b"],
        count: 1,
        reason: "test data",
        op: "op-1",
      },
    ]);
  });

  test("a line names at most a hundred jobs, and counts them all", async (stage) => {
    const refs = await stage.add(...Array.from({ length: 130 }, () => ({})));
    await stage.apply("park", refs);
    const [line] = await audit(stage);
    expect(line).toMatchObject({ action: "park", count: 130, reason: null, op: null });
    expect(line?.jobs).toHaveLength(100);
  });

  test("what changed nothing leaves no line", async (stage) => {
    const ref = await stage.addOne();
    await stage.apply("promote", ref);
    await stage.apply("requeue", ref);
    await stage.apply("cancel", refOf("nobody"));
    await stage.apply("edit", ref, { payload: "1", expectEpoch: 5 });
    await stage.apply("cancel", []);
    await stage.resume();
    expect(await audit(stage)).toEqual([]);
    await stage.takeOne();
    await stage.apply("cancel", ref);
    await stage.apply("cancel", ref);
    await stage.pause();
    await stage.pause();
    await stage.configure({ maxSize: 5 });
    await stage.configure({ maxSize: 5 });
    await stage.configure({});
    expect((await audit(stage)).map((line) => line.action).sort()).toEqual(["cancel", "configure", "pause"]);
  });

  test("pause, resume and configure name their queue", async (stage) => {
    await stage.adapter.operator.pause("mail", { actor: "ada", reason: "maintenance" });
    await stage.bench.advance(5);
    await stage.adapter.operator.resume("mail", { actor: "bob" });
    await stage.bench.advance(5);
    await stage.adapter.operator.configure(
      "mail",
      { retention: { dead: { ageMs: 5, count: null, bytes: null } } },
      { actor: "cy" },
    );
    const line = { queue: "mail", jobs: [], count: 0, reason: null, op: null };
    const now = await stage.now();
    expect(await audit(stage)).toEqual([
      { ...line, at: now - 10, actor: "ada", action: "pause", reason: "maintenance" },
      { ...line, at: now - 5, actor: "bob", action: "resume" },
      { ...line, at: now, actor: "cy", action: "configure" },
    ]);
  });

  test("lines read in the order of their time", async (stage) => {
    const ref = await stage.addOne();
    const actions = ["park", "requeue", "edit", "reprioritise", "reschedule", "cancel", "remove", "restore"] as const;
    for (const action of actions) {
      expect(await stage.move(action, ref, { payload: "1", priority: 3, delayMs: 9 })).toBe("done");
      await stage.bench.advance(1);
    }
    expect((await audit(stage)).map((line) => line.action)).toEqual(actions);
  });
};

async function audit(stage: Stage): Promise<readonly AuditLine[]> {
  const records = await stage.adapter.records.list(AUDIT_KIND, null, 100);
  return records.map((record) => JSON.parse(record.doc) as AuditLine);
}
