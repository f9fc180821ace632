/** Everything at once: workers and producers die in every way there is, and no job may notice. */

import { setTimeout as sleep } from "node:timers/promises";
import { Deaths } from "../crew/deaths.ts";
import type { Ground } from "../faults/ground.ts";
import { inject } from "../faults/inject.ts";
import { type PlannedFault, PRODUCER_POINTS, planFaults } from "../plan/faults.ts";
import { type JobPlan, PLAIN, type PlannedJob, planJobs } from "../plan/jobs.ts";
import { NONE } from "../report/figures.ts";
import { createLocker, type Producers, startProducers, startWorkers } from "./cast.ts";
import { deathFigures } from "./death-figures.ts";
import { drained, stopAll } from "./ending.ts";
import { lookOn } from "./onlooker.ts";
import type { Scenario, Sizes, Stage } from "./scenario.ts";

const LEASE_MS = 1_000;
const SWEEP_MS = 300;
const CONCURRENCY = 10;
const PRODUCERS = 2;
/** Of all jobs, how many are there before the first fault. */
const HEAD_START = 0.4;

export const storm: Scenario = {
  name: "storm",
  proves: "whatever happens to its processes, no job is lost, stuck, done twice, or dead without its own fault",
  store: "plain",
  limits: ({ kills, blocks, zombies, pills }) => ({
    atLeast: {
      staleWritesRefused: 1,
      rescues: 1,
      rescuesGivenBack: 1,
      "fault.kill": kills,
      "fault.block": blocks,
      "fault.stop": zombies,
      "fault.cont": zombies,
      pillsDead: withReserve(pills),
      pillsInCompany: pills,
      depthSamples: 1,
      reads: 1,
    },
  }),
  run: async (stage) => {
    const { sizes, backend, figures, limit } = stage;
    const deaths = new Deaths(stage.history);
    const plan = jobPlan(sizes, backend.openLedger !== null);
    const workers = startWorkers(stage, deaths, {
      size: sizes.workers,
      leaseMs: LEASE_MS,
      sweepMs: SWEEP_MS,
      concurrency: CONCURRENCY,
    });
    const producers = startProducers(stage, deaths, plan, PRODUCERS);
    lookOn(stage, followed(plan));
    const faults = planFaults(faultPlan(sizes, backend.openLedger !== null));
    try {
      await limit.wait("the processes to start", Promise.all([workers.ready(), producers.crew.ready()]));
      const missed = await limit.wait("the faults to happen", bring(stage, faults, { workers, producers, deaths }));
      figures.push({
        label: "faults that could not be brought about",
        value: missed.length,
        want: NONE,
        detail: missed,
      });
      await limit.wait("the producers to finish", producers.crew.empty());
      await drained(stage, plan.jobs);
      await stopAll(stage, workers);
    } finally {
      figures.push(...deathFigures(deaths, sizes));
    }
  },
};

const jobPlan = ({ seed, jobs, pills }: Sizes, transactions: boolean): JobPlan => ({
  ...PLAIN,
  seed,
  jobs,
  pills: withReserve(pills),
  workMs: [10, 400],
  ledgerShare: transactions ? 0.15 : 0,
  stumbleShare: 0.03,
});

/** A pill whose process is killed from outside early may be set apart from others before it could die among them. */
const withReserve = (pills: number): number => Math.ceil(pills * 1.3);

/** Every pill, and every hundredth of the others. */
const followed = (plan: JobPlan): readonly PlannedJob[] =>
  planJobs(plan).filter(({ type }, index) => type === "pill" || index % 100 === 0);

const faultPlan = (
  { seed, kills, blocks, zombies }: Sizes,
  transactions: boolean,
): Parameters<typeof planFaults>[0] => ({
  seed,
  kills,
  blocks,
  zombies,
  locks: Math.ceil(kills / 40),
  producerKills: Math.max(PRODUCER_POINTS.length, Math.ceil(kills / 10)),
  transactions,
});

interface Cast {
  readonly workers: Ground["workers"];
  readonly producers: Producers;
  readonly deaths: Deaths;
}

/** In as many lanes as leave one worker alone. The jobs come in as the faults go on, so that none strikes an idle store. */
async function bring(
  stage: Stage,
  faults: readonly PlannedFault[],
  { workers, producers, deaths }: Cast,
): Promise<readonly string[]> {
  const { sizes, history, limit, tell } = stage;
  const left = [...faults];
  const missed: string[] = [];
  let done = 0;
  const release = (extra: number): void => {
    const share = HEAD_START + (1 - HEAD_START) * (done / Math.max(1, faults.length));
    producers.release(share * sizes.jobs + extra);
  };
  let nudges = 0;
  const ground: Ground = {
    workers,
    producers: producers.crew,
    deaths,
    history,
    leaseMs: LEASE_MS,
    sweepMs: SWEEP_MS,
    release: () => release(++nudges),
    lockFor: createLocker(stage),
  };
  const lane = async (): Promise<void> => {
    for (let planned = left.shift(); planned !== undefined && !limit.isOver; planned = left.shift()) {
      if (!(await inject(ground, planned))) missed.push(nameOf(planned));
      done += 1;
      release(nudges);
      tell(`faults ${done}/${faults.length}  jobs ${producers.enqueued}/${sizes.jobs} in  deaths ${deaths.all.length}`);
      await sleep(planned.pauseMs);
    }
  };
  release(0);
  await Promise.all(Array.from({ length: sizes.workers - 1 }, lane));
  release(sizes.jobs);
  return missed;
}

const nameOf = (planned: PlannedFault): string =>
  "point" in planned ? `${planned.fault} ${planned.point ?? ""}`.trim() : planned.fault;
