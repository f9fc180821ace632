/** What the command line says when the store, the URL or the call is wrong. */

import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { documents, expectError, type Place, place } from "./jobyard.ts";

const here: Place = await place();

describe("the URL", () => {
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
  test("of a database that is not there: who only looks or operates makes no file", async () => {
    const empty = await place({ migrate: false });
    for (const args of [["queues"], ["jobs"], ["workers"], ["pause", "mail"], ["requeue", "a"], ["migrate", "--check"]])
      expectError(
        await empty.run(...args),
        "SCHEMA_MISSING",
        1,
        `does not exist. Correct the URL, or make it: npx jobyard migrate --url ${empty.url}. `,
      );
    const { code, out, err } = await empty.run("migrate", "--check", "--json");
    expect(documents("migrate", out)).toEqual([{ state: "missing", current: 0, wanted: expect.any(Number) }]);
    expect(err).toMatch(/^error\[SCHEMA_MISSING\]: /);
    expect(code).toBe(1);
    expect(existsSync(join(empty.folder, "jobs.db"))).toBe(false);
  });

  test("of an empty file is made by none of these either", async () => {
    const empty = await place({ migrate: false });
    const file = empty.file("jobs.db", "");
    for (const args of [["queues"], ["migrate", "--check"]])
      expectError(await empty.run(...args), "SCHEMA_MISSING", 1, "is empty. Correct the URL");
    const { code, out } = await empty.run("migrate", "--check", "--json");
    expect(documents("migrate", out)).toMatchObject([{ state: "missing", current: 0 }]);
    expect(code).toBe(1);
    expect(statSync(file).size).toBe(0);
    expect(await empty.ok("migrate")).toMatch(/^sqlite:.*jobs\.db is made, with tables of version \d+\.\n$/);
    expect(await empty.ok("queues")).toBe("There are no queues yet.\n");
  });

  test("of a new database is made by migrate, which says so once", async () => {
    const empty = await place({ migrate: false });
    expect(await empty.json("migrate")).toEqual([{ from: 0, to: expect.any(Number) }]);
    const [again] = await empty.json("migrate");
    expect(again?.["from"]).toBe(again?.["to"]);
    expect(await empty.ok("migrate")).toMatch(/is up to date/);
  });

  test("of a new database is made by the first job", async () => {
    const empty = await place({ migrate: false });
    await empty.ok("enqueue", "add", "1");
    expect(await empty.ok("migrate", "--check")).toMatch(/is up to date \(version \d+\)\.\n$/);
    expect(await empty.json("migrate", "--check")).toEqual([
      { state: "ready", current: expect.any(Number), wanted: expect.any(Number) },
    ]);
  });

  test("is added to a database of another program only by migrate", async () => {
    const other = await place({ migrate: false });
    const database = new Database(join(other.folder, "jobs.db"));
    database.exec("CREATE TABLE theirs (id)");
    for (const args of [["queues"], ["enqueue", "add", "1"], ["migrate", "--check"]])
      expectError(
        await other.run(...args),
        "SCHEMA_MISSING",
        1,
        `${other.url}: npx jobyard migrate --url ${other.url}. `,
      );
    expect((await other.run("migrate", "--check", "--json")).out).toMatch(/^\{"state":"missing","current":0,/);
    expect(await other.json("migrate")).toEqual([{ from: 0, to: expect.any(Number) }]);
    expect(await other.ok("migrate")).toMatch(/is up to date/);
    expect(await other.ok("queues")).toBe("There are no queues yet.\n");
    database.close();
  });

  test("of a newer version is left alone", async () => {
    const newer = await place();
    const database = new Database(join(newer.folder, "jobs.db"));
    database.exec("INSERT INTO jobyard_schema (version, applied_at) VALUES (999, 0)");
    database.close();
    for (const args of [["queues"], ["enqueue", "add", "1"], ["migrate"], ["migrate", "--check"]])
      expectError(await newer.run(...args), "SCHEMA_TOO_NEW", 1, "version 999, this installation knows");
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
    [["jobs", "-state:dead"], "a query that begins with a minus goes after --: jobs -- -state:dead"],
    [["jobz"], "unknown command 'jobz' (Did you mean one of job, jobs?)"],
    [["job"], "missing required argument 'id'"],
    [["queues", "too", "many"], "too many arguments"],
    [["job", "a", "--url"], "argument missing"],
    [["set", "mail", "--limiter", "100/1m"], "unknown option '--limiter'"],
    [["set", "mail", "--global-concurrency", "4"], "unknown option '--global-concurrency'"],
    [["completion", "powershell"], "Allowed choices are bash, zsh, fish"],
    [["completion"], "missing required argument 'shell'"],
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
  test("lists every command, and each has examples, by --help and by help", async () => {
    const help = await here.ok("--help");
    expect(await here.ok("help")).toBe(help);
    const commands = [...help.matchAll(/^ {2}([a-z]+) /gm)].map((match) => match[1] ?? "");
    expect(commands.sort()).toMatchInlineSnapshot(`
      [
        "bench",
        "cancel",
        "completion",
        "doctor",
        "enqueue",
        "events",
        "explain",
        "help",
        "job",
        "jobs",
        "migrate",
        "pause",
        "promote",
        "queues",
        "remove",
        "requeue",
        "resume",
        "set",
        "work",
        "workers",
      ]
    `);
    await Promise.all(
      commands.map(async (command) => {
        const own = await here.ok("help", command);
        expect(own).toMatch(/Examples:\n {2}\$ jobyard /);
        expect(await here.ok(command, "--help")).toBe(own);
      }),
    );
  });

  test("of a command that there is not names those that there are", async () => {
    expectError(await here.run("help", "enqeue"), "USAGE", 2, /unknown command "enqeue"\. There are: enqueue, work/);
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
