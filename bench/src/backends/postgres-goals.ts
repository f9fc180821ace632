/** What Jobyard on Postgres has to reach beside the others, and beside itself. */

import type { Goal } from "../goals.ts";
import type { Place } from "../result.ts";
import { at, everyDrainOf, flat } from "./places.ts";

const GRAPHILE = "graphile-batched";
const PEERS = ["graphile-worker", "pg-boss", "bullmq", "agenda"] as const;

const everyPeerAt = (scenario: string): readonly Place[] => PEERS.map((peer) => at(scenario, peer));

/** At any moment, from the call to the handler. */
const latency = (scenario: string, where: string): readonly Goal[] => {
  const places = { ours: at(scenario), theirs: everyPeerAt(scenario) };
  return [
    { ...places, text: `idle latency p50${where} ÷ the best of the others`, metric: "p50Ms", atMost: 0.75 },
    { ...places, text: `idle latency p99${where} ÷ the best of the others`, metric: "p99Ms", atMost: 1 },
  ];
};

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
  flat("pending", "1 M pending"),
  flat("scheduled", "1 M scheduled"),
  flat("unknown", "1 M of an unknown type ahead"),
  ...latency("latency-same", ""),
  ...latency("latency-across", " to another process"),
  {
    text: "CPU of the process per no-op job, µs",
    metric: "cpuMicros",
    ours: at("drain-100"),
    theirs: [],
    atMost: 12,
  },
  {
    text: "CPU of the process per no-op job ÷ the least of the others",
    metric: "cpuMicros",
    ours: at("drain-100"),
    theirs: [...everyDrainOf(GRAPHILE), ...everyDrainOf("pg-boss")],
    atMost: 1,
  },
  {
    text: "WAL per job in a drain ÷ graphile-worker's, which deletes",
    metric: "walBytes",
    ours: at("drain-100"),
    theirs: [at("drain-100", GRAPHILE)],
    atMost: 0.75,
  },
];
