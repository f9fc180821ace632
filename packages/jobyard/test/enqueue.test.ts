import { openYard } from "jobyard";
import { describe, expect, test } from "vitest";
import { expectError, JOBS, type Place, place } from "./jobyard.ts";

const here: Place = await place();

const shown = async (id: string): Promise<Readonly<Record<string, unknown>>> => {
  const [job] = await here.json("job", id);
  return job ?? {};
};

describe("one job", () => {
  test("is enqueued with the payload of the argument", async () => {
    const out = await here.ok("enqueue", "add", "[1,2]", "--id", "sum");
    expect(out).toBe("default/sum  waiting\n");
    expect(await shown("default/sum")).toMatchObject({ name: "add", payload: [1, 2], state: "waiting", attempt: 0 });
  });

  test("answers one JSON document", async () => {
    const [receipt, ...more] = await here.json("enqueue", "add", "{}", "--id", "document");
    expect(receipt).toEqual({ queue: "default", id: "document", state: "waiting", duplicate: false });
    expect(more).toEqual([]);
  });

  test("takes the payload from stdin", async () => {
    const finished = await here.runWith({ stdin: '{"from":"stdin"}\n' }, "enqueue", "add", "-", "--id", "piped");
    expect(finished).toMatchObject({ code: 0, err: "" });
    expect(await shown("piped")).toMatchObject({ payload: { from: "stdin" } });
  });

  test("without a payload has null", async () => {
    await here.ok("enqueue", "tick", "--id", "empty");
    expect(await shown("empty")).toMatchObject({ payload: null });
  });

  test("keeps the payload byte for byte", async () => {
    const payload = '{ "b":1,  "a":9007199254740993, "z":"\\u0000\\ud800", "e":1.50 }';
    await here.ok("enqueue", "raw", payload, "--id", "bytes");
    expect(await here.ok("job", "bytes", "--json")).toContain(`"payload":${payload},`);
  });

  test("obeys every option", async () => {
    await here.ok(
      ...["enqueue", "add", "1", "--queue", "sums", "--id", "all", "--delay", "2h", "--priority", "7"],
      ...["--max-attempts", "9", "--dedupe-key", "once", "--tags", "red, green"],
    );
    const job = await shown("sums/all");
    expect(job).toMatchObject({
      phase: "scheduled",
      priority: 7,
      maxAttempts: 9,
      dedupeKey: "once",
      tags: ["red", "green"],
    });
    expect(Number(job["runAt"]) - Number(job["createdAt"])).toBe(7_200_000);
  });

  test("runs at an instant", async () => {
    await here.ok("enqueue", "add", "1", "--id", "later", "--run-at", "2099-01-31T08:00:00+02:00");
    expect(await shown("later")).toMatchObject({ runAt: Date.UTC(2099, 0, 31, 6) });
  });

  test("is a duplicate under the same id, and a conflict with another payload", async () => {
    await here.ok("enqueue", "add", "1", "--id", "twice");
    expect(await here.ok("enqueue", "add", "1", "--id", "twice")).toMatch(/duplicate: it is there already, waiting/);
    expectError(await here.run("enqueue", "add", "2", "--id", "twice"), "ID_CONFLICT", 1, "default/twice");
  });

  test("is refused by a full queue", async () => {
    const yard = await openYard(here.url);
    await yard.board.configure("tiny", { maxSize: 1 }, { actor: "test" });
    await yard.close();
    await here.ok("enqueue", "add", "1", "--queue", "tiny");
    expectError(await here.run("enqueue", "add", "1", "--queue", "tiny"), "QUEUE_FULL", 1, "tiny/");
  });
});

describe("with a module", () => {
  test("queue and options are those of the job type, and flags come first", async () => {
    await here.ok("enqueue", "greet", '{"name":"Ada"}', "--module", JOBS, "--id", "typed", "--max-attempts", "2");
    expect(await shown("hello/typed")).toMatchObject({ maxAttempts: 2, tags: ["polite"] });
  });

  test("a payload that does not fit names the path and what was expected", async () => {
    const finished = await here.run("enqueue", "greet", '{"name":7,"times":1.5}', "--module", JOBS);
    expectError(finished, "PAYLOAD_INVALID", 1, /greet: name: .*expected string.*times: .*expected int/);
    expect(finished.err.split("\n")).toHaveLength(2);
  });

  test("a job type without a handler will do", async () => {
    expectError(
      await here.run("enqueue", "nobody", '{"to":"x"}', "--module", JOBS),
      "PAYLOAD_INVALID",
      1,
      "to: Invalid email",
    );
    await here.ok("enqueue", "nobody", '{"to":"ada@example.org"}', "--module", JOBS);
  });

  test("an unknown job names those that there are", async () => {
    expectError(await here.run("enqueue", "gret", "{}", "--module", JOBS), "UNKNOWN_JOB", 1, "explode, greet, nobody");
  });
});

describe("what is wrong is said", () => {
  test.each([
    [["{oops"], "PAYLOAD_INVALID", 1, "add: not JSON"],
    [["1", "--delay", "5 minutes"], "BAD_DURATION", 2, '--delay: "5 minutes"'],
    [["1", "--priority", "-1"], "BAD_OPTION", 2, "--priority must be a whole number from 0 on"],
    [["1", "--priority", "9999999"], "BAD_OPTION", 2, "priority"],
    [["1", "--max-attempts", "0"], "BAD_OPTION", 2, "--max-attempts"],
    [["1", "--run-at", "tomorrow"], "BAD_OPTION", 2, "--run-at must look like"],
    [["1", "--run-at", "2099-02-30"], "BAD_OPTION", 2, "--run-at must look like"],
    [["1", "--run-at", "2099-02-30T08:00:00+02:00"], "BAD_OPTION", 2, "--run-at must look like"],
    [["1", "--run-at", "1", "--delay", "1s"], "USAGE", 2, "--delay or --run-at"],
    [["1", "--queue", "a:b"], "BAD_NAME", 2, "queue"],
    [["1", "--id", "42"], "BAD_NAME", 2, "jobId"],
    [["1", "--file", "x"], "USAGE", 2, "a payload or --file"],
    [["--file", "x", "--id", "y"], "USAGE", 2, "--id names one job"],
    [["1", "--skip-invalid"], "USAGE", 2, "--skip-invalid goes with --file"],
    [["1", "--id-prefix", "y"], "USAGE", 2, "--id-prefix goes with --file"],
  ] as const)("enqueue add %j", async (args, code, exitCode, text) => {
    expectError(await here.run("enqueue", "add", ...args), code, exitCode, text);
  });

  test("text of strangers in an error cannot steer the terminal", async () => {
    const finished = await here.runWith({ stdin: "\u001b]0;owned\u0007{" }, "enqueue", "add", "-");
    expectError(finished, "PAYLOAD_INVALID", 1, "\\u001b]0;owned\\u0007");
    for (const sign of ["\u001b", "\u0007"]) expect(finished.err).not.toContain(sign);
  });

  test("a payload over the limit", async () => {
    const stdin = JSON.stringify("x".repeat(1_048_576));
    expectError(await here.runWith({ stdin }, "enqueue", "add", "-"), "PAYLOAD_TOO_LARGE", 1, "at most 1048576");
  });
});
