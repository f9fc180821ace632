/** The package as it lies in a project that has not installed an adapter. */

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const HERE = join(import.meta.dirname, "..");
const alone = mkdtempSync(join(tmpdir(), "jobyard-alone-"));
afterAll(() => rmSync(alone, { recursive: true, force: true }));

beforeAll(() => {
  mkdirSync(join(alone, "node_modules/@jobyard"), { recursive: true });
  for (const name of ["@jobyard/core", "commander"])
    symlinkSync(join(HERE, "node_modules", name), join(alone, "node_modules", name), "dir");
  for (const name of ["src", "package.json"]) cpSync(join(HERE, name), join(alone, name), { recursive: true });
});

const run = (...args: readonly string[]) =>
  spawnSync(process.execPath, ["-C", "@jobyard/source", join(alone, "src/cli/main.ts"), ...args], {
    cwd: alone,
    encoding: "utf8",
  });

test.each([
  ["sqlite:./jobs.db", "adapter-sqlite"],
  ["postgres://ada:secret@localhost/jobs", "adapter-postgres"],
  ["postgresql://ada:secret@localhost/jobs", "adapter-postgres"],
  ["redis://:secret@localhost", "adapter-redis"],
  ["rediss://:secret@localhost", "adapter-redis"],
  ["redis+sentinel://:secret@localhost,other/jobs", "adapter-redis"],
  ["rediss+sentinel://:secret@localhost/jobs", "adapter-redis"],
  ["redis+cluster://:secret@localhost", "adapter-redis"],
  ["rediss+cluster://:secret@localhost", "adapter-redis"],
])("%s without its adapter names the install line", (url, adapter) => {
  const { status, stderr } = run("queues", "--url", url);
  expect(stderr).toMatch(new RegExp(`^error\\[ADAPTER_MISSING\\]: npm install @jobyard/${adapter}\\. .*\\n$`));
  expect(stderr).not.toContain("secret");
  expect(status).toBe(1);
});

test("doctor tells it as a problem, among what needs no store", () => {
  const { status, stdout } = run("doctor", "--url", "redis://ada:secret@localhost");
  expect(status).toBe(1);
  expect(stdout).toMatch(/^ {2}STORE +ADAPTER_MISSING: /m);
  expect(stdout).toMatch(/^ {2}NODE_VERSION /m);
  expect(stdout).not.toContain("secret");
});
