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

/** Calls wait 5 s for a lock by default. */
const SHORT_MS = 3_000;
const LONG_MS = 8_000;
const LEASE_MS = 30_000;
const SWEEP_MS = 1_000;
const JOBS = 3_000;
const PRODUCERS = 2;

export const lock: Scenario = {
  name: "lock",
  proves:
    "a lock of 3 s is waited for and nobody notices; a longer one is told as STORE_BUSY, and work goes on by itself",
  store: "plain",
  limits: () => ({ atLeast: { "fault.lock": 2 } }),
  run: async (stage) => {
    const { sizes, figures, limit, folder } = stage;
    const deaths = new Deaths(stage.history);
    const options = { size: sizes.workers, leaseMs: LEASE_MS, sweepMs: SWEEP_MS, concurrency: 5 };
    const plan = { ...PLAIN, seed: sizes.seed, jobs: JOBS };
    const { workers, producers } = await startBoth(stage, deaths, options, plan, PRODUCERS);
    producers.release(JOBS / 6);
    await completed(stage, JOBS / 10);

    producers.release(JOBS / 2);
    const shortMs = await hold(stage, SHORT_MS);
    await completed(stage, JOBS / 2);
    figures.push(
      { label: "the shorter lock was held for", value: shortMs, want: { atLeast: SHORT_MS }, unit: "ms" },
      { label: "longest call until then", value: longestCallMs(folder), want: { atLeast: SHORT_MS / 2 }, unit: "ms" },
      { label: "errors told to users until then", value: readErrors(join(folder, "errors")).length, want: NONE },
    );

    producers.release((JOBS * 3) / 4);
    const longMs = await hold(stage, LONG_MS);
    producers.release(JOBS);
    await limit.wait("the producers to finish", producers.crew.empty());
    await drained(stage, JOBS);
    await stopAll(stage, workers);
    figures.push(
      { label: "the longer lock was held for", value: longMs, want: { atLeast: LONG_MS }, unit: "ms" },
      ...errorFigures(stage, ["STORE_BUSY"]),
      { label: "processes that died", value: deaths.all.length, want: NONE },
      ...onceFigures(stage, JOBS),
    );
  },
};

async function hold(stage: Stage, ms: number): Promise<number> {
  const forMs = await stage.limit.wait("the lock to be given back", createLocker(stage)(ms));
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
