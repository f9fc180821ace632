/** Counts that stop at a cap: how they are added up, and how those of the phases come from those of the lines. */

import { PHASES, type Phase } from "../nouns/lifecycle.ts";
import type { Count } from "./adapter.ts";

export type PhaseCounts = Readonly<Record<Phase, Count>>;

export const exactly = (n: number): Count => ({ n, exact: true });

export const NO_JOBS: PhaseCounts = Object.fromEntries(PHASES.map((phase) => [phase, exactly(0)])) as Record<
  Phase,
  Count
>;

export const capped = ({ n, exact }: Count, cap: number): Count => ({ n: Math.min(n, cap), exact: exact && n <= cap });

/** Not exact if any part is not. */
export const sumOf = (counts: readonly Count[]): Count => ({
  n: counts.reduce((sum, { n }) => sum + n, 0),
  exact: counts.every(({ exact }) => exact),
});

/** Waiting jobs, each number exact up to the cap and more than it beyond. */
export interface InLine {
  readonly due: number;
  /** Scheduled and retrying. */
  readonly ahead: number;
  readonly retrying: number;
}

export const waitingCounts = (
  { due, ahead, retrying }: InLine,
  cap: number,
): Pick<PhaseCounts, "waiting" | "scheduled" | "retrying"> => ({
  waiting: capped(exactly(due), cap),
  scheduled: { n: Math.max(0, Math.min(ahead, cap) - Math.min(retrying, cap)), exact: ahead <= cap },
  retrying: capped(exactly(retrying), cap),
});
