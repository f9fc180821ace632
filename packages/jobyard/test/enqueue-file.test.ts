/** `jobyard enqueue --file`: files as a whole, pipes line by line. */

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

  test("that Ctrl+C stops names the command that goes on, for the same store", async () => {
    const other = await place();
    const file = other.file("many.ndjson", "1\n".repeat(60_000));
    const writing = here.start("enqueue", "add", "--file", file, "--json", "--url", other.url);
    await writing.printed(/"line":1,/);
    writing.kill("SIGINT");
    const { code, err } = await writing.finished;
    const [, line] = /^Stopped after line (\d+);/m.exec(err) ?? [];
    expect(err).toContain(
      `To go on: tail -n +${Number(line) + 1} ${file} | jobyard --url ${other.url} enqueue … --file -`,
    );
    expect(code).toBe(1);
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

  test("in memory that does not grow with their number", async () => {
    const line = `${JSON.stringify("x".repeat(2_000))}\n`;
    const env = { NODE_OPTIONS: "--max-old-space-size=40" };
    const finished = await here.runWith(
      { stdin: line.repeat(40_000), env },
      "enqueue",
      "add",
      "--file",
      "-",
      "--queue",
      "heavy",
    );
    expect(finished).toMatchObject({ code: 0, out: "40,000 jobs enqueued\n" });
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
