/** Jobs that leave a row in the transaction that completes them, in processes that die just before and just after it commits. */

import { Deaths } from "../crew/deaths.ts";
import type { PlannedFault } from "../plan/faults.ts";
import { PLAIN } from "../plan/jobs.ts";
import { seeded } from "../plan/random.ts";
import { type Figure, NONE } from "../report/figures.ts";
import { bring } from "./bring.ts";
import { startBoth } from "./cast.ts";
import { drained, stopAll } from "./ending.ts";
import type { Scenario, Sizes, Stage } from "./scenario.ts";

const LEASE_MS = 1_000;
const SWEEP_MS = 300;
const PRODUCERS = 2;
const HEAD_START = 0.2;
/** Besides those that crash before their commit, how many more do so after it. */
const AFTER_SHARE = 0.2;
/** And how often the server does, in the middle of them all. */
const OUTAGE_SHARE = 0.1;

export const ledger: Scenario = {
  name: "ledger",
  proves:
    "what a handler writes in the transaction that completes its job is there once, however often its process died",
  store: "plain",
  needs: "transactions",
  limits: ({ crashes }) => ({ atLeast: { "point.before-commit": crashes, rescues: 1 } }),
  run: async (stage) => {
    const { sizes, backend, figures, limit } = stage;
    const deaths = new Deaths(stage.history);
    const jobs = sizes.ledger;
    const plan = { ...PLAIN, seed: sizes.seed, jobs, ledgerShare: 1, workMs: [10, 100] as const };
    const options = { size: sizes.workers, leaseMs: LEASE_MS, sweepMs: SWEEP_MS, concurrency: 1 };
    const { workers, producers } = await startBoth(stage, deaths, options, plan, PRODUCERS);
    try {
      await bring(
        stage,
        { workers, producers, deaths },
        {
          faults: planCrashes(sizes, backend.hasServer),
          // Each worker has a crash before it: a job that nobody disturbs needs no proof.
          lanes: sizes.workers,
          jobs,
          headStart: HEAD_START,
          leaseMs: LEASE_MS,
          sweepMs: SWEEP_MS,
        },
      );
      await limit.wait("the producers to finish", producers.crew.empty());
      await drained(stage, jobs);
      await stopAll(stage, workers);
    } finally {
      figures.push(...crashFigures(deaths, sizes));
    }
    figures.push(...(await rowFigures(stage, jobs)));
  },
};

function planCrashes({ seed, crashes }: Sizes, hasServer: boolean): readonly PlannedFault[] {
  const random = seeded(seed);
  const times = (count: number, make: () => PlannedFault): readonly PlannedFault[] =>
    Array.from({ length: count }, make);
  const chance = (): Pick<PlannedFault, "victim" | "pauseMs"> => ({
    victim: random.next(),
    pauseMs: random.int(0, 50),
  });
  return random.shuffle([
    ...times(crashes, () => ({ ...chance(), fault: "point", point: "before-commit" })),
    ...times(Math.ceil(crashes * AFTER_SHARE), () => ({ ...chance(), fault: "point", point: "after-commit" })),
    ...times(hasServer ? Math.ceil(crashes * OUTAGE_SHARE) : 0, () => ({ ...chance(), fault: "outage" })),
  ]);
}

function crashFigures({ all }: Deaths, { crashes }: Sizes): readonly Figure[] {
  const at = (point: string): number =>
    all.filter(({ cause, exit }) => cause === point && exit.signal === "SIGKILL").length;
  const before = at("before-commit");
  const after = at("after-commit");
  return [
    { label: "workers killed before they committed", value: before, want: { atLeast: crashes } },
    { label: "workers killed after they committed", value: after, want: { atLeast: Math.ceil(crashes * AFTER_SHARE) } },
    { label: "processes that died of anything else", value: all.length - before - after, want: NONE },
  ];
}

async function rowFigures({ backend, store }: Stage, jobs: number): Promise<readonly Figure[]> {
  const table = await backend.openLedger?.(store.url);
  const rows = (await table?.rows()) ?? [];
  await table?.close();
  return [
    { label: "rows", value: rows.length, want: { exactly: jobs } },
    { label: "jobs with a row", value: new Set(rows).size, want: { exactly: jobs } },
  ];
}
