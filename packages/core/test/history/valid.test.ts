/** In a history of a store that does everything right the checker finds nothing. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { checkHistory } from "../../src/testing/history/check-history.ts";
import { plans, RESCUE_WITHIN_MS, simulate } from "./simulation/simulate.ts";

const SEED = 20_260_101;
const RUNS = 150;

test("whatever kills, zombies, pills, cancels and races do, a right store breaks no invariant", async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      const { entries, dump } = await simulate(plan);
      const report = checkHistory(entries, dump, { rescueWithinMs: RESCUE_WITHIN_MS });
      expect(report.results.filter(({ broken }) => broken > 0)).toEqual([]);
      expect(report.ok).toBe(true);
      for (const { id, judged } of report.results) seen.set(id, (seen.get(id) ?? 0) + judged);
      for (const [name, n] of Object.entries(report.figures)) seen.set(name, (seen.get(name) ?? 0) + n);
    }),
    { numRuns: RUNS, seed: SEED },
  );
  console.log(Object.fromEntries(seen));
});
