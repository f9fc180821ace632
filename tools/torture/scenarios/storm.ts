/** Everything at once: workers, producers and the store's server die in every way there is, and no job may notice. */

import type { Backend } from "../backends/backend.ts";
import type { Crew } from "../crew/crew.ts";
import { Deaths } from "../crew/deaths.ts";
import { killNow } from "../faults/kill.ts";
import {
  type FaultPlan,
  type Point,
  PRODUCER_POINTS,
  planFaults,
  TRANSACTION_POINTS,
  WORKER_POINTS,
  zombiesAtWork,
} from "../plan/faults.ts";
import { type JobPlan, PLAIN, type PlannedJob, planJobs } from "../plan/jobs.ts";
import { bring } from "./bring.ts";
import { startProducers, startWorkers } from "./cast.ts";
import { deathFigures } from "./death-figures.ts";
import { drained, type Still, stopAll } from "./ending.ts";
import { lookOn } from "./onlooker.ts";
import type { Scenario, Sizes } from "./scenario.ts";

const LEASE_MS = 1_000;
const SWEEP_MS = 300;
const CONCURRENCY = 10;
const PRODUCERS = 2;
const STILL_MS = 15 * LEASE_MS;
/** Of all jobs, how many are there before the first fault. */
const HEAD_START = 0.4;

export const storm: Scenario = {
  name: "storm",
  proves: "whatever happens to processes and server, no job is lost, stuck, done twice, or dead without its own fault",
  store: "plain",
  limits: ({ kills, blocks, zombies, pills, outages, disconnects }, { hasServer }) => ({
    atLeast: {
      // Of every fault that outlasts a lease: a heartbeat comes too late. So does what handlers of zombies at work have to
      // say, and by experience that of a tenth of all.
      "heartbeat.lost": Math.min(1, blocks + zombies),
      staleWritesRefused: Math.max(1, zombiesAtWork(zombies), Math.floor((blocks + zombies) / 10)),
      rescues: 1,
      rescuesGivenBack: 1,
      "fault.kill": kills,
      "fault.block": blocks,
      "fault.stop": zombies,
      "fault.cont": zombies,
      ...(hasServer && { "fault.outage": outages, "fault.disconnect": disconnects }),
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
    let ended = 0;
    // What a worker has settled, and an outage has undone, is its own again: it does not know, and lives.
    const restart = (crew: Crew): Still => ({
      afterMs: STILL_MS,
      act: async () => {
        ended += 1;
        for (let place = 0; place < crew.size; place++) await killNow(crew, deaths, place / crew.size);
      },
    });
    try {
      await limit.wait("the processes to start", Promise.all([workers.ready(), producers.crew.ready()]));
      await bring(
        stage,
        { workers, producers, deaths },
        {
          faults: planFaults(faultPlan(sizes, backend)),
          // One worker is left alone.
          lanes: sizes.workers - 1,
          jobs: plan.jobs,
          headStart: HEAD_START,
          leaseMs: LEASE_MS,
          sweepMs: SWEEP_MS,
        },
      );
      await limit.wait("the producers to finish", producers.crew.empty());
      await drained(stage, plan.jobs, backend.isLossy ? restart(workers) : null);
      await stopAll(stage, workers);
    } finally {
      if (backend.isLossy)
        figures.push({ label: "times that workers had to be ended by hand", value: ended, want: null });
      figures.push(...deathFigures(deaths, sizes, pointsOf(backend)));
    }
  },
};

const pointsOf = ({ openLedger }: Backend): readonly Point[] => [
  ...WORKER_POINTS,
  ...(openLedger === null ? [] : TRANSACTION_POINTS),
  ...PRODUCER_POINTS,
];

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
  { seed, kills, blocks, zombies, outages, disconnects }: Sizes,
  { hasServer, openLedger }: Backend,
): FaultPlan => ({
  seed,
  kills,
  blocks,
  zombies,
  locks: Math.ceil(kills / 40),
  outages: hasServer ? outages : 0,
  disconnects: hasServer ? disconnects : 0,
  producerKills: Math.max(PRODUCER_POINTS.length, Math.ceil(kills / 10)),
  transactions: openLedger !== null,
});
