/** The command as it is published: compiled, and called through a link, as `node_modules/.bin` has it. */

import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };

const PACKAGE = join(import.meta.dirname, "..");
// Beside the sources, so that it finds what the package depends on.
const built = mkdtempSync(join(PACKAGE, "node_modules/.built-"));
afterAll(() => rmSync(built, { recursive: true, force: true }));

const jobyard = (
  ...args: readonly string[]
): { readonly code: number | null; readonly out: string; readonly err: string } => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["-C", "@jobyard/source", join(built, "jobyard"), ...args],
    { cwd: built, encoding: "utf8", env: { ...process.env, JOBYARD_URL: "sqlite:./jobs.db" } },
  );
  return { code: status, out: stdout, err: stderr };
};

beforeAll(() => {
  // Types are checked elsewhere; here they would be those of whatever was built last.
  const compiler = join(PACKAGE, "node_modules/.bin/tsc");
  const compiled = spawnSync(compiler, ["-p", "tsconfig.build.json", "--noCheck", "--outDir", join(built, "dist")], {
    cwd: PACKAGE,
    encoding: "utf8",
  });
  expect(compiled.stdout).toBe("");
  cpSync(join(PACKAGE, "package.json"), join(built, "package.json"));
  symlinkSync(join(built, manifest.bin.jobyard), join(built, "jobyard"));
});

test("it is the version of its package, and works from making a store to looking after it", () => {
  expect(jobyard("--version")).toEqual({ code: 0, out: `${manifest.version}\n`, err: "" });
  expect(jobyard("enqueue", "add", "[1]", "--id", "one")).toMatchObject({ code: 0, out: "default/one  waiting\n" });
  expect(jobyard("jobs", "--json")).toMatchObject({ code: 0, out: expect.stringContaining('"id":"one"') });
  expect(jobyard("doctor", "--json")).toMatchObject({ code: 0, err: "" });
  expect(jobyard("enqueue", "add", "{")).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^error\[PAYLOAD_INVALID\]/),
  });
  expect(jobyard("nonsense")).toMatchObject({ code: 2, err: expect.stringMatching(/^error\[USAGE\]/) });
});
