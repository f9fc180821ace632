/** The result for people: facts, one table of figures, one of goals. Markdown throughout. */

import type { Contender } from "../contender.ts";
import type { Verdict } from "../goals.ts";
import type { Facts } from "../machine.ts";
import { METRICS, type MetricName } from "../metrics.ts";
import { type Played, ratioOf, spreadAt } from "../result.ts";
import type { Scenario } from "../scenario.ts";
import { median, type Spread } from "../stats.ts";
import { type Column, table } from "./table.ts";

export interface Run {
  readonly facts: Facts;
  readonly scenarios: readonly Scenario[];
  /** The first is the one that the others are compared with. */
  readonly contenders: readonly Pick<Contender, "name" | "note">[];
  readonly rounds: number;
  /** False: with fewer jobs than the goals are about. */
  readonly whole: boolean;
  readonly played: readonly Played[];
  readonly verdicts: readonly Verdict[];
}

export const reportOf = (run: Run): string =>
  [factLines(run), figures(run), goals(run)].filter((part) => part !== "").join("\n\n");

const factLines = ({ facts, contenders, rounds }: Run): string =>
  [
    ...Object.entries(facts),
    ["rounds", `${rounds}, interleaved`],
    ...contenders.map(({ name, note }) => [`\`${name}\``, note]),
  ]
    .map(([name, value]) => `- ${name}: ${value}`)
    .join("\n");

function figures({ scenarios, contenders, played }: Run): string {
  const names = contenders.map(({ name }) => name);
  const ours = names[0] ?? "";
  const rows = scenarios.flatMap((scenario) =>
    names
      .filter((contender) => played.some((one) => one.scenario === scenario.name && one.contender === contender))
      .map((contender, index) => [
        index === 0 ? scenario.title : "",
        contender,
        jobsOf(played, scenario.name, contender),
        ...cellsOf(played, scenario, contender),
        contender === ours ? "" : comparison(played, scenario, ours, contender),
      ]),
  );
  return table(
    [
      { title: "", align: "left" },
      { title: "", align: "left" },
      { title: "jobs", align: "right" },
      { title: "median (lowest–highest)", align: "right" },
      { title: "beside it", align: "left" },
      { title: `${ours} ÷ it, paired`, align: "right" },
    ],
    rows,
  );
}

function jobsOf(played: readonly Played[], scenario: string, contender: string): string {
  const rounds = played.filter((one) => one.scenario === scenario && one.contender === contender);
  return Math.round(median(rounds.map(({ jobs }) => jobs))).toLocaleString("en-US");
}

function cellsOf(played: readonly Played[], { name, metrics }: Scenario, contender: string): readonly string[] {
  const place = { scenario: name, contender };
  const [first, ...others] = metrics.map((metric) => {
    const spread = spreadAt(played, place, metric);
    return spread === null ? null : { metric, spread };
  });
  if (!first) return ["FAILED", ""];
  return [
    `${numeral(first.spread.median, first.metric)} (${range(first.spread, (value) => numeral(value, first.metric))}) ${METRICS[first.metric].unit}`,
    others
      .flatMap((other) =>
        other === null ? [] : [`${numeral(other.spread.median, other.metric)} ${METRICS[other.metric].unit}`],
      )
      .join(", "),
  ];
}

function comparison(played: readonly Played[], { name, metrics }: Scenario, ours: string, contender: string): string {
  const at = (who: string) => ({ scenario: name, contender: who });
  const ratio = ratioOf(played, at(ours), [at(contender)], metrics[0]);
  return ratio === null ? "" : `${factor(ratio.median)}× (${range(ratio, factor)})`;
}

function goals({ verdicts, whole }: Run): string {
  if (verdicts.length === 0) return "";
  const columns: readonly Column[] = [
    { title: "goal", align: "left" },
    { title: "wanted", align: "right" },
    { title: "found", align: "right" },
    { title: "", align: "left" },
  ];
  const rows = verdicts.map(({ goal, found, reached }) => [
    goal.text,
    goal.atLeast === undefined ? `≤ ${goal.atMost}` : `≥ ${goal.atLeast}`,
    found === null ? "not measured" : `${factor(found.median)} (${range(found, factor)})`,
    reached ? "reached" : "MISSED",
  ]);
  const caution = whole ? "" : "With fewer jobs than the goals are about, so this only gives an idea:\n\n";
  return caution + table(columns, rows);
}

const range = ({ min, max }: Spread, say: (value: number) => string): string => `${say(min)}–${say(max)}`;

const numeral = (value: number, metric: MetricName): string =>
  value.toLocaleString("en-US", {
    minimumFractionDigits: METRICS[metric].digits,
    maximumFractionDigits: METRICS[metric].digits,
  });

/** Two digits that mean something. */
const factor = (value: number): string => (value >= 10 ? value.toFixed(1) : value.toFixed(2));
