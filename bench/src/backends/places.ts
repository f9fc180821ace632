/** Words that the goals of several backends are written in. */

import type { Goal } from "../goals.ts";
import type { Place } from "../result.ts";

export const at = (scenario: string, contender = "jobyard"): Place => ({ scenario, contender });

export const everyDrainOf = (contender: string): readonly Place[] =>
  ["drain-1", "drain-10", "drain-100"].map((scenario) => at(scenario, contender));

/** A claim costs the same, whatever else there is. */
export const flat = (name: string, text: string): Goal => ({
  text: `claims with ${text} ÷ with 20 k pending`,
  metric: "jobsPerSecond",
  ours: at(`backlog-${name}`),
  theirs: [at("backlog-small")],
  atLeast: 0.8,
});
