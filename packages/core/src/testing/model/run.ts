/** One check of an adapter against the model: so many random sequences, from a seed. Needs no test runner. */

import fc from "fast-check";
import type { OpenBench, SuiteOptions } from "../bench.ts";
import { type Figures, noFigures } from "./figures.ts";
import { play } from "./play.ts";
import { sequences } from "./sequences.ts";

const DEFAULT_RUNS = 300;
const DEFAULT_SEED = 20_260_101;

export interface ModelRun {
  readonly runs: number;
  readonly seed: number;
  /** @throws Error with seed, path and the shortest sequence that was found to fail */
  check(open: OpenBench): Promise<Figures>;
}

/**
 * Settings come from the options, else from the environment: `JOBYARD_MODEL_RUNS`, `JOBYARD_MODEL_SEED`, and
 * `JOBYARD_MODEL_PATH` to play one counterexample again.
 */
export function modelRun({ modelRuns, modelSeed, strictOrder = true }: SuiteOptions): ModelRun {
  const runs = modelRuns ?? integer("JOBYARD_MODEL_RUNS") ?? DEFAULT_RUNS;
  const seed = modelSeed ?? integer("JOBYARD_MODEL_SEED") ?? DEFAULT_SEED;
  const path = process.env["JOBYARD_MODEL_PATH"];
  return {
    runs,
    seed,
    async check(open) {
      const figures = noFigures();
      const property = fc.asyncProperty(sequences, async (sequence) => {
        const bench = await open();
        try {
          await play(bench, sequence, strictOrder, figures);
        } finally {
          await bench.close();
        }
      });
      await fc.assert(property, { numRuns: runs, seed, ...(path !== undefined && { path }) });
      return figures;
    },
  };
}

function integer(name: string): number | undefined {
  const text = process.env[name];
  if (text === undefined || text === "") return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`${name} must be a whole number, not ${text}`);
  return value;
}
