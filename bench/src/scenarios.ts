/** Everything there is to measure, in the order of the report. */

import type { Backend } from "./backend.ts";
import type { Scenario } from "./scenario.ts";
import { BACKLOGS } from "./scenarios/backlog.ts";
import { drain, drain2, drainLogged } from "./scenarios/drain.ts";
import { enqueueBulk, enqueueHundred, enqueueOne } from "./scenarios/enqueue.ts";
import { latencyAcross, latencySame, latencyTen } from "./scenarios/latency.ts";
import { hold, sustain } from "./scenarios/sustain.ts";

export const SCENARIOS: readonly Scenario[] = [
  drain(1),
  drain(10),
  drain(100),
  drainLogged,
  drain2,
  enqueueOne,
  enqueueHundred,
  enqueueBulk,
  latencySame,
  latencyTen,
  latencyAcross,
  ...BACKLOGS,
  sustain,
  hold,
];

/** Those that mean something there. */
export const scenariosOf = ({ holdSnapshot, logsIfAsked }: Backend): readonly Scenario[] =>
  SCENARIOS.filter(
    ({ underSnapshot, logged }) => (!underSnapshot || holdSnapshot !== null) && (!logged || logsIfAsked),
  );

/** @throws Error for a name that is not in the table */
export function scenarioNamed(name: string): Scenario {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (found === undefined) throw new Error(`there is no scenario ${name}`);
  return found;
}
