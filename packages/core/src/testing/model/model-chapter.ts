/** The model layer as a test: random sequences from a fixed seed, the same in every run and on every backend. */

import { expect, test } from "vitest";
import type { OpenBench, SuiteOptions } from "../bench.ts";
import { modelRun } from "./run.ts";

/** Generous: a sequence is up to 80 steps, each with everything read back. */
const MS_PER_SEQUENCE = 2_000;

export function modelChapter(open: OpenBench, options: SuiteOptions): void {
  const settings = modelRun(options);
  test(
    `${settings.runs} random sequences answer and end like the model (seed ${settings.seed})`,
    async () => {
      const figures = await settings.check(open);
      expect(figures.sequences).toBeGreaterThanOrEqual(settings.runs);
      // A zero would mean that the sequences never went where the promises are.
      if (settings.runs >= 100) for (const [what, n] of Object.entries(figures)) expect(n, what).toBeGreaterThan(0);
    },
    60_000 + settings.runs * MS_PER_SEQUENCE,
  );
}
