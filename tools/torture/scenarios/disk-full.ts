/** The disk fills up under a store at work, stays full for a while, and has room again. */

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Deaths } from "../crew/deaths.ts";
import { readErrors } from "../history/read.ts";
import { PLAIN } from "../plan/jobs.ts";
import { NONE, SOME } from "../report/figures.ts";
import { startBoth } from "./cast.ts";
import { completed, drained, stopAll } from "./ending.ts";
import { errorFigures, onceFigures } from "./once-figures.ts";
import type { Scenario, Stage } from "./scenario.ts";

const LEASE_MS = 30_000;
const SWEEP_MS = 1_000;
const JOBS = 1_200;
const PAD_BYTES = 8_192;
const PRODUCERS = 2;
/** How long it stays full once everybody has noticed. */
const FULL_MS = 3_000;

export const diskFull: Scenario = {
  name: "disk-full",
  proves: "a full disk is told as STORE_FULL, damages nothing, and work goes on by itself when there is room",
  store: "small",
  limits: () => ({ atLeast: { "fault.disk-full": 1, "error.STORE_FULL": 1 } }),
  run: async (stage) => {
    const { sizes, figures, limit } = stage;
    const deaths = new Deaths(stage.history);
    const options = { size: sizes.workers, leaseMs: LEASE_MS, sweepMs: SWEEP_MS, concurrency: 5 };
    const plan = { ...PLAIN, seed: sizes.seed, jobs: JOBS, padBytes: PAD_BYTES };
    const { workers, producers } = await startBoth(stage, deaths, options, plan, PRODUCERS);
    producers.release(JOBS / 4);
    await completed(stage, JOBS / 8);
    await fillAndFree(stage, () => producers.release(JOBS));
    await limit.wait("the producers to finish", producers.crew.empty());
    await drained(stage, JOBS);
    await stopAll(stage, workers);
    figures.push(
      ...errorFigures(stage, ["STORE_FULL"]),
      { label: "processes that died", value: deaths.all.length, want: NONE },
      ...onceFigures(stage, JOBS),
    );
  },
};

/** @param goOn - lets the producers run into it */
async function fillAndFree({ disk, folder, history, limit, figures, store }: Stage, goOn: () => void): Promise<void> {
  if (disk === null) throw new Error("the store is not on a disk that can be filled");
  const proof = `${disk.means}: ${await disk.fill()}`;
  const from = performance.now();
  goOn();
  const told = (role: string): number =>
    readErrors(join(folder, "errors")).filter(
      ({ process, error }) => process.startsWith(role) && error === "STORE_FULL",
    ).length;
  await limit.until("producers and workers to notice that the disk is full", () =>
    told("producer") > 0 && told("worker") > 0 ? true : null,
  );
  await sleep(FULL_MS);
  const damage = await store.integrity();
  await disk.free();
  const forMs = Math.round(performance.now() - from);
  history.write({ kind: "fault", fault: "disk-full", target: null, forMs, proof });
  figures.push(
    { label: "the disk was full for", value: forMs, want: { atLeast: FULL_MS }, unit: "ms", detail: [proof] },
    { label: "producers were told so", value: told("producer"), want: SOME },
    { label: "workers were told so", value: told("worker"), want: SOME },
    { label: "faults that the database found while full", value: damage.length, want: NONE, detail: damage },
  );
}
