/** Several processes on one store and nothing goes wrong: then every job runs once, and nobody is told to come back later. */

import { Deaths } from "../crew/deaths.ts";
import { PLAIN } from "../plan/jobs.ts";
import { NONE } from "../report/figures.ts";
import { startBoth } from "./cast.ts";
import { drained, stopAll } from "./ending.ts";
import { errorFigures, onceFigures } from "./once-figures.ts";
import type { Scenario } from "./scenario.ts";

const LEASE_MS = 30_000;
const SWEEP_MS = 5_000;
const CONCURRENCY = 20;
const PRODUCERS = 2;

export const share: Scenario = {
  name: "share",
  proves: "several worker processes on one store run each job once, and no lock of theirs reaches a user",
  store: "plain",
  limits: () => ({}),
  run: async (stage) => {
    const { sizes, figures, limit } = stage;
    const deaths = new Deaths(stage.history);
    const options = { size: sizes.workers, leaseMs: LEASE_MS, sweepMs: SWEEP_MS, concurrency: CONCURRENCY };
    const plan = { ...PLAIN, seed: sizes.seed, jobs: sizes.share, workMs: [0, 2] as const };
    const { workers, producers } = await startBoth(stage, deaths, options, plan, PRODUCERS);
    const from = performance.now();
    producers.release(plan.jobs);
    await limit.wait("the producers to finish", producers.crew.empty());
    await drained(stage, plan.jobs);
    const seconds = (performance.now() - from) / 1_000;
    await stopAll(stage, workers);
    figures.push(
      { label: "processes that died", value: deaths.all.length, want: NONE },
      ...onceFigures(stage, plan.jobs),
      ...errorFigures(stage, []),
      {
        label: "jobs per second, recorded line by line",
        value: Math.round(plan.jobs / seconds),
        want: null,
        unit: "/s",
      },
    );
  },
};
