/** What the figures have to reach, as data, and whether they do. */

import type { MetricName } from "./metrics.ts";
import { type Place, type Played, ratioOf, spreadAt } from "./result.ts";
import type { Spread } from "./stats.ts";

export interface Goal {
  /** For people. */
  readonly text: string;
  readonly metric: MetricName;
  readonly ours: Place;
  /** Compared per round with the best of these; with none, `limit` is the figure itself. */
  readonly theirs: readonly Place[];
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Verdict {
  readonly goal: Goal;
  /** `null` if it was not measured. */
  readonly found: Spread | null;
  /** Judged by the median. */
  readonly reached: boolean;
}

export const judged = (goals: readonly Goal[], played: readonly Played[]): readonly Verdict[] =>
  goals.map((goal) => {
    const { metric, ours, theirs, atLeast, atMost } = goal;
    const found = theirs.length === 0 ? spreadAt(played, ours, metric) : ratioOf(played, ours, theirs, metric);
    const reached =
      found !== null &&
      found.median >= (atLeast ?? Number.NEGATIVE_INFINITY) &&
      found.median <= (atMost ?? Number.POSITIVE_INFINITY);
    return { goal, found, reached };
  });
