import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ERROR_CODES } from "@jobyard/core";
import { openYard } from "jobyard";
import { describe, expect, test } from "vitest";
import { enqueueLines, type LineJobs } from "../src/cli/enqueue-file.ts";
import { lineSource } from "../src/cli/lines.ts";
import { createOutput, type Output } from "../src/cli/output.ts";
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

describe("a file", () => {
  test("gives a job per line, in order, empty lines left out", async () => {
    const lines = Array.from({ length: 1_203 }, (_, n) => `{"n":${n}}`).join("\n\n");
    const file = here.file("many.ndjson", `${lines}\n`);
    expect(await here.ok("enqueue", "many", "--file", file, "--queue", "bulk")).toBe("1,203 jobs enqueued\n");
    const [bulk] = (await here.json("queues")).filter((queue) => queue["queue"] === "bulk");
    expect(bulk).toMatchObject({ depth: 1_203 });
  });

  test("as JSON answers a receipt per line", async () => {
    const file = here.file("two.ndjson", '{"name":"Ada"}\n{"name":"Grace"}\n');
    const receipts = await here.json("enqueue", "greet", "--file", file, "--module", JOBS);
    expect(receipts).toEqual([
      { line: 1, queue: "hello", id: expect.any(String), state: "waiting", duplicate: false },
      { line: 2, queue: "hello", id: expect.any(String), state: "waiting", duplicate: false },
    ]);
  });

  test("is enqueued to its end, also if nobody reads the answers to it", async () => {
    const file = here.file("unread.ndjson", "1\n".repeat(5_000));
    const enqueueing = here.start("enqueue", "add", "--file", file, "--queue", "unread", "--json");
    await enqueueing.printed(/^\{/);
    enqueueing.hangUp();
    expect(await enqueueing.finished).toMatchObject({ code: 0, err: "5,000 jobs enqueued\n" });
    expect(await here.json("queues")).toContainEqual(expect.objectContaining({ queue: "unread", depth: 5_000 }));
  });

  test("with a faulty line leaves nothing behind, and says which", async () => {
    const file = here.file("faulty.ndjson", '{"name":"Ada"}\n{"name":1}\nnot json\n');
    const finished = await here.run("enqueue", "greet", "--file", file, "--module", JOBS, "--queue", "none");
    expectError(finished, "PAYLOAD_INVALID", 1, "nothing was enqueued");
    expect(finished.err).toMatch(/^ {2}line 2: greet: name: .*expected string/m);
    expect(finished.err).toMatch(/^ {2}line 3: greet: not JSON/m);
    expect(await here.json("jobs", "queue:none")).toEqual([]);
  });

  test("that the store fails in the middle of says how far it came, and how to go on", async () => {
    const other = await place();
    const path = other.file("many.ndjson", "1\n".repeat(1_200));
    const yard = await openYard(other.url);
    const notes: string[] = [];
    const out: Output = { ...createOutput({ json: true }), line: () => {}, note: (text) => notes.push(text) };
    const jobs: LineJobs = {
      path,
      source: await lineSource(path),
      toJob: ({ number, text }) => {
        if (number === 700) void yard.close();
        return { name: "add", payload: text };
      },
      howToGoOn: (line) => `Go on after ${line}.`,
    };
    await expect(enqueueLines({ yard, board: yard.board, out }, jobs, 1_200)).rejects.toThrow(ERROR_CODES.STORE_CLOSED);
    expect(notes).toEqual([
      "500 jobs enqueued",
      "Stopped after line 500; the lines after it are not enqueued. Go on after 500.",
    ]);
    expect(await other.json("queues")).toMatchObject([{ depth: 500 }]);
  });

  test("that a bound stops says which lines were refused", async () => {
    const yard = await openYard(here.url);
    await yard.board.configure("small", { maxSize: 2 }, { actor: "test" });
    await yard.close();
    const file = here.file("four.ndjson", "1\n2\n3\n4\n");
    const finished = await here.run("enqueue", "add", "--file", file, "--queue", "small");
    expectError(finished, "QUEUE_FULL", 1, /line 3: small\/.*\n.*line 4: small\//);
    expect(finished.out).toBe("2 jobs enqueued, 2 refused\n");
  });

  test("that is not there", async () => {
    expectError(await here.run("enqueue", "add", "--file", "nowhere.ndjson"), "BAD_OPTION", 2, "there is no such file");
    expectError(await here.run("enqueue", "add", "--file", here.folder), "BAD_OPTION", 2, "--file");
  });
});

describe("lines that are enqueued as they come", () => {
  const LINES = '{"name":"Ada"}\r\n{"name":1}\n\nnot json\n{"name":"Grace"}';

  test("from a pipe: faulty ones are left out and told, the others are enqueued", async () => {
    const args = ["enqueue", "greet", "--file", "-", "--module", JOBS, "--queue", "pipe"] as const;
    const finished = await here.runWith({ stdin: LINES }, ...args);
    expectError(finished, "PAYLOAD_INVALID", 1, /line 2: greet: name: .*\n.*line 4: greet: not JSON/);
    expect(finished.out).toBe("2 jobs enqueued, 2 faulty lines left out\n");
    expect(await here.json("jobs", "queue:pipe")).toHaveLength(2);
  });

  test("from a file, if one says so, as JSON a document per line", async () => {
    const file = here.file("some.ndjson", LINES);
    const args = ["enqueue", "greet", "--file", file, "--module", JOBS, "--queue", "some", "--skip-invalid", "--json"];
    const finished = await here.run(...args);
    const answers = finished.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(answers).toHaveLength(4);
    expect(answers.filter(({ code }) => code === "PAYLOAD_INVALID").map(({ line }) => line)).toEqual([2, 4]);
    expect(answers.filter(({ state }) => state === "waiting").map(({ line }) => line)).toEqual([1, 5]);
    expect(finished.code).toBe(1);
  });

  test("bytes that are not UTF-8 are a fault, and not replaced", async () => {
    const path = join(here.folder, "latin.ndjson");
    writeFileSync(path, Buffer.concat([Buffer.from('"a"\n"'), Buffer.from([0xe9]), Buffer.from('"\n')]));
    expectError(
      await here.run("enqueue", "add", "--file", path),
      "PAYLOAD_INVALID",
      1,
      "line 2: the line is not UTF-8",
    );
  });

  test("at once, although the pipe stays open", async () => {
    const piping = here.start("enqueue", "add", "--file", "-", "--queue", "tail", "--json");
    piping.write("1\n");
    await piping.printed(/"line":1/);
    piping.write("2\n");
    await piping.printed(/"line":2/);
    piping.write(null);
    expect(await piping.finished).toMatchObject({ code: 0, err: "2 jobs enqueued\n" });
  });

  test("until Ctrl+C, which says how far it came", async () => {
    const piping = here.start("enqueue", "add", "--file", "-", "--queue", "cut", "--id-prefix", "cut", "--json");
    piping.write("1\n2\n");
    await piping.printed(/"line":2/);
    piping.kill("SIGINT"); // while it waits for a line that never comes
    const { code, err } = await piping.finished;
    expect(err).toMatch(/^2 jobs enqueued\nStopped after line 2; .* The same command again goes on/);
    expect(code).toBe(1);
    expect(await here.json("jobs", "queue:cut")).toHaveLength(2);
  });
});

test("with --id-prefix the same file again adds nothing twice", async () => {
  const file = here.file("twice.ndjson", "1\n\n2\n");
  const args = ["enqueue", "add", "--file", file, "--queue", "twice", "--id-prefix", "import"] as const;
  expect(await here.ok(...args)).toBe("2 jobs enqueued\n");
  expect(await here.ok(...args)).toBe("0 jobs enqueued, 2 duplicate\n");
  expect((await here.json("jobs", "queue:twice")).map(({ id }) => id).sort()).toEqual(["import-1", "import-3"]);
});

describe("what is wrong is said", () => {
  test.each([
    [["{oops"], "PAYLOAD_INVALID", 1, "add: not JSON"],
    [["1", "--delay", "5 minutes"], "BAD_DURATION", 2, '--delay: "5 minutes"'],
    [["1", "--priority", "-1"], "BAD_OPTION", 2, "--priority must be a whole number from 0 on"],
    [["1", "--priority", "9999999"], "BAD_OPTION", 2, "priority"],
    [["1", "--max-attempts", "0"], "BAD_OPTION", 2, "--max-attempts"],
    [["1", "--run-at", "tomorrow"], "BAD_OPTION", 2, "--run-at must look like"],
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

  test("a payload over the limit", async () => {
    const stdin = JSON.stringify("x".repeat(1_048_576));
    expectError(await here.runWith({ stdin }, "enqueue", "add", "-"), "PAYLOAD_TOO_LARGE", 1, "at most 1048576");
  });
});
