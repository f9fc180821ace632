/** A soak for people: a line every few seconds, and the quarters side by side at the end. */

import { mib, type Quarter, type Verdict } from "./judge.ts";
import type { Sample } from "./sample.ts";

export function line({ ms, done, file, log, free, processes }: Sample, before: Sample | null): string {
  const rate = before === null ? done / (ms / 1_000) : (done - before.done) / ((ms - before.ms) / 1_000);
  const memory = processes.map(({ name, rss, heap }) => `${name} ${mib(rss)} (heap ${mib(heap)})`);
  return [
    `${(ms / 1_000).toFixed(0).padStart(5)} s`,
    `${done} jobs`,
    `${rate.toFixed(0)}/s`,
    `file ${mib(file)} (free ${mib(free)})`,
    `log ${mib(log)}`,
    ...memory,
  ].join("  ");
}

export function report({ quarters, findings }: Verdict): string {
  const names = Object.keys(quarters[0]?.rss ?? {});
  const rows: readonly (readonly [string, (quarter: Quarter) => string])[] = [
    ["jobs per second", ({ jobsPerSecond }) => jobsPerSecond.toFixed(0)],
    ...names.flatMap((name): [string, (quarter: Quarter) => string][] => [
      [`RSS of ${name}, median`, ({ rss }) => mib(rss[name] ?? 0)],
      [`heap of ${name}, median`, ({ heap }) => mib(heap[name] ?? 0)],
    ]),
    ["log, most", ({ log }) => mib(log)],
    ["file, most", ({ file }) => mib(file)],
    ["free in the file, most", ({ free }) => mib(free)],
  ];
  const width = Math.max(...rows.map(([title]) => title.length));
  const cells = rows.map(([title, show]) =>
    [title.padEnd(width), ...quarters.map((quarter) => show(quarter).padStart(12))].join(""),
  );
  const header = ["".padEnd(width), ...quarters.map((_, index) => `quarter ${index + 1}`.padStart(12))].join("");
  const verdicts = findings.map(({ promise, kept, text }) => `${kept ? "kept  " : "BROKEN"}  ${promise}: ${text}`);
  return [header, ...cells, "", ...verdicts].join("\n");
}
