/** The faults fit the source of today, so that `pnpm faults` proves something whenever it is run. */

import { existsSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { expect, test } from "vitest";
import { TARGETS } from "../fault.ts";
import { FAULTS } from "../faults.ts";

const root = join(import.meta.dirname, "../../..");
const patches = FAULTS.flatMap((fault) =>
  TARGETS.flatMap((target) => (fault.patches[target] ?? []).map((patch) => ({ ...patch, target, id: fault.id }))),
);

test.each(FAULTS)("$id is seeded wherever it should be", (fault) => {
  for (const target of Object.keys(fault.patches) as (keyof typeof fault.patches)[])
    expect(fault.patches[target], target).not.toHaveLength(0);
});

test("every fault has a name of its own", () => {
  const ids = FAULTS.map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)]);
});

test.each(FAULTS)("$id is guarded by tests that are there", ({ guards = {} }) => {
  for (const { file, titles = "" } of Object.values(guards)) {
    expect(existsSync(join(root, file)), file).toBe(true);
    // Names of chapters are made elsewhere.
    if (!titles.includes(" > ")) expect(readFileSync(join(root, file), "utf8"), file).toMatch(new RegExp(titles));
  }
});

test.each(patches)("$target $id: found once in $file, which stays a program", ({ file, find, replace }) => {
  const around = readFileSync(join(root, file), "utf8").split(find);
  expect(around).toHaveLength(2);
  expect(replace).not.toBe(find);
  if (file.endsWith(".ts")) expect(() => stripTypeScriptTypes(around.join(replace))).not.toThrow();
});
