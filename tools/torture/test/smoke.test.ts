/** A small storm with real processes on every backend: 200 jobs, every fault at least once. */

import { expect, test } from "vitest";
import { BACKENDS } from "../backends/backends.ts";
import { isGood } from "../report/figures.ts";
import { printVerdict } from "../report/print.ts";
import { runScenario } from "../scenarios/run.ts";
import type { Sizes } from "../scenarios/scenario.ts";
import { storm } from "../scenarios/storm.ts";

const sizes: Sizes = {
  ...{ seed: 1, workers: 4, jobs: 200, kills: 10, blocks: 2, zombies: 2, pills: 1, outages: 2, disconnects: 2 },
  ...{ share: 0, held: 0, ledger: 0, crashes: 0 },
};

test.each([...BACKENDS.values()])(
  "$name: 200 jobs survive a small storm",
  async (backend) => {
    const verdict = await runScenario(storm, {
      backend,
      sizes,
      // For one that hangs: on a machine with nothing else to do it takes a fifth of that.
      limitMs: 150_000,
      keep: false,
      repeat: `pnpm torture --backend ${backend.name} --scenario storm --jobs 200 --kills 10 --blocks 2 --zombies 2 --pills 1 --outages 2 --disconnects 2`,
      interrupt: new AbortController().signal,
      progress: { tell: () => {}, close: () => {} },
    });
    expect(isGood(verdict), printVerdict(verdict)).toBe(true);
  },
  200_000,
);
