/** `docs/histories.md` and the table of invariants say the same. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkHistory } from "../../src/testing/history/check-history.ts";
import { INVARIANTS } from "../../src/testing/history/invariants.ts";
import { plans, simulate } from "./simulation/simulate.ts";

const page = readFileSync(join(import.meta.dirname, "../../../../docs/histories.md"), "utf8");

test("every invariant has its row, in its own words", () => {
  const rows = [...page.matchAll(/^\| (I\d+) \| (.*) \| (.*) \|$/gm)].map(([, id, name, says]) => ({ id, name, says }));
  expect(rows).toEqual(INVARIANTS.map(({ id, name, says }) => ({ id, name, says })));
});

test("every figure is explained", async () => {
  const plan = fc.sample(plans, { numRuns: 8, seed: 1 }).flat();
  const { entries, dump } = await simulate(plan);
  const figures = Object.keys(checkHistory(entries, dump).figures);
  expect(figures.length).toBeGreaterThan(40);
  const isExplained = (name: string): boolean =>
    page.includes(`\`${name}\``) || page.includes(`\`${name.replace(/\..*/, ".*")}\``);
  expect(figures.filter((name) => !isExplained(name))).toEqual([]);
});
