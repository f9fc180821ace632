/** What a run has found: every round as it was, and what they come to per scenario and contender. */

import { METRICS, type Measures, type MetricName } from "./metrics.ts";
import type { Turn } from "./plan.ts";
import { pairedRatios, type Spread, spreadOf } from "./stats.ts";

/** A turn as it went; `error` if it failed. */
export interface Played {
  readonly round: number;
  readonly scenario: string;
  readonly contender: string;
  readonly jobs: number;
  readonly measures: Measures;
  readonly error: string | null;
}

export const playedAs = (turn: Turn, measures: Measures, error: string | null): Played => ({
  round: turn.round,
  scenario: turn.scenario.name,
  contender: turn.contender.name,
  jobs: measures.jobs ?? turn.jobs,
  measures,
  error,
});

export interface Place {
  readonly scenario: string;
  readonly contender: string;
}

/** A figure of each round, by round. */
export const valuesOf = (played: readonly Played[], place: Place, metric: MetricName): ReadonlyMap<number, number> =>
  new Map(
    played
      .filter(({ scenario, contender }) => scenario === place.scenario && contender === place.contender)
      .flatMap(({ round, measures }) => {
        const value = measures[metric];
        return value === undefined ? [] : [[round, value] as const];
      }),
  );

/** `null` if no round has it. */
export function spreadAt(played: readonly Played[], place: Place, metric: MetricName): Spread | null {
  const values = [...valuesOf(played, place, metric).values()];
  return values.length === 0 ? null : spreadOf(values);
}

/** Ours by the best of theirs, round by round; `null` if they never met. */
export function ratioOf(
  played: readonly Played[],
  ours: Place,
  theirs: readonly Place[],
  metric: MetricName,
): Spread | null {
  const best = new Map<number, number>();
  const pick = METRICS[metric].better === "more" ? Math.max : Math.min;
  for (const place of theirs)
    for (const [round, value] of valuesOf(played, place, metric))
      best.set(round, pick(best.get(round) ?? value, value));
  const ratios = pairedRatios(valuesOf(played, ours, metric), best);
  return ratios.length === 0 ? null : spreadOf(ratios);
}
