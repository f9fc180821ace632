/** The disk fills up under a store at work, stays full for a while, and has room again. */

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Deaths } from "../crew/deaths.ts";
import { readErrors } from "../history/read.ts";
import { PLAIN } from "../plan/jobs.ts";
import { type Figure, NONE, SOME } from "../report/figures.ts";
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
  proves: "a full disk is told as what it is, damages nothing, and work goes on by itself when there is room",
  store: "small",
  limits: () => ({ atLeast: { "fault.disk-full": 1 } }),
  run: async (stage) => {
    const { sizes, backend, figures, limit } = stage;
    const deaths = new Deaths(stage.history);
    const options = { size: sizes.workers, leaseMs: LEASE_MS, sweepMs: SWEEP_MS, concurrency: 5 };
    const plan = { ...PLAIN, seed: sizes.seed, jobs: JOBS, padBytes: PAD_BYTES, workMs: [50, 150] as const };
    const { workers, producers } = await startBoth(stage, deaths, options, plan, PRODUCERS);
    // Workers have something to do when it happens.
    producers.release(JOBS / 2);
    await completed(stage, JOBS / 8);
    const manager = manage(stage);
    await fillAndFree(stage, () => producers.release(JOBS));
    await limit.wait("the producers to finish", producers.crew.empty());
    await drained(stage, JOBS);
    await stopAll(stage, workers);
    figures.push(
      ...manager.figures(),
      ...errorFigures(stage, backend.fullCodes),
      { label: "processes that died", value: deaths.all.length, want: NONE },
      ...onceFigures(stage, JOBS),
    );
  },
};

/** @param goOn - lets the producers run into it */
async function fillAndFree(stage: Stage, goOn: () => void): Promise<void> {
  const { backend, disk, folder, history, limit, figures, store } = stage;
  if (disk === null) throw new Error("the store is not on a disk that can be filled");
  const proof = `${disk.means}: ${await disk.fill()}`;
  const from = performance.now();
  goOn();
  const told = (role: string): number =>
    readErrors(join(folder, "errors")).filter(
      ({ process, error }) => process.startsWith(role) && backend.fullCodes.includes(error),
    ).length;
  await limit.until("producers and workers to notice that the disk is full", async () => {
    // The store may give some of its own back.
    await disk.fill();
    return told("producer") > 0 && told("worker") > 0 ? true : null;
  });
  await sleep(FULL_MS);
  // A server has to be able to write before it can be asked.
  const damage = store.server === null ? await store.integrity() : [];
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

const LOOK_EVERY_MS = 250;

/** Who sees to it that a server runs, as a machine's service manager does: it is started again whenever it has ended. */
function manage({ store: { server }, atEnd }: Stage): { readonly figures: () => readonly Figure[] } {
  const over = new AbortController();
  let failed = 0;
  let started = 0;
  const loop = async (): Promise<void> => {
    while (server !== null && !over.signal.aborted) {
      await server.revive().then(
        (wasDown) => {
          if (wasDown) started += 1;
        },
        () => {
          failed += 1;
        },
      );
      await sleep(LOOK_EVERY_MS, undefined, { signal: over.signal }).catch(() => {});
    }
  };
  const done = loop();
  atEnd(() => {
    over.abort();
    return done;
  });
  return {
    figures: () =>
      server === null
        ? []
        : [
            { label: "times that the server had ended and was started", value: started, want: null },
            { label: "  in vain", value: failed, want: null },
          ],
  };
}
