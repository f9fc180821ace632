/** A report as people read it: aligned columns of plain text. */

import type { HistoryReport, InvariantResult, Requirement } from "./check-history.ts";
import type { Evidence, Violation } from "./evidence.ts";
import type { Latency } from "./figures.ts";

/** Ends without a line break. */
export function formatReport(report: HistoryReport): string {
  return [
    `History of ${number(report.entries)} entries`,
    ...section("Jobs", table(Object.entries(report.jobs).map(([name, n]) => [name, right(n)]))),
    ...section("Invariants", table(report.results.map(resultRow))),
    ...section("Figures", table(Object.entries(report.figures).map(([name, n]) => [name, right(n)]))),
    ...section("Latencies (ms)", latencyTable(report.latencies)),
    ...section("Had to happen", table(report.required.map(requirementRow))),
    ...section("Violations", report.results.flatMap(violationLines)),
    "",
    verdict(report),
  ].join("\n");
}

interface Cell {
  readonly text: string;
  readonly right: boolean;
}

const number = (n: number): string => n.toLocaleString("en-US");
const right = (n: number): Cell => ({ text: number(n), right: true });

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  ${line}`.trimEnd())];

function table(rows: readonly (readonly (string | Cell)[])[]): readonly string[] {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === "string" ? { text: cell, right: false } : cell)));
  const widths: number[] = [];
  for (const row of cells)
    for (const [column, { text }] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, text.length);
  return cells.map((row) =>
    row
      .map(({ text, right }, column) => (right ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0)))
      .join("  "),
  );
}

function resultRow({ id, name, judged, broken }: InvariantResult): readonly (string | Cell)[] {
  const word = judged === 0 ? "no case" : broken === 0 ? "holds" : "BROKEN";
  return [id, name, right(judged), "cases", right(broken), "broken", word];
}

const requirementRow = ({ figure, atLeast, was }: Requirement): readonly (string | Cell)[] => [
  figure,
  right(was),
  "of at least",
  right(atLeast),
  was >= atLeast ? "" : "MISSING",
];

function latencyTable(latencies: HistoryReport["latencies"]): readonly string[] {
  const rows = Object.entries(latencies).flatMap(([name, latency]: [string, Latency | null]) =>
    latency === null
      ? []
      : [
          [
            `death to ${name}`,
            "n",
            right(latency.n),
            "p50",
            right(latency.p50Ms),
            "p99",
            right(latency.p99Ms),
            "max",
            right(latency.maxMs),
          ],
        ],
  );
  return table(rows);
}

function violationLines({ id, name, says, broken, sample }: InvariantResult): readonly string[] {
  if (broken === 0) return [];
  const shown = sample.length < broken ? `, ${sample.length} shown` : "";
  return [`${id} ${name}: ${number(broken)}${shown} (${says})`, ...sample.flatMap(oneViolation)];
}

function oneViolation({ job, queue, session, says, evidence, more }: Violation): readonly string[] {
  const about = job ? `${job.queue}/${job.id}` : (session ?? queue ?? "");
  const rest = more === 0 ? [] : [`      and ${number(more)} more`];
  return [`  ${about}: ${says}`, ...evidence.map((line) => `      ${evidenceLine(line)}`), ...rest];
}

const evidenceLine = ({ at, process, kind, facts }: Evidence): string =>
  `${at === null ? "" : `${new Date(at).toISOString()} `}${process} ${kind} ${JSON.stringify(facts)}`;

function verdict({ ok, results, required }: HistoryReport): string {
  if (ok) return "All invariants hold, and everything happened that had to.";
  const broken = results.filter((result) => result.broken > 0).map(({ id }) => id);
  const missing = required.filter(({ atLeast, was }) => was < atLeast).map(({ figure }) => figure);
  return [
    ...(broken.length === 0 ? [] : [`Broken: ${broken.join(", ")}.`]),
    ...(missing.length === 0 ? [] : [`Did not happen often enough: ${missing.join(", ")}.`]),
  ].join(" ");
}
