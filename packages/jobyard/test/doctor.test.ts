/** `jobyard doctor` on stores that are well and on stores that are not. */

import { chmodSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
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
  database.exec("DROP INDEX jobyard_job_lane");
  database.close();
  const finished = await other.run("doctor");
  expect(finished).toMatchObject({ code: 1, err: "" });
  expect(finished.out).toMatch(/^Problems\n {2}SQLITE_TABLES +.*jobyard_job_lane\.\n +→ Make it again: CREATE INDEX/m);
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

test("a store that is not there is an error, and is not made", async () => {
  const other = await place({ migrate: false });
  expectError(await other.run("doctor"), "SCHEMA_MISSING", 1, "does not exist");
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
