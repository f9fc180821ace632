/** Attempts in runs: a requeue gives all attempts anew, and the count begins at 1 again. */

import type { Attempt } from "@jobyard/core";

/** In the order they were given, a new list wherever the count went back. An attempt that was given back keeps its number. */
export function runsOf<T extends Pick<Attempt, "attempt" | "ended">>(
  attempts: readonly T[],
): readonly (readonly T[])[] {
  const runs: T[][] = [];
  for (const attempt of attempts) {
    const run = runs.at(-1);
    const before = run?.at(-1);
    if (run && before && isNext(before, attempt)) run.push(attempt);
    else runs.push([attempt]);
  }
  return runs;
}

const isNext = (before: Pick<Attempt, "attempt" | "ended">, { attempt }: Pick<Attempt, "attempt">): boolean =>
  attempt > before.attempt || (attempt === before.attempt && before.ended === "release");
