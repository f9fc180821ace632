/** The result for programs: every round, and what the tables say. */

import { METRICS } from "../metrics.ts";
import { ratioOf, spreadAt } from "../result.ts";
import type { Run } from "./report.ts";

/** Raised when a reader of an older one would misread it. */
const FORMAT = 1;

export function jsonOf({ facts, scenarios, contenders, rounds, played, verdicts }: Run): string {
  const ours = contenders[0]?.name ?? "";
  const summary = scenarios.flatMap(({ name: scenario, metrics }) =>
    contenders.flatMap(({ name: contender }) =>
      metrics.flatMap((metric) => {
        const place = { scenario, contender };
        const spread = spreadAt(played, place, metric);
        if (spread === null) return [];
        const ratio = contender === ours ? null : ratioOf(played, { scenario, contender: ours }, [place], metric);
        return [{ ...place, metric, ...METRICS[metric], ...spread, ratio }];
      }),
    ),
  );
  const goals = verdicts.map(({ goal, found, reached }) => ({ ...goal, found, reached }));
  return JSON.stringify({ format: FORMAT, facts, rounds, comparedWith: ours, summary, goals, played }, null, 2);
}
