/** Each promise, broken on purpose in valid histories: exactly its invariant notices, and proves it. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { checkHistory, type HistoryReport } from "../../src/testing/history/check-history.ts";
import { INVARIANTS } from "../../src/testing/history/invariants.ts";
import { draftOf, type Mutation } from "./mutations/draft.ts";
import { OF_JOBS } from "./mutations/of-jobs.ts";
import { OF_LEASES } from "./mutations/of-leases.ts";
import { OF_LOGS } from "./mutations/of-logs.ts";
import { type History, plans, RESCUE_WITHIN_MS, simulate } from "./simulation/simulate.ts";

const SEED = 20_260_101;
const HISTORIES = 10;
const PLACES = 3;
/** So often a mutation must find a place, or it tests nothing. */
const AT_LEAST = 3;

const MUTATIONS: readonly Mutation[] = [...OF_JOBS, ...OF_LEASES, ...OF_LOGS];
const long = fc.sample(fc.array(plans, { minLength: 3, maxLength: 3 }), { numRuns: HISTORIES, seed: SEED });
const histories: readonly History[] = await Promise.all(long.map((parts) => simulate(parts.flat())));

/** Reports on the history with the mutation in so many different places. */
function* broken({ apply }: Mutation): Iterable<HistoryReport> {
  for (const history of histories)
    for (let n = 0; n < PLACES; n += 1) {
      const draft = draftOf(history);
      if (!apply(draft, n * 7)) continue;
      const { entries, jobs, queues, rows } = draft;
      const dump = { jobs, queues, effectRows: { queues: ["ledger"], rows } };
      yield checkHistory(entries, dump, { rescueWithinMs: RESCUE_WITHIN_MS });
    }
}

test.each(MUTATIONS.map((mutation) => [mutation.breaks, mutation.how, mutation] as const))(
  "%s: %s",
  (id, _, mutation) => {
    let places = 0;
    for (const { ok, results } of broken(mutation)) {
      places += 1;
      const noticed = results.filter((result) => result.broken > 0);
      expect(noticed.map((result) => result.id)).toEqual([id]);
      expect(ok).toBe(false);
      for (const { says, evidence } of noticed[0]?.sample ?? []) {
        expect(says).not.toBe("");
        expect(evidence).not.toEqual([]);
      }
    }
    expect(places).toBeGreaterThanOrEqual(AT_LEAST);
  },
);

test("every invariant has a mutation", () => {
  expect([...new Set(MUTATIONS.map(({ breaks }) => breaks))].sort()).toEqual(INVARIANTS.map(({ id }) => id).sort());
});
