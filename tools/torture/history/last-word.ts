/** What a process that is stopped has yet to say about the jobs in its hands, and what it hears when it says it. */

import type { HistoryEntry, StartedEntry } from "@jobyard/core/testing";

/** A run of a job, by the epoch that fences it. */
export type Run = Pick<StartedEntry, "queue" | "id" | "epoch">;

/** A run whose handler is not over; `null` if there is none. The last, which has the most to say. */
export function unsaidRun(entries: readonly HistoryEntry[]): Run | null {
  const said = new Set(entries.flatMap((entry) => (entry.kind === "settle" ? entry.settlements.map(keyOf) : [])));
  return entries.filter((entry) => entry.kind === "started").findLast((run) => !said.has(keyOf(run))) ?? null;
}

/** Whether the store has refused how this run ended. */
export function wasRefused(entries: readonly HistoryEntry[], run: Run): boolean {
  const places = new Map<number, number>();
  for (const entry of entries) {
    if (entry.kind === "settle") {
      const place = entry.settlements.findIndex((one) => one.guard === "held" && keyOf(one) === keyOf(run));
      if (place >= 0) places.set(entry.call, place);
    } else if (entry.kind === "settled" && "answers" in entry) {
      const answer = entry.answers[places.get(entry.call) ?? -1];
      if (answer !== undefined && answer.outcome !== "ok") return true;
    }
  }
  return false;
}

const keyOf = ({ queue, id, epoch }: Run): string => `${queue}/${id}#${epoch}`;
