import { afterEach, expect, test, vi } from "vitest";
import { migrateCommand, schemaProblem } from "../src/schema.ts";
import { DEFAULT_URL } from "../src/url.ts";

afterEach(() => vi.unstubAllEnvs());

test("an old schema names the versions and the command", () => {
  expect(schemaProblem({ state: "old", current: 1, wanted: 2 }, DEFAULT_URL)).toMatchObject({
    code: "SCHEMA_TOO_OLD",
    message: expect.stringMatching(/^version 1, needed 2: npx jobyard migrate\. /),
  });
});

test.each([
  ["sqlite:./jobyard.db", "npx jobyard migrate"],
  ["sqlite:./data/jobs.db?durability=crash", "npx jobyard migrate --url sqlite:./data/jobs.db"],
  ["sqlite:./Ada's jobs.db", `npx jobyard migrate --url 'sqlite:./Ada'\\''s jobs.db'`],
  ["postgres://localhost/jobs", "npx jobyard migrate --url postgres://localhost/jobs"],
  ["postgres://ada:secret@localhost/jobs", "npx jobyard migrate --url '<the same URL>'"],
  ["postgres://localhost/jobs?schema=shop", "npx jobyard migrate --url '<the same URL>'"],
])("the command for %s can be pasted, and is for that database", (url, command) => {
  vi.stubEnv("JOBYARD_URL", "");
  expect(migrateCommand(url)).toBe(command);
});

test("the command for the database that the environment names needs no URL", () => {
  const url = "postgres://ada:secret@localhost/jobs";
  vi.stubEnv("JOBYARD_URL", url);
  expect(migrateCommand(url)).toBe("npx jobyard migrate");
});

test("a schema that is ready is no problem", () => {
  expect(schemaProblem({ state: "ready", current: 2, wanted: 2 }, DEFAULT_URL)).toBeNull();
});
