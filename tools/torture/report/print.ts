/** A verdict as people read it, and as one line of JSON. */

import { formatReport } from "@jobyard/core/testing";
import { type Figure, isAsWanted, isGood, type Verdict, type Want } from "./figures.ts";

export function printVerdict(verdict: Verdict): string {
  const { scenario, proves, backend, seed, seconds, figures, report, stoppedBy, folder, repeat } = verdict;
  const width = Math.max(...figures.map(({ label }) => label.length), 0);
  const good = isGood(verdict);
  return [
    `${scenario} on ${backend}, seed ${seed}, ${seconds} s: ${proves}`,
    "",
    ...figures.flatMap((figure) => figureLines(figure, width)),
    ...(stoppedBy === null ? [] : [`NOT  ${stoppedBy}`]),
    ...(report === null ? [] : ["", formatReport(report), ""]),
    good ? `${scenario}: all as it should be` : `${scenario}: NOT as it should be. Again: ${repeat}`,
    ...(folder === null ? [] : [`history, logs and store: ${folder}`]),
    "",
  ].join("\n");
}

export const verdictJson = (verdict: Verdict): string =>
  JSON.stringify({
    ...verdict,
    ok: isGood(verdict),
    figures: verdict.figures.map((figure) => ({ ...figure, ok: isAsWanted(figure) })),
  });

function figureLines(figure: Figure, width: number): readonly string[] {
  const { label, value, want, unit, detail = [] } = figure;
  const ok = isAsWanted(figure);
  const text = `${value.toLocaleString("en")}${unit === undefined ? "" : ` ${unit}`}`;
  const line = `${ok ? "ok " : "NOT"}  ${label.padEnd(width)} ${text.padStart(12)}${wantText(want)}`;
  return [line, ...detail.map((one) => `       ${one}`)];
}

function wantText(want: Want): string {
  if (want === null) return "";
  if ("exactly" in want) return `   must be ${want.exactly.toLocaleString("en")}`;
  if ("atLeast" in want) return `   at least ${want.atLeast.toLocaleString("en")}`;
  return `   at most ${want.atMost.toLocaleString("en")}`;
}
