/** `jobyard doctor` on stores that are well and on stores that are not. */

import { chmodSync, closeSync, existsSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { checkNode } from "../src/check-node.ts";
import { documents, expectError, JOBS, type Place, place } from "./jobyard.ts";

const here: Place = await place();

test("a healthy store has no problem: exit code 0, grouped, advice first", async () => {
  chmodSync(join(here.folder, "jobs.db"), 0o600);
  const out = await here.ok("doctor");
  expect(out).toMatch(/^sqlite:.*jobs\.db\n\nAdvice\n(.*\n)+\nIn order\n/);
  expect(out).toMatch(/^ {2}WORKERS +No worker is alive\.\n +→ Start one: jobyard work/m);
  expect(out).toMatch(/^ {2}SQLITE_INTEGRITY +The file is whole/m);
  expect(out).toMatch(/^ {2}NODE_VERSION +/m);
  expect(out).not.toContain("Problems");
});

test("as JSON it is a document for each question, problems first", async () => {
  const told = await here.json("doctor");
  const codes = told.map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
  expect(codes).toEqual(expect.arrayContaining(["UNSERVED_QUEUES", "SQLITE_SCHEMA", "NODE_VERSION"]));
});

test("a problem makes the exit code 1, and comes with what to do", async () => {
  const other = await place();
  const database = new Database(join(other.folder, "jobs.db"));
  database.exec("DROP INDEX jobyard_later_lane");
  database.close();
  const finished = await other.run("doctor");
  expect(finished).toMatchObject({ code: 1, err: "" });
  expect(finished.out).toMatch(
    /^Problems\n {2}SQLITE_TABLES +.*jobyard_later_lane\.\n +→ Make it again: CREATE INDEX/m,
  );
  const json = await other.run("doctor", "--json");
  expect(json.code).toBe(1);
  expect(documents("doctor", json.out)[0]).toMatchObject({ code: "SQLITE_TABLES", level: "problem" });
});

test("a schema that is not ready is a problem, and the file is looked at all the same", async () => {
  const other = await place({ migrate: false });
  const database = new Database(join(other.folder, "jobs.db"));
  database.exec("CREATE TABLE theirs (id)");
  database.close();
  const { code, out } = await other.run("doctor", "--json");
  expect(code).toBe(1);
  const told = documents("doctor", out);
  expect(told[0]).toMatchObject({ code: "SQLITE_SCHEMA", level: "problem" });
  expect(told.map((one) => one["code"])).toContain("SQLITE_DISK");
});

describe("a store that does not open is a problem, and what needs no open store is told all the same", () => {
  test("not there: it is not made", async () => {
    const other = await place({ migrate: false });
    const { code, out, err } = await other.run("doctor");
    expect({ code, err }).toEqual({ code: 1, err: "" });
    expect(out).toMatch(
      /^Problems\n {2}STORE +SCHEMA_MISSING: .*jobs\.db does not exist\..*\n +→ The database has no/m,
    );
    expect(out).toMatch(/^ {2}NODE_VERSION /m);
    expect(out).toMatch(/^ {2}SQLITE_DISK /m);
    expect(existsSync(join(other.folder, "jobs.db"))).toBe(false);
  });

  test("no database", async () => {
    const other = await place({ migrate: false });
    chmodSync(other.file("jobs.db", "a text, longer than a hundred bytes. ".repeat(40)), 0o666);
    const { code, out, err } = await other.run("doctor", "--json");
    expect({ code, err }).toEqual({ code: 1, err: "" });
    const told = documents("doctor", out);
    expect(told[0]).toMatchObject({ code: "STORE", level: "problem", evidence: { code: "STORE_CORRUPT" } });
    expect(told[0]).toMatchObject({ fix: expect.stringMatching(/Restore it from a backup/) });
    expect(told.map((one) => one["code"]).toSorted()).toEqual([
      "NODE_VERSION",
      "SQLITE_DISK",
      "SQLITE_FILE_SYSTEM",
      "SQLITE_PERMISSIONS",
      "STORE",
    ]);
  });

  test("damaged where the jobs lie: it opens, and cannot be read", async () => {
    const other = await place();
    const file = join(other.folder, "jobs.db");
    const database = new Database(file);
    database.pragma("journal_mode = DELETE");
    const roots = database.prepare("SELECT rootpage FROM sqlite_schema WHERE rootpage > 1").pluck().all();
    const pageBytes = Number(database.pragma("page_size", { simple: true }));
    database.close();
    const handle = openSync(file, "r+");
    for (const root of roots)
      writeSync(handle, Buffer.alloc(pageBytes, 0xff), 0, pageBytes, (Number(root) - 1) * pageBytes);
    closeSync(handle);
    const { code, out, err } = await other.run("doctor", "--json");
    expect({ code, err }).toEqual({ code: 1, err: "" });
    const told = documents("doctor", out);
    expect(told[0]).toMatchObject({ code: "STORE", level: "problem", evidence: { code: "STORE_CORRUPT" } });
    expect(told.map((one) => one["code"])).toEqual(expect.arrayContaining(["SQLITE_DISK", "NODE_VERSION"]));
  });

  test("a folder, or in none", async () => {
    for (const [path, error] of [
      [here.folder, "STORE_UNAVAILABLE"],
      [join(here.folder, "none/jobs.db"), "SCHEMA_MISSING"],
    ]) {
      const { code, out } = await here.run("doctor", "--json", "--url", `sqlite:${path}`);
      expect(code).toBe(1);
      expect(documents("doctor", out)[0]).toMatchObject({ code: "STORE", evidence: { code: error } });
    }
  });

  test("a URL that nobody understands is wrong use", async () => {
    expectError(await here.run("doctor", "--url", "mysql://localhost"), "BAD_URL", 2, "no backend has the scheme");
  });
});

test("what to do names the store that --url named, and only then", async () => {
  const other = await place();
  await other.ok("pause", "mail");
  expect(await other.ok("doctor")).toMatch(/→ Start one: jobyard work <module>/);
  expect(await other.ok("doctor", "--url", other.url)).toMatch(/→ Start one: jobyard work <module>/);
  const url = `${other.url}?durability=crash`;
  const quoted = `'${url}'`;
  expect(await here.ok("doctor", "--url", url)).toContain(`→ Start one: jobyard --url ${quoted} work <module>`);
  const told = await here.json("doctor", "--url", url);
  expect(told.find(({ code }) => code === "WORKERS")).toMatchObject({
    fix: expect.stringContaining(`jobyard --url ${quoted} work <module>`),
  });
});

test("a worker at work is seen", async () => {
  const worker = here.start("work", JOBS, "--queue", "hello:3");
  await worker.printed(/Working on/);
  const workers = async (): Promise<unknown> => (await here.json("doctor")).find(({ code }) => code === "WORKERS");
  await expect.poll(workers, { timeout: 10_000 }).toMatchObject({ level: "ok", evidence: { workers: 1, slots: 3 } });
  worker.kill("SIGTERM");
  expect(await worker.finished).toMatchObject({ code: 0 });
});

test.each([
  ["22.18.0", "ok"],
  ["24.0.0", "ok"],
  ["22.17.9", "problem"],
  ["20.19.0", "problem"],
])("Node.js %s: %s", (version, level) => expect(checkNode(version).level).toBe(level));
