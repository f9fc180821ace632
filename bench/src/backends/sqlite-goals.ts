/** What Jobyard on SQLite has to reach beside plainjob, the fastest of the others, and beside itself. */

import type { Goal } from "../goals.ts";
import { at, everyDrainOf, flat } from "./places.ts";

export const SQLITE_GOALS: readonly Goal[] = [
  {
    text: "drain, 100 at once ÷ plainjob's best",
    metric: "jobsPerSecond",
    ours: at("drain-100"),
    theirs: everyDrainOf("plainjob"),
    atLeast: 8,
  },
  {
    text: "CPU per no-op job ÷ plainjob's least",
    metric: "cpuMicros",
    ours: at("drain-100"),
    theirs: everyDrainOf("plainjob"),
    atMost: 0.2,
  },
  {
    text: "drain, synchronous=FULL ÷ NORMAL",
    metric: "jobsPerSecond",
    ours: at("drain-100", "jobyard-full"),
    theirs: [at("drain-100")],
    atLeast: 0.6,
  },
  {
    text: "100 single enqueues in flight ÷ plainjob",
    metric: "jobsPerSecond",
    ours: at("enqueue-100"),
    theirs: [at("enqueue-100", "plainjob")],
    atLeast: 4,
  },
  {
    text: "enqueue in bulk ÷ plainjob",
    metric: "jobsPerSecond",
    ours: at("enqueue-bulk"),
    theirs: [at("enqueue-bulk", "plainjob")],
    atLeast: 0.9,
  },
  ...flat(0.8),
  {
    text: "idle latency p50 ÷ plainjob, which polls each millisecond",
    metric: "p50Ms",
    ours: at("latency-same"),
    theirs: [at("latency-same", "plainjob")],
    atMost: 1,
  },
  {
    text: "idle latency p50 to another process, ms",
    metric: "p50Ms",
    ours: at("latency-across"),
    theirs: [],
    atMost: 2,
  },
];
