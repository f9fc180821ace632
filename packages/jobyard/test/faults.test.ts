/** What the command line says when the store, the URL or the call is wrong. */

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { expectError, type Place, place } from "./jobyard.ts";

const here: Place = await place();

describe("the URL", () => {
  test("of a backend that is not installed names the install line", async () => {
    for (const [url, adapter] of [
      ["postgres://ada:secret@localhost/jobs", "@jobyard/adapter-postgres"],
      ["postgresql://localhost/jobs", "@jobyard/adapter-postgres"],
      ["redis://:secret@localhost:6379", "@jobyard/adapter-redis"],
      ["rediss://localhost", "@jobyard/adapter-redis"],
    ] as const) {
      const finished = await here.run("queues", "--url", url);
      expectError(finished, "ADAPTER_MISSING", 1, `npm install ${adapter}`);
      expect(finished.err).not.toContain("secret");
    }
  });

  test("that nobody understands", async () => {
    const finished = await here.run("queues", "--url", "mysql://ada:secret@localhost/jobs");
    expectError(finished, "BAD_URL", 2, 'no backend has the scheme "mysql"');
    expect(finished.err).not.toContain("secret");
    expectError(await here.run("queues", "--url", "./jobs.db"), "BAD_URL", 2, "has no scheme");
  });

  test("may stand before and after the command, and comes before JOBYARD_URL", async () => {
    const env = { JOBYARD_URL: "mysql://nowhere" };
    expect(await here.runWith({ env }, "queues", "--url", here.url)).toMatchObject({ code: 0 });
    expect(await here.runWith({ env }, "--url", here.url, "queues")).toMatchObject({ code: 0 });
  });
});

describe("the schema", () => {
  test("that is missing is named, and no file is made", async () => {
    const empty = await place({ migrate: false });
    for (const args of [["queues"], ["jobs"], ["enqueue", "add", "1"], ["migrate", "--check"]] as const)
      expectError(await empty.run(...args), "SCHEMA_MISSING", 1, "npx jobyard migrate");
    expect(existsSync(join(empty.folder, "jobs.db"))).toBe(false);
    expect(await empty.ok("migrate")).toMatch(/migrated: 0 → \d+\./);
    expect(await empty.ok("migrate")).toMatch(/is up to date \(version \d+\)\./);
    expect(await empty.ok("migrate", "--check")).toMatch(/is up to date/);
    expect(await empty.json("migrate", "--check")).toEqual([
      { state: "ready", current: expect.any(Number), wanted: expect.any(Number) },
    ]);
    expect(await empty.json("migrate")).toEqual([{ from: expect.any(Number), to: expect.any(Number) }]);
  });

  test("of a file that has none", async () => {
    const other = await place({ migrate: false });
    new Database(join(other.folder, "jobs.db")).exec("VACUUM").close();
    expectError(await other.run("queues"), "SCHEMA_MISSING", 1, "npx jobyard migrate");
  });
});

describe("the file", () => {
  test("that is no database", async () => {
    const other = await place({ migrate: false });
    writeFileSync(join(other.folder, "jobs.db"), "this is a text, and longer than a hundred bytes. ".repeat(40));
    expectError(await other.run("queues"), "STORE_CORRUPT", 1, "jobs.db");
  });

  test("that is a folder, or lies in none", async () => {
    mkdirSync(join(here.folder, "folder.db"));
    expectError(
      await here.run("queues", "--url", `sqlite:${here.folder}/folder.db`),
      "STORE_UNAVAILABLE",
      1,
      "folder.db",
    );
    expectError(
      await here.run("migrate", "--url", `sqlite:${here.folder}/none/jobs.db`),
      "STORE_UNAVAILABLE",
      1,
      "none",
    );
  });

  test("that stays locked by another process", async () => {
    const other = await place();
    const holder = new Database(join(other.folder, "jobs.db"));
    holder.exec("BEGIN IMMEDIATE");
    try {
      expectError(await other.run("enqueue", "add", "1"), "STORE_BUSY", 1, "locked");
    } finally {
      holder.exec("ROLLBACK");
      holder.close();
    }
  });
});

describe("wrong use", () => {
  test.each([
    [["frobnicate"], "unknown command 'frobnicate'"],
    [["jobs", "--colour"], "unknown option '--colour'"],
    [["job"], "missing required argument 'id'"],
    [["queues", "too", "many"], "too many arguments"],
    [["job", "a", "--url"], "argument missing"],
  ] as const)("%j", async (args, text) => {
    const finished = await here.run(...args);
    expectError(finished, "USAGE", 2, text);
    expect(finished.out).toBe("");
  });

  test("no command at all shows the help, on stderr", async () => {
    const finished = await here.run();
    expectError(finished, "USAGE", 2, "a command is needed");
    expect(finished.err).toContain("Usage: jobyard");
  });
});

describe("help", () => {
  test("lists every command, and each has examples", async () => {
    const help = await here.ok("--help");
    const commands = [...help.matchAll(/^ {2}([a-z]+) /gm)]
      .map((match) => match[1] ?? "")
      .filter((name) => name !== "help");
    expect(commands.sort()).toEqual(
      "cancel enqueue events explain job jobs migrate pause promote queues remove requeue resume work workers".split(
        " ",
      ),
    );
    for (const command of commands) expect(await here.ok(command, "--help")).toMatch(/Examples:\n {2}\$ jobyard /);
  });

  test("the version is the package's", async () => {
    expect(await here.ok("--version")).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

test("a stack is shown to those who ask for it", async () => {
  const finished = await here.runWith({ env: { JOBYARD_DEBUG: "1" } }, "job", "nowhere");
  expect(finished.err).toMatch(/^error\[JOB_NOT_FOUND\]/);
  expect(finished.err).toMatch(/^\s+at /m);
});
