/** The faults fit the source of today, so that `pnpm faults` proves something whenever it is run. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ADAPTERS } from "../fault.ts";
import { FAULTS } from "../faults.ts";

const root = join(import.meta.dirname, "../../..");
const patches = FAULTS.flatMap((fault) =>
  ADAPTERS.flatMap((adapter) => fault.patches[adapter].map((patch) => ({ ...patch, adapter, id: fault.id }))),
);

test.each(FAULTS)("$id is seeded in every adapter", (fault) => {
  for (const adapter of ADAPTERS) expect(fault.patches[adapter], adapter).not.toHaveLength(0);
});

test.each(patches)("$adapter $id: found once in $file", ({ file, find, replace }) => {
  expect(readFileSync(join(root, file), "utf8").split(find)).toHaveLength(2);
  expect(replace).not.toBe(find);
});
