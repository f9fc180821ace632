import { describe, expect, test } from "vitest";
import { expectError, JOBS, type Place, place } from "./jobyard.ts";

const here: Place = await place();

describe("work", () => {
  test("runs what is there and tells it, line by line", async () => {
    await here.ok("enqueue", "greet", '{"name":"Ada"}', "--module", JOBS, "--id", "one");
    const finished = await here.run("work", JOBS, "--queue", "hello:2", "--drain");
    expect(finished.code).toBe(0);
    expect(finished.out).toMatch(/^started +hello\/one greet attempt 1 of 5$/m);
    expect(finished.out).toMatch(/^completed hello\/one greet attempt 1 of 5 \d+ms$/m);
    expect(finished.err).toBe("Working on 3 job types.\nStopped: 1 completed, 0 failed.\n");
  });

  test("tells the same as JSON, without payload or result", async () => {
    await here.ok("enqueue", "explode", '"secret"', "--module", JOBS, "--id", "two");
    const events = await here.json("work", JOBS, "--drain");
    expect(events.map((event) => event["event"])).toEqual(["job.started", "job.failed", "job.dead_letter"]);
    expect(events[1]).toMatchObject({
      queue: "bombs",
      id: "two",
      name: "explode",
      attempt: 1,
      maxAttempts: 3,
      error: { code: "UNRECOVERABLE" },
      retryInMs: null,
    });
    expect(Object.keys(events[0] ?? {})).toEqual(["event", "queue", "id", "name", "attempt", "maxAttempts"]);
  });

  test("says when a queue is not one of its job types'", async () => {
    const finished = await here.run("work", JOBS, "--queue", "helo", "--queue", "hello", "--drain");
    expect(finished).toMatchObject({ code: 0 });
    expect(finished.err).toMatch(/^note: no job type here has the queue "helo"\. Check the spelling\.$/m);
    expect(finished.err).not.toContain('"hello"');
  });

  test("until it is stopped, and gives back what is unfinished", async () => {
    await here.ok("enqueue", "wait", "--module", JOBS, "--id", "long");
    const worker = here.start("work", JOBS, "--queue", "slow", "--grace", "100ms");
    await worker.printed(/started +slow\/long/);
    worker.kill("SIGTERM");
    expect(await worker.finished).toMatchObject({ code: 0 });
    expect((await here.json("job", "slow/long"))[0]).toMatchObject({ phase: "waiting", attempt: 0, errors: [] });
  });

  test("a second signal ends it at once", async () => {
    const worker = here.start("work", JOBS, "--queue", "slow");
    await worker.printed(/started +slow\/long/);
    worker.kill("SIGINT");
    await worker.printed(/Stopping/);
    worker.kill("SIGINT");
    expect(await worker.finished).toMatchObject({ code: 1 });
  });
});

describe("a module", () => {
  test.each([
    ["nowhere.ts", "", "MODULE_FAILED", "nowhere.ts: there is no such file"],
    [".", "", "MODULE_FAILED", ".: this is a folder; name a file in it"],
    ["syntax.ts", "export const = 1;", "MODULE_FAILED", "syntax.ts: "],
    ["throws.mjs", "throw new Error('no database here');", "MODULE_FAILED", "throws.mjs: no database here"],
    ["imports.mjs", "import 'not-installed';", "MODULE_FAILED", "Cannot find package 'not-installed'"],
    ["enum.ts", "export enum Colour { Red }", "MODULE_FAILED", "enum is not supported"],
    ["empty.ts", "export const answer: number = 42;", "MODULE_EMPTY", "empty.ts"],
  ] as const)("%s: %j", async (name, content, code, text) => {
    const file = content === "" ? name : here.file(name, content);
    expectError(await here.run("work", file), code, 1, text);
  });

  test("may export an array as default", async () => {
    const file = here.file(
      "array.mjs",
      `import { greet, wait } from ${JSON.stringify(JOBS)};\nexport default [greet, wait, greet];`,
    );
    const finished = await here.run("work", file, "--drain");
    expect(finished).toMatchObject({ code: 0 });
    expect(finished.err).toContain("Working on 2 job types.");
  });
});

test("an error that no handler catches ends it in one line", async () => {
  const file = here.file(
    "stray.mjs",
    `import { nobody } from ${JSON.stringify(JOBS)};
     const late = () => { throw new Error("nobody caught me"); };
     export const stray = nobody.handler(() => new Promise(() => setTimeout(late)));`,
  );
  await here.ok("enqueue", "nobody", '{"to":"ada@example.org"}', "--module", JOBS);
  expectError(await here.run("work", file, "--drain"), "INTERNAL", 1, "nobody caught me");
});

test.each([["mail:0"], ["mail:x"], [":3"]])("--queue %s is refused", async (queue) => {
  expectError(
    await here.run("work", JOBS, "--queue", queue),
    "BAD_OPTION",
    2,
    "--queue must look like mail or mail:20",
  );
});
