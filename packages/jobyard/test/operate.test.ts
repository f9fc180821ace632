import { describe, expect, test } from "vitest";
import { deadJobs, expectError, JOBS, type Place, place } from "./jobyard.ts";

const here: Place = await place();

const stateOf = async (id: string): Promise<unknown> => (await here.json("job", id))[0]?.["phase"];

const dead = (queue: string, n: number): Promise<readonly string[]> => deadJobs(here, queue, n);

describe("named jobs", () => {
  test("are requeued, with another payload if one is given", async () => {
    const [first = "", second = ""] = await dead("requeue", 2);
    expect(await here.ok("requeue", first)).toBe(`${first} requeued\n`);
    expect((await here.json("job", first))[0]).toMatchObject({ phase: "waiting", attempt: 0, payload: 0 });
    expect(await here.json("requeue", second, "--payload", '{"now":"right"}')).toEqual([
      { ref: { queue: "requeue", id: second.split("/")[1] }, outcome: "done", state: "waiting" },
    ]);
    expect((await here.json("job", second))[0]).toMatchObject({ payload: { now: "right" } });
    expect((await here.json("events", second)).at(-1)).toMatchObject({ kind: "requeue", data: { by: "cli" } });
  });

  test("take a payload from stdin, and only if it is JSON", async () => {
    const [id = ""] = await dead("stdin", 1);
    expectError(await here.run("requeue", id, "--payload", "{oops"), "PAYLOAD_INVALID", 1, "not JSON");
    expect(await stateOf(id)).toBe("dead");
    expect(await here.runWith({ stdin: "[1]" }, "requeue", id, "--payload", "-")).toMatchObject({ code: 0 });
    expect((await here.json("job", id))[0]).toMatchObject({ payload: [1] });
  });

  test("are cancelled, promoted and removed", async () => {
    for (const id of ["c", "p", "r"])
      await here.ok("enqueue", "add", "1", "--queue", "moves", "--id", id, "--delay", "1h");
    expect(await here.ok("cancel", "moves/c")).toBe("moves/c cancelled\n");
    expect(await stateOf("moves/c")).toBe("cancelled");
    expect(await here.ok("promote", "moves/p")).toBe("moves/p promoted\n");
    expect(await stateOf("moves/p")).toBe("waiting");
    expect(await here.ok("remove", "moves/r")).toBe("moves/r removed\n");
    expectError(await here.run("job", "moves/r"), "JOB_NOT_FOUND", 1, "moves/r");
  });

  test("whose state does not allow it stay as they are, the others move", async () => {
    await here.ok("enqueue", "add", "1", "--queue", "mixed", "--id", "waits");
    const [id = ""] = await dead("mixed-dead", 1);
    const finished = await here.run("requeue", "mixed/waits", id);
    expectError(finished, "MOVE_REFUSED", 1, "mixed/waits: requeue, but it is waiting");
    expect(finished.out).toBe(`${id} requeued\n`);
  });

  test("are moved once, however often and in whichever way they are named", async () => {
    const [id = ""] = await dead("twice", 1);
    expect(await here.ok("requeue", id, id.split("/")[1] ?? "", id)).toBe(`${id} requeued\n`);
  });

  test("are all found before the first is touched", async () => {
    const [id = ""] = await dead("typo", 1);
    expectError(await here.run("requeue", id, "typo/nobody"), "JOB_NOT_FOUND", 1, "typo/nobody");
    expect(await stateOf(id)).toBe("dead");
  });

  test("change nothing in a dry run", async () => {
    const [id = ""] = await dead("dry", 1);
    expect(await here.ok("requeue", id, "--dry-run")).toBe(`${id} would be requeued\n`);
    expectError(await here.run("cancel", id, "--dry-run"), "MOVE_REFUSED", 1, "but it is dead");
    expect(await stateOf(id)).toBe("dead");
  });
});

test("a running job is asked to stop, and cannot be removed", async () => {
  await here.ok("enqueue", "wait", "--module", JOBS, "--id", "running");
  const worker = here.start("work", JOBS, "--queue", "slow");
  await worker.printed(/started +slow\/running/);
  expectError(await here.run("remove", "slow/running"), "JOB_ACTIVE", 1, "slow/running");
  expect(await here.ok("cancel", "slow/running")).toBe("slow/running asked to stop: it is running\n");
  await expect.poll(() => stateOf("slow/running"), { timeout: 15_000 }).toBe("cancelled");
  worker.kill("SIGTERM");
  expect(await worker.finished).toMatchObject({ code: 0 });
});

describe("a queue", () => {
  test("is paused and resumed", async () => {
    await here.ok("enqueue", "greet", '{"name":"Ada"}', "--module", JOBS, "--id", "held");
    expect(await here.ok("pause", "hello")).toBe("hello is now paused.\n");
    expect(await here.ok("pause", "hello")).toBe("hello was already paused.\n");
    expect(await here.ok("queues")).toMatch(/^hello .* by cli, /m);
    await here.ok("work", JOBS, "--queue", "hello", "--drain");
    expect(await stateOf("hello/held")).toBe("waiting");
    expect(await here.ok("explain", "hello/held")).toMatch(/paused/i);
    expect(await here.json("resume", "hello")).toEqual([{ queue: "hello", paused: false, changed: true }]);
    await here.ok("work", JOBS, "--queue", "hello", "--drain");
    expect(await stateOf("hello/held")).toBe("completed");
  });

  test("that nobody knows is paused with a word of doubt", async () => {
    const finished = await here.run("pause", "mial");
    expect(finished).toMatchObject({ code: 0, out: "mial is now paused.\n" });
    expect(finished.err).toContain('no job was ever in a queue "mial"');
  });
});

describe("wrong use", () => {
  test.each([
    [["requeue"], "name one job or more"],
    [["requeue", "a/b", "--filter", "state:dead"], "ids or --filter, not both"],
    [["remove", "--filter", " "], "an empty query matches every job"],
    [["requeue", "--filter", "state:dead", "--payload", "1"], "--payload goes with ids"],
    [["cancel", "a/b", "--rate", "1/s"], "--rate goes with --filter"],
    [["pause"], "missing required argument 'queue'"],
  ] as const)("%j", async (args, text) => expectError(await here.run(...args), "USAGE", 2, text));

  test("a rate or a query that cannot be understood", async () => {
    expectError(await here.run("requeue", "--filter", "state:dead", "--rate", "fast"), "BAD_OPTION", 2, "--rate");
    expectError(await here.run("requeue", "--filter", "state:ded"), "BAD_QUERY", 2, "ded");
  });
});
