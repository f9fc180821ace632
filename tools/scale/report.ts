/** Figures as a table, and what they are worth. */

import type { Line } from "./measure/measure.ts";

/** By when an indexed listing must have answered, and by when a search must have said how far it came. */
export const LIMITS_MS = { indexed: 200, search: 2_500 } as const;
/** Nothing may keep the process from its other work for longer. */
const BLOCKED_LIMIT_MS = 100;
/** Rows that a search may look at without an end. */
const MOST_ROWS = 100_000;

export interface Judged extends Line {
  readonly faults: readonly string[];
}

export function judge(line: Line): Judged {
  const { kind, figure, searched } = line;
  const faults: string[] = [];
  if (figure.medianMs > LIMITS_MS[kind]) faults.push(`slower than ${LIMITS_MS[kind]} ms`);
  if (figure.blockedMs > BLOCKED_LIMIT_MS) faults.push(`blocked the process for ${Math.round(figure.blockedMs)} ms`);
  if (kind === "indexed" && searched !== null && !searched.all)
    faults.push("an indexed filter was not answered to the end");
  if (searched !== null && searched.rows > MOST_ROWS) faults.push("looked at more rows than it may");
  return { ...line, faults };
}

export function printLine({ what, kind, page, figure, items, searched, faults }: Judged): string {
  const { medianMs, maxMs, cpuMs, blockedMs } = figure;
  const ms = (value: number): string => value.toFixed(value < 10 ? 1 : 0).padStart(6);
  const looked = searched === null ? "" : `${searched.rows}${searched.all ? "" : ", and there is more"}`;
  return [
    faults.length === 0 ? "ok " : "NOT",
    kind.padEnd(7),
    (what || "(all)").slice(0, 52).padEnd(52),
    page.padEnd(12),
    `${ms(medianMs)} ${ms(maxMs)} ${ms(cpuMs)} ${ms(blockedMs)}`,
    String(items).padStart(4),
    looked,
    faults.join("; "),
  ]
    .join("  ")
    .trimEnd();
}

export const HEAD: string =
  `     ${"kind".padEnd(7)}  ${"listing".padEnd(52)}  ${"page".padEnd(12)}  ` +
  `${["median", "max", "cpu", "block"].map((word) => word.padStart(6)).join(" ")}  rows  looked at`;
