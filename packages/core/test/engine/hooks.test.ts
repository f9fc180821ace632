import { describe, expect, test } from "vitest";
import type { Hooks } from "../../src/engine/surface.ts";
import { defineJob } from "../../src/nouns/define.ts";
import type { JobRef } from "../../src/nouns/job.ts";
import { anything, gate, stage, turns, until } from "./stage.ts";

const any = defineJob("any", { payload: anything });

/** Every hook notes what it was told, and in which state its job was in the store by then. */
function noted() {
  const on = stage();
  const notes: unknown[][] = [];
  const note =
    (name: string) =>
    async (job?: JobRef, facts?: object): Promise<void> => {
      notes.push([
        name,
        ...(job === undefined ? [] : [(await on.job(job)).state]),
        ...(facts === undefined ? [] : [facts]),
      ]);
    };
  const hooks: Hooks = {
    onStart: note("start"),
    onStop: note("stop"),
    onJobStart: note("job start"),
    onJobCompleted: note("completed"),
    onJobFailed: note("failed"),
    onDead: note("dead"),
  };
  return { ...on, hooks, notes };
}

describe("hooks", () => {
  test("are told after the fact was stored, in the order of the facts", async () => {
    const { yard, worker, hooks, notes } = noted();
    await yard.enqueue(any, 1);
    await worker({ jobs: [any.handler(() => ({ n: 1 }))], hooks }).drain();
    expect(notes).toEqual([
      ["start"],
      ["job start", "active"],
      ["completed", "completed", { durationMs: 0, result: '{"n":1}' }],
      ["stop"],
    ]);
  });

  test("hear of every failed attempt, of what comes next, and of the end", async () => {
    const { yard, worker, pass, hooks, notes } = noted();
    await yard.enqueue(any, 1, { maxAttempts: 2, backoff: ["5s"] });
    const own = worker({ jobs: [any.handler(() => Promise.reject(new Error("boom")))], hooks });
    await own.drain();
    await pass(5_000, 5_000);
    await own.drain();
    const error = expect.objectContaining({ code: "Error", message: "boom" });
    expect(notes.filter(([name]) => ["failed", "dead"].includes(name as string))).toEqual([
      ["failed", "waiting", { durationMs: 0, error, retryInMs: 5_000 }],
      ["failed", "dead", { durationMs: 0, error, retryInMs: null }],
      ["dead", "dead", { error }],
    ]);
  });

  test.each([1, 2])(
    "hear the truth if the store made something else of it: cancelled meanwhile, of %i attempts",
    async (maxAttempts) => {
      const { yard, worker, hooks, notes } = noted();
      const end = gate();
      const own = worker({ jobs: [any.handler(() => end.opened)], hooks });
      const receipt = await yard.enqueue(any, 1, { maxAttempts });
      await own.start();
      await until(() => own.status.running === 1);
      await yard.board.move("cancel", [receipt], { actor: "ana" });
      end.fail(new Error("boom"));
      await until(() => own.status.failed === 1);
      await turns(5);
      expect(notes.slice(2)).toEqual([["failed", "cancelled", expect.objectContaining({ retryInMs: null })]]);
    },
  );

  test("of one job run one after the other, of several jobs side by side; none holds up a handler", async () => {
    const { yard, worker } = stage();
    const order: string[] = [];
    const slow = gate();
    const own = worker({
      jobs: [any.handler(({ payload }) => void order.push(`run ${payload}`))],
      hooks: {
        onJobStart: async ({ id }) => {
          if (id === "a") await slow.opened;
          order.push(`start ${id}`);
        },
        onJobCompleted: ({ id }) => void order.push(`completed ${id}`),
      },
    });
    await yard.enqueue(any, "a", { jobId: "a" });
    await yard.enqueue(any, "b", { jobId: "b" });
    await own.start();
    await until(() => order.includes("completed b"));
    expect(order).toContain("run a");
    expect(order).not.toContain("completed a");
    slow.open();
    await until(() => order.includes("completed a"));
    expect(order.indexOf("start a")).toBeLessThan(order.indexOf("completed a"));
  });

  test("that fail are told to onError, and change nothing", async () => {
    const { yard, worker, errors, job } = stage();
    const failing = () => Promise.reject(new Error("pager is down"));
    const throwing = () => {
      throw new Error("pager is down");
    };
    const own = worker({
      jobs: [any.handler(() => 1)],
      hooks: {
        onStart: throwing,
        onJobStart: failing,
        onJobCompleted: throwing,
        onStop: failing,
        onError: (error, doing) => void errors.push({ error, doing }),
      },
    });
    const receipt = await yard.enqueue(any, 1);
    await own.drain();
    expect((await job(receipt)).state).toBe("completed");
    expect(errors.map(({ doing }) => doing).toSorted()).toEqual(["onJobCompleted", "onJobStart", "onStart", "onStop"]);
  });
});
