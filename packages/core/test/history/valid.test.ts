/** In the history of a store that does everything right the checker finds nothing. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { checkHistory } from "../../src/testing/history/check-history.ts";
import { INVARIANTS } from "../../src/testing/history/invariants.ts";
import { plans, RESCUE_WITHIN_MS, simulate } from "./simulation/simulate.ts";

const SEED = 20_260_101;
const RUNS = 400;

/** What must have happened in those runs for their silence to mean anything. */
const MUST_HAPPEN = [
  "staleWritesRefused",
  "rescuesCharged",
  "rescuesGivenBack",
  "rescuesTooLate",
  "pillsDead",
  "pillsInCompany",
  "duplicateEffects",
  "unanswered",
  "fault.kill",
  "fault.cont",
  "fault.lock",
  "enqueue.full",
  "enqueue.unknown",
  "enqueue.duplicate-key",
  "heartbeat.lost",
  "heartbeat.cancel",
  "move.requeue.done",
  "move.revert.done",
  "move.restore.done",
  "stored.cancelled",
  "stored.dead",
  "stored.stale",
];

test("whatever kills, zombies, pills, cancels and races do, a right store breaks no invariant", async () => {
  const seen = new Map<string, number>();
  const add = (name: string, n: number): void => {
    seen.set(name, (seen.get(name) ?? 0) + n);
  };
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      const { entries, dump } = await simulate(plan);
      const report = checkHistory(entries, dump, { rescueWithinMs: RESCUE_WITHIN_MS });
      expect(report.results.filter(({ broken }) => broken > 0)).toEqual([]);
      expect(report.ok).toBe(true);
      for (const { id, judged } of report.results) add(id, judged);
      for (const [name, n] of Object.entries(report.figures)) add(name, n);
    }),
    { numRuns: RUNS, seed: SEED },
  );
  const wanted = [...INVARIANTS.map(({ id }) => id), ...MUST_HAPPEN];
  expect(wanted.filter((name) => (seen.get(name) ?? 0) < 10)).toEqual([]);
});
