/** Words that the goals of several backends are written in. */

import type { Goal } from "../goals.ts";
import type { Place } from "../result.ts";

export const at = (scenario: string, contender = "jobyard"): Place => ({ scenario, contender });

export const everyDrainOf = (contender: string): readonly Place[] =>
  ["drain-1", "drain-10", "drain-100"].map((scenario) => at(scenario, contender));

const BACKLOGS = {
  "backlog-pending": "1 M pending",
  "backlog-scheduled": "1 M scheduled",
  "backlog-unknown": "1 M of an unknown type ahead",
};

/** A claim costs the same, whatever else there is. */
export const flat = (atLeast: number): readonly Goal[] =>
  Object.entries(BACKLOGS).map(([scenario, text]) => ({
    text: `claims with ${text} ÷ with 20 k pending`,
    metric: "jobsPerSecond",
    ours: at(scenario),
    theirs: [at("backlog-small")],
    atLeast,
  }));

const IDLE = { "latency-same": "", "latency-across": " to another process" };

/** At any moment, from the call to the handler. @param who - the others, for people */
export const idleLatency = (who: string, others: readonly string[]): readonly Goal[] =>
  Object.entries(IDLE).flatMap(([scenario, where]): readonly Goal[] => {
    const places = { ours: at(scenario), theirs: others.map((other) => at(scenario, other)) };
    return [
      { ...places, text: `idle latency p50${where} ÷ ${who}`, metric: "p50Ms", atMost: 0.75 },
      { ...places, text: `idle latency p99${where} ÷ ${who}`, metric: "p99Ms", atMost: 1 },
    ];
  });

/** Of the whole process, at its best. */
export const cpuPerJob: Goal = {
  text: "CPU of the process per no-op job, µs",
  metric: "cpuMicros",
  ours: at("drain-100"),
  theirs: [],
  atMost: 12,
};
