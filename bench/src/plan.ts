/** Who plays what, and in which order. */

import type { Contender } from "./contender.ts";
import type { Options } from "./options.ts";
import type { Scenario } from "./scenario.ts";
import { rotated } from "./stats.ts";

export interface Turn {
  /** From 1. */
  readonly round: number;
  readonly scenario: Scenario;
  readonly contender: Contender;
  readonly jobs: number;
}

/** Contenders of a scenario follow each other, so that they meet the same machine; who is first changes. */
export const planned = (options: Options): readonly Turn[] =>
  Array.from({ length: options.rounds }, (_, before) =>
    options.scenarios.flatMap((scenario) => {
      const present = options.contenders.filter((contender) => takesPart(contender, scenario));
      return rotated(present, before).map((contender) => ({
        round: before + 1,
        scenario,
        contender,
        jobs: jobsOf(options, scenario, contender),
      }));
    }),
  ).flat();

const takesPart = ({ without }: Contender, { name, family }: Scenario): boolean =>
  !without.includes(name) && !without.includes(family);

function jobsOf({ jobs, quick }: Options, scenario: Scenario, { share, shares }: Contender): number {
  if (jobs !== null) return jobs;
  const whole = quick ? scenario.quickJobs : scenario.jobs;
  if (scenario.sameForAll) return whole;
  return Math.ceil(whole * (shares?.[scenario.name] ?? shares?.[scenario.family] ?? share));
}
