/** What outages took along of a store that may lose what it has answered: published, and kept within its bounds. */

import type { JobRef } from "@jobyard/core";
import type { HistoryEntry } from "@jobyard/core/testing";
import type { Loss } from "../backends/backend.ts";
import { type Figure, NONE } from "../report/figures.ts";

/**
 * Invariants that a store keeps also when it has gone back by some seconds, because it goes back as a whole: nothing is
 * stuck, no events have holes, depths are right, and nobody is buried without a fault of its own.
 */
export const HOLD_ANYWAY: readonly string[] = ["I3", "I9", "I11", "I17"];

/** @param jobs - all that are there in the end */
export function lossFigures(
  entries: readonly HistoryEntry[],
  jobs: Iterable<JobRef>,
  losses: readonly Loss[],
): readonly Figure[] {
  const there = new Set([...jobs].map(keyOf));
  const lost = acceptedAt(entries).filter(({ key }) => !there.has(key));
  // Of several outages close to each other the one that took most is to blame.
  const byBytes = losses.toSorted((a, b) => b.bytes - a.bytes);
  const blamed = Map.groupBy(lost, ({ at }) => byBytes.find(({ from, to }) => at >= from && at <= to)?.means ?? null);
  const inNone = blamed.get(null) ?? [];
  return [
    ...[...Map.groupBy(losses, ({ means }) => means)].flatMap(([means, these]): readonly Figure[] => [
      { label: `outages: ${means}`, value: these.length, want: null },
      { label: "  answered enqueues that were lost", value: blamed.get(means)?.length ?? 0, want: null },
    ]),
    {
      label: "lost, and answered longer before an outage than may be",
      value: inNone.length,
      want: NONE,
      detail: inNone.slice(0, 5).map(({ key, at }) => `${key}, answered at ${at}`),
    },
    { label: "jobs whose answered completion was undone, and done again", value: completedAgain(entries), want: null },
  ];
}

const keyOf = ({ queue, id }: JobRef): string => `${queue}/${id}`;

interface Accepted {
  readonly key: string;
  /** Of the last such answer, by the producer's clock. */
  readonly at: number;
}

function acceptedAt(entries: readonly HistoryEntry[]): readonly Accepted[] {
  const asked = new Map<string, readonly JobRef[]>();
  const found = new Map<string, number>();
  for (const entry of entries) if (entry.kind === "enqueue") asked.set(callOf(entry), entry.jobs);
  for (const entry of entries) {
    if (entry.kind !== "enqueued" || !("answers" in entry)) continue;
    for (const [index, job] of (asked.get(callOf(entry)) ?? []).entries()) {
      const answer = entry.answers[index];
      if (answer !== "accepted" && answer !== "duplicate-id") continue;
      found.set(keyOf(job), Math.max(found.get(keyOf(job)) ?? 0, entry.at));
    }
  }
  return [...found].map(([key, at]) => ({ key, at }));
}

/** Jobs of which more than one completion was accepted. */
function completedAgain(entries: readonly HistoryEntry[]): number {
  const asked = new Map<string, readonly JobRef[]>();
  const times = new Map<string, number>();
  for (const entry of entries) if (entry.kind === "settle") asked.set(callOf(entry), entry.settlements);
  for (const entry of entries) {
    if (entry.kind !== "settled" || !("answers" in entry)) continue;
    for (const [index, job] of (asked.get(callOf(entry)) ?? []).entries()) {
      const answer = entry.answers[index];
      if (answer?.outcome !== "ok" || answer.state !== "completed") continue;
      times.set(keyOf(job), (times.get(keyOf(job)) ?? 0) + 1);
    }
  }
  return [...times.values()].filter((count) => count > 1).length;
}

const callOf = ({ process, call }: { readonly process: string; readonly call: number }): string => `${process} ${call}`;
