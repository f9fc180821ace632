/** A process that is not ours holds the write lock: for less time than a call waits, and for more. */

import { join } from "node:path";
import { Deaths } from "../crew/deaths.ts";
import { readErrors, readHistory } from "../history/read.ts";
import { PLAIN } from "../plan/jobs.ts";
import { NONE } from "../report/figures.ts";
import { createLocker, startBoth } from "./cast.ts";
import { completed, drained, stopAll } from "./ending.ts";
import { errorFigures, onceFigures } from "./once-figures.ts";
import type { Scenario, Stage } from "./scenario.ts";

const LEASE_MS = 30_000;
const SWEEP_MS = 1_000;
const JOBS = 3_000;
const PRODUCERS = 2;

export const lock: Scenario = {
  name: "lock",
  proves:
    "a short lock is waited for and nobody notices; a long one is told as an error of the store, and work goes on by itself",
  store: "plain",
  limits: () => ({ atLeast: { "fault.lock": 2 } }),
  run: async (stage) => {
    const { sizes, backend, figures, limit, folder } = stage;
    const { waitedForMs, toldMs, codes } = backend.lock;
    const deaths = new Deaths(stage.history);
    const options = { size: sizes.workers, leaseMs: LEASE_MS, sweepMs: SWEEP_MS, concurrency: 5 };
    const plan = { ...PLAIN, seed: sizes.seed, jobs: JOBS };
    const { workers, producers } = await startBoth(stage, deaths, options, plan, PRODUCERS);
    producers.release(JOBS / 6);
    await completed(stage, JOBS / 10);

    const shortMs = await hold(stage, waitedForMs, () => producers.release(JOBS / 2));
    await completed(stage, JOBS / 2);
    figures.push(
      { label: "the shorter lock was held for", value: shortMs, want: { atLeast: waitedForMs }, unit: "ms" },
      {
        label: "longest call until then",
        value: longestCallMs(folder),
        want: { atLeast: waitedForMs / 2 },
        unit: "ms",
      },
      { label: "errors told to users until then", value: readErrors(join(folder, "errors")).length, want: NONE },
    );

    const longMs = await hold(stage, toldMs, () => producers.release(JOBS));
    await limit.wait("the producers to finish", producers.crew.empty());
    await drained(stage, JOBS);
    await stopAll(stage, workers);
    figures.push(
      { label: "the longer lock was held for", value: longMs, want: { atLeast: toldMs }, unit: "ms" },
      ...errorFigures(stage, codes),
      { label: "processes that died", value: deaths.all.length, want: NONE },
      ...onceFigures(stage, JOBS),
    );
  },
};

/** @param goOn - lets the producers run into it */
async function hold(stage: Stage, ms: number, goOn: () => void): Promise<number> {
  const forMs = await stage.limit.wait("the lock to be given back", createLocker(stage)(ms, goOn));
  const proof = `another process had the write lock for ${forMs} ms`;
  stage.history.write({ kind: "fault", fault: "lock", target: null, forMs, proof });
  return forMs;
}

/** From question to answer, over all calls that write. */
function longestCallMs(folder: string): number {
  const asked = new Map<string, number>();
  let longest = 0;
  for (const entry of readHistory(join(folder, "history")).entries) {
    if (!("call" in entry)) continue;
    const key = `${entry.process} ${entry.call}`;
    const from = asked.get(key);
    if (from === undefined) asked.set(key, entry.at);
    else longest = Math.max(longest, entry.at - from);
  }
  return longest;
}
