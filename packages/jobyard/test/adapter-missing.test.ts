/** The package as it lies in a project that has not installed an adapter. */

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

const HERE = join(import.meta.dirname, "..");
const alone = mkdtempSync(join(tmpdir(), "jobyard-alone-"));
afterAll(() => rmSync(alone, { recursive: true, force: true }));

test("a SQLite URL without its adapter names the install line", () => {
  mkdirSync(join(alone, "node_modules/@jobyard"), { recursive: true });
  for (const name of ["@jobyard/core", "commander"])
    symlinkSync(join(HERE, "node_modules", name), join(alone, "node_modules", name), "dir");
  for (const name of ["src", "package.json"]) cpSync(join(HERE, name), join(alone, name), { recursive: true });

  const main = join(alone, "src/cli/main.ts");
  const { status, stderr } = spawnSync(
    process.execPath,
    ["-C", "@jobyard/source", main, "queues", "--url", "sqlite:./jobs.db"],
    { cwd: alone, encoding: "utf8" },
  );
  expect(stderr).toMatch(/^error\[ADAPTER_MISSING\]: npm install @jobyard\/adapter-sqlite\. .*\n$/);
  expect(status).toBe(1);
});
