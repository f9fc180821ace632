/** Who died, and of what: counted from the exits that the system told us, never from what was meant to happen. */

import { printExit } from "../crew/child.ts";
import type { Death } from "../crew/crew.ts";
import { type Deaths, isKill, isPill, UNKNOWN } from "../crew/deaths.ts";
import type { Point } from "../plan/faults.ts";
import { type Figure, NONE, SOME } from "../report/figures.ts";
import type { Sizes } from "./scenario.ts";

/** @param points - those that a kill was aimed at */
export function deathFigures(deaths: Deaths, { kills, pills }: Sizes, points: readonly Point[]): readonly Figure[] {
  const all = deaths.all;
  const workers = all.filter(({ name }) => name.startsWith("worker"));
  const unknown = all.filter(({ cause }) => cause === UNKNOWN);
  const count = (is: (death: Death) => boolean, among = all): number => among.filter(is).length;
  const pids = new Set(workers.filter(isKill).map(({ pid }) => pid));
  return [
    { label: "workers killed by SIGKILL", value: count(isKill, workers), want: { atLeast: kills } },
    { label: "  of so many pids", value: pids.size, want: null },
    ...(pills > 0 ? [{ label: "workers killed by a pill", value: count(isPill), want: SOME }] : []),
    ...pillWays(workers).map(([label, value]): Figure => ({ label, value, want: SOME })),
    ...(kills === 0 ? [] : pointFigures(all, points)),
    {
      label: "processes that died and nobody knows why",
      value: unknown.length,
      want: NONE,
      detail: unknown.slice(0, 5).map(({ name, exit }) => `${name}: ${printExit(exit)}`),
    },
  ];
}

function pillWays(workers: readonly Death[]): readonly (readonly [string, number])[] {
  const ways = Map.groupBy(workers.filter(isPill), ({ cause, exit }) => `  ${cause}: ${printExit(exit)}`);
  return [...ways].map(([way, dead]) => [way, dead.length] as const).sort();
}

function pointFigures(all: readonly Death[], points: readonly Point[]): readonly Figure[] {
  return points.map((point) => ({
    label: `  at ${point}`,
    value: all.filter(({ cause, exit }) => cause === point && exit.signal === "SIGKILL").length,
    want: SOME,
  }));
}
