/** What a run has to say: figures, and what each of them must be. */

import type { HistoryReport } from "@jobyard/core/testing";

/** `null`: any value will do, it is told because people want to know. */
export type Want = { readonly exactly: number } | { readonly atLeast: number } | { readonly atMost: number } | null;

export interface Figure {
  readonly label: string;
  readonly value: number;
  readonly want: Want;
  /** What the value counts, if not things. */
  readonly unit?: "ms" | "s" | "/s";
  /** Where it went wrong, or where the figure comes from. */
  readonly detail?: readonly string[];
}

export const NONE: Want = { exactly: 0 };
/** A zero here means that the run did not test what it says. */
export const SOME: Want = { atLeast: 1 };

export function isAsWanted({ value, want }: Figure): boolean {
  if (want === null) return true;
  if ("exactly" in want) return value === want.exactly;
  return "atLeast" in want ? value >= want.atLeast : value <= want.atMost;
}

/** What one scenario has to say. */
export interface Verdict {
  readonly scenario: string;
  readonly proves: string;
  readonly backend: string;
  readonly seed: number;
  readonly seconds: number;
  readonly figures: readonly Figure[];
  /** What the checker made of the history; `null` if there was none to check. */
  readonly report: HistoryReport | null;
  /** Invariants that must hold, by their ids; `null`: all of them. */
  readonly mustHold: readonly string[] | null;
  /** What broke the run off: the time limit, or a fault of the run itself; `null` if it ran to its end. */
  readonly stoppedBy: string | null;
  /** Where history, logs and store are; `null` if they are gone. */
  readonly folder: string | null;
  /** A command that does the same again. */
  readonly repeat: string;
}

export const isGood = ({
  figures,
  report,
  mustHold,
  stoppedBy,
}: Pick<Verdict, "figures" | "report" | "mustHold" | "stoppedBy">): boolean =>
  stoppedBy === null && report !== null && isKept(report, mustHold) && figures.every(isAsWanted);

function isKept({ ok, results, required }: HistoryReport, mustHold: Verdict["mustHold"]): boolean {
  if (mustHold === null) return ok;
  const broken = results.filter(({ id, broken }) => broken > 0 && mustHold.includes(id));
  return broken.length === 0 && required.every(({ atLeast, was }) => was >= atLeast);
}
