/** What Jobyard on Postgres has to reach beside the others, and beside itself. */

import type { Goal } from "../goals.ts";
import type { Place } from "../result.ts";
import { at, cpuPerJob, everyDrainOf, flat, idleLatency } from "./places.ts";

const GRAPHILE = "graphile-batched";
const PEERS = ["graphile-worker", "pg-boss", "bullmq", "agenda"] as const;

const everyPeerAt = (scenario: string): readonly Place[] => PEERS.map((peer) => at(scenario, peer));

export const POSTGRES_GOALS: readonly Goal[] = [
  {
    text: "drain, 100 at once ÷ graphile-worker's best",
    metric: "jobsPerSecond",
    ours: at("drain-100"),
    theirs: everyDrainOf(GRAPHILE),
    atLeast: 1.7,
  },
  {
    text: "drain, 100 at once ÷ pg-boss's best",
    metric: "jobsPerSecond",
    ours: at("drain-100"),
    theirs: everyDrainOf("pg-boss"),
    atLeast: 2,
  },
  {
    text: "100 single enqueues in flight ÷ the best of the others",
    metric: "jobsPerSecond",
    ours: at("enqueue-100"),
    theirs: [...everyPeerAt("enqueue-100"), at("enqueue-100", "pg-boss-silent")],
    atLeast: 8,
  },
  {
    text: "under an old snapshot ÷ graphile-worker's best",
    metric: "jobsPerSecond",
    ours: at("hold"),
    theirs: [at("hold", GRAPHILE)],
    atLeast: 2,
  },
  {
    text: "under an old snapshot, last second ÷ first second",
    metric: "lastByFirst",
    ours: at("hold"),
    theirs: [],
    atLeast: 0.5,
  },
  ...flat(0.8),
  ...idleLatency("the best of the others", PEERS),
  cpuPerJob,
  {
    text: "CPU of the process per no-op job ÷ the least of the others",
    metric: "cpuMicros",
    ours: at("drain-100"),
    theirs: [...everyDrainOf(GRAPHILE), ...everyDrainOf("pg-boss")],
    atMost: 1,
  },
  {
    text: "WAL per job in a drain ÷ graphile-worker's, which deletes",
    metric: "logBytes",
    ours: at("drain-100"),
    theirs: [at("drain-100", GRAPHILE)],
    atMost: 0.75,
  },
];
