/** What Jobyard on Redis has to reach beside BullMQ, whose layout it works on, and beside itself. */

import type { Goal } from "../goals.ts";
import type { Place } from "../result.ts";
import { at, cpuPerJob, everyDrainOf, flat, idleLatency } from "./places.ts";

const besideBullmq = (text: string, ours: string, theirs: readonly Place[], atLeast: number): Goal => ({
  text: `${text} ÷ BullMQ`,
  metric: "jobsPerSecond",
  ours: at(ours),
  theirs,
  atLeast,
});

export const REDIS_GOALS: readonly Goal[] = [
  besideBullmq("drain, 100 at once", "drain-100", [...everyDrainOf("bullmq"), at("drain-100", "bullmq-4")], 1.7),
  besideBullmq(
    "the same with a log flushed each second",
    "drain-logged",
    [at("drain-logged", "bullmq"), at("drain-logged", "bullmq-4")],
    1.3,
  ),
  besideBullmq("drain, 1 at once", "drain-1", [at("drain-1", "bullmq")], 6),
  besideBullmq("enqueue in bulk", "enqueue-bulk", [at("enqueue-bulk", "bullmq")], 1.8),
  ...flat(0.7),
  ...idleLatency("BullMQ", ["bullmq"]),
  cpuPerJob,
];
