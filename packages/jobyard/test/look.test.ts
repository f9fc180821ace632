import { beforeAll, describe, expect, test } from "vitest";
import { expectError, JOBS, type Place, place } from "./jobyard.ts";

const here: Place = await place();
const ESCAPE = "\u001b[31mred";

beforeAll(async () => {
  await here.ok("enqueue", "greet", '{"name":"Ada"}', "--module", JOBS, "--id", "done");
  await here.ok("enqueue", "explode", JSON.stringify(ESCAPE), "--module", JOBS, "--id", "broken");
  await here.ok("work", JOBS, "--drain");
  await here.ok("enqueue", "greet", '{"name":"Grace"}', "--module", JOBS, "--id", "soon", "--delay", "1h");
  await here.ok("enqueue", "add", "1", "--queue", "one", "--id", "same");
  await here.ok("enqueue", "add", "1", "--queue", "two", "--id", "same");
});

describe("queues", () => {
  test("as a table", async () => {
    const [header, ...rows] = (await here.ok("queues")).split("\n");
    // Nothing here is retrying, blocked, stale or cancelled.
    expect(header).toMatch(/^QUEUE +WAITING +SCHEDULED +ACTIVE +COMPLETED +DEAD +OLDEST DUE +PAUSED$/);
    expect(rows.find((row) => row.startsWith("hello"))).toMatch(/^hello +0 +1 /);
  });

  test("as JSON", async () => {
    const queues = await here.json("queues");
    expect(queues.map((queue) => queue["queue"])).toEqual(["bombs", "hello", "one", "two"]);
    expect(Object.keys(queues[0] ?? {}).sort()).toEqual([
      "counts",
      "depth",
      "maxSize",
      "oldestDueAt",
      "paused",
      "queue",
      "retention",
    ]);
  });
});

describe("jobs", () => {
  test("as a table, newest first, found by a query of several words", async () => {
    const lines = (await here.ok("jobs", "queue:hello", "state:scheduled")).trimEnd().split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^JOB +NAME +PHASE +TRIES +WHEN +LAST ERROR$/);
    expect(lines[1]).toMatch(/^hello\/soon +greet +scheduled +0\/5 +in (1h|59m \d+s)$/);
  });

  test("show the last error, harmless for the terminal and without colour in a pipe", async () => {
    const out = await here.ok("jobs", "state:dead");
    expect(out).toMatch(/^bombs\/broken +explode +dead +1\/3 +\S+.* UNRECOVERABLE: cannot read \\u001b\[31mred$/m);
    expect(out).not.toContain("\u001b");
  });

  test("as JSON, without the large texts", async () => {
    const jobs = await here.json("jobs", "id:done");
    expect(jobs).toHaveLength(1);
    expect(Object.keys(jobs[0] ?? {}).sort()).toMatchInlineSnapshot(`
      [
        "attempt",
        "createdAt",
        "dedupeKey",
        "finishedAt",
        "group",
        "id",
        "lastError",
        "leaseUntil",
        "maxAttempts",
        "name",
        "phase",
        "priority",
        "progress",
        "queue",
        "reason",
        "runAt",
        "startedAt",
        "state",
        "tags",
        "worker",
      ]
    `);
  });

  test("page by page", async () => {
    const first = await here.run("jobs", "--json", "--limit", "2");
    const cursor = /--cursor (\S+)/.exec(first.err)?.[1] ?? "";
    const second = await here.run("jobs", "--json", "--limit", "10", "--cursor", cursor);
    const ids = `${first.out}${second.out}`
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    expect(ids.map(({ queue, id }) => `${queue}/${id}`).sort()).toEqual([
      "bombs/broken",
      "hello/done",
      "hello/soon",
      "one/same",
      "two/same",
    ]);
    expect(second.err).toBe("");
  });

  test("that no store lists at once come from several pages", async () => {
    const many = await place();
    const file = many.file("many.ndjson", "1\n".repeat(450));
    await many.ok("enqueue", "add", "--file", file);
    expect(new Set((await many.json("jobs", "--limit", "450")).map((job) => job["id"])).size).toBe(450);
  });

  test("are not listed for a reader that left, and nothing is said to it", async () => {
    const many = await place();
    await many.ok("enqueue", "add", "--file", many.file("many.ndjson", "1\n".repeat(1_000)));
    const listing = many.start("jobs", "--limit", "999", "--json");
    listing.hangUp();
    expect(await listing.finished).toMatchObject({ code: 0, err: "" });
  });

  test("none", async () => {
    expect(await here.ok("jobs", "id:nothing")).toBe("No jobs match.\n");
    expect(await here.ok("jobs", "id:nothing", "--json")).toBe("");
  });

  test("wrong questions", async () => {
    expectError(await here.run("jobs", "colour:red"), "BAD_QUERY", 2, '"colour:red" at 1');
    expectError(await here.run("jobs", "--cursor", "nonsense"), "BAD_CURSOR", 2, "first page");
    expectError(await here.run("jobs", "--limit", "none"), "BAD_OPTION", 2, "--limit");
  });
});

describe("one job", () => {
  test("for people", async () => {
    const out = await here.ok("job", "broken");
    expect(out).toMatch(/^bombs\/broken {2}explode {2}dead$/m);
    expect(out).toMatch(/^attempts +1 of 3$/m);
    expect(out).toMatch(/^payload +"\\u001b\[31mred"$/m);
    expect(out).toMatch(/^ {2}attempt 1, .* UNRECOVERABLE cannot read \\u001b\[31mred$/m);
    expect(out).not.toContain("\u001b");
  });

  test("as JSON", async () => {
    const [job] = await here.json("job", "hello/done");
    expect(job).toMatchObject({ id: "done", queue: "hello", phase: "completed", result: { greeting: "Hello Ada" } });
    expect(Object.keys(job ?? {}).sort()).toMatchInlineSnapshot(`
      [
        "attempt",
        "createdAt",
        "dedupeKey",
        "errors",
        "finishedAt",
        "group",
        "id",
        "leaseUntil",
        "maxAttempts",
        "name",
        "payload",
        "phase",
        "priority",
        "progress",
        "queue",
        "reason",
        "result",
        "runAt",
        "startedAt",
        "state",
        "tags",
        "worker",
      ]
    `);
  });

  test("that is not there, or in several queues", async () => {
    expectError(await here.run("job", "hello/nobody"), "JOB_NOT_FOUND", 1, "hello/nobody");
    expectError(await here.run("job", "same"), "JOB_AMBIGUOUS", 1, "one/same, two/same");
    expect(await here.ok("job", "two/same")).toMatch(/^two\/same/);
  });
});

describe("events", () => {
  test("for people and as JSON", async () => {
    const lines = (await here.ok("events", "broken")).trimEnd().split("\n");
    expect(lines.map((line) => line.trim().split(/ +/)[2])).toEqual(["enqueue", "claim", "bury"]);
    const events = await here.json("events", "broken");
    expect(events.map(({ seq, kind }) => [seq, kind])).toEqual([
      [1, "enqueue"],
      [2, "claim"],
      [3, "bury"],
    ]);
    expect(Object.keys(events[2] ?? {})).toEqual(["seq", "at", "kind", "data"]);
  });

  test("of a final job end by themselves when followed", async () => {
    expect((await here.json("events", "done", "--follow")).at(-1)).toMatchObject({ kind: "complete" });
  });

  test("are followed until the job is final, across processes", async () => {
    await here.ok("enqueue", "greet", '{"name":"Edsger"}', "--module", JOBS, "--id", "followed");
    const following = here.start("events", "followed", "--follow", "--json");
    await following.printed(/"kind":"enqueue"/);
    await here.ok("work", JOBS, "--drain");
    const { code, out } = await following.finished;
    expect(code).toBe(0);
    expect(
      out
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).kind),
    ).toEqual(["enqueue", "claim", "complete"]);
  });

  test("are not followed for nobody", async () => {
    await here.ok("enqueue", "add", "1", "--queue", "one", "--id", "unheard", "--delay", "1h");
    const following = here.start("events", "unheard", "--follow");
    await following.printed(/enqueue/);
    following.hangUp();
    await here.ok("promote", "unheard"); // an event, so that it notices
    expect(await following.finished).toMatchObject({ code: 0, err: "" });
  });

  test("of nothing", async () => {
    expectError(await here.run("events", "nowhere"), "JOB_NOT_FOUND", 1, "nowhere");
  });
});

describe("explain", () => {
  test("says why, until when, and what to do", async () => {
    expect(await here.ok("explain", "soon")).toMatch(
      /^Scheduled: .*\n {2}→ Promote it.*\n- No worker serves queue hello\./,
    );
    const [finding] = await here.json("explain", "soon");
    expect(finding).toMatchObject({ code: "SCHEDULED", until: expect.any(Number), evidence: expect.anything() });
  });

  test("of nothing", async () => {
    expectError(await here.run("explain", "nowhere"), "JOB_NOT_FOUND", 1, "nowhere");
  });
});

describe("workers", () => {
  test("none, then one", async () => {
    expect(await here.ok("workers")).toBe("No worker is running.\n");
    const worker = here.start("work", JOBS, "--queue", "hello:3");
    await worker.printed(/Working on 3 job types/);
    await expect.poll(() => here.json("workers"), { timeout: 10_000 }).toHaveLength(1);
    const [info] = await here.json("workers");
    expect(info).toMatchObject({ pid: worker.pid, queues: [{ queue: "hello", concurrency: 3, running: 0 }] });
    expect(await here.ok("workers")).toMatch(/^WORKER +HOST +PID +STARTED +SEEN +BUSY\n.*hello 0\/3\n$/);
    worker.kill("SIGINT");
    expect(await worker.finished).toMatchObject({ code: 0 });
  });
});

test("an empty yard says so", async () => {
  const empty = await place();
  expect(await empty.ok("queues")).toBe("There are no queues yet.\n");
  expect(await empty.ok("queues", "--json")).toBe("");
});
