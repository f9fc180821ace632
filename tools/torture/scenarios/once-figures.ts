/** For scenarios in which no process dies: what ran how often, who ran it, and what users were told. */

import { join } from "node:path";
import { readErrors, readHistory } from "../history/read.ts";
import { type Figure, NONE, SOME } from "../report/figures.ts";
import type { Stage } from "./scenario.ts";

/** Each of the jobs did its work once. */
export function onceFigures({ folder, sizes }: Pick<Stage, "folder" | "sizes">, jobs: number): readonly Figure[] {
  const { entries } = readHistory(join(folder, "history"));
  const effects = entries.filter((entry) => entry.kind === "effect");
  const counts = [...Map.groupBy(effects, ({ queue, id }) => `${queue}/${id}`)];
  const repeated = counts.filter(([, times]) => times.length > 1);
  const hands = new Set(effects.map(({ process }) => process));
  return [
    { label: "jobs that did their work", value: counts.length, want: { exactly: jobs } },
    {
      label: "jobs that did it more than once",
      value: repeated.length,
      want: NONE,
      detail: repeated.slice(0, 5).map(([job, times]) => `${job}: ${times.length} times`),
    },
    { label: "processes that had a part in it", value: hands.size, want: { exactly: sizes.workers } },
  ];
}

/**
 * Every code that a producer or a worker's `onError` was told.
 *
 * @param expected - one of these codes must have been told; no other may
 */
export function errorFigures({ folder }: Pick<Stage, "folder">, expected: readonly string[]): readonly Figure[] {
  const errors = readErrors(join(folder, "errors"));
  const known = errors.filter(({ error }) => expected.includes(error));
  const other = errors.filter(({ error }) => !expected.includes(error));
  const byCode = [...Map.groupBy(known, ({ error }) => error)].map(([code, told]) => `${code}: ${told.length}`);
  return [
    ...(expected.length === 0
      ? []
      : [{ label: "expected errors told to users", value: known.length, want: SOME, detail: byCode }]),
    {
      label: expected.length === 0 ? "errors told to users" : "other errors told to users",
      value: other.length,
      want: NONE,
      detail: other.slice(0, 5).map(({ process, doing, error }) => `${process}, ${doing}: ${error}`),
    },
  ];
}
