/** Among how many jobs a search has to look: what it did not come to can then be told. */

import { type Filter, PHASES, type QueueInfo } from "@jobyard/core";
import { matchesType } from "@jobyard/core/adapter";
import { addCounts, type Capped } from "@/lib/capped-count";

/** Of the queues and phases that the filter leaves open. `null` if it asks for types, of which no queue keeps count. */
export function jobsToSearch(filter: Filter, queues: readonly QueueInfo[]): Capped | null {
  if (filter.some(({ field }) => field === "name" || field === "version")) return null;
  const open = queues.filter(({ queue }) => matchesType({ queue, name: "", version: 0 }, filter));
  const states = filter.filter((term) => term.field === "state");
  const phases = PHASES.filter((phase) => states.every((term) => term.any.includes(phase) !== term.not));
  if (phases.length < PHASES.length)
    return addCounts(open.flatMap(({ counts }) => phases.map((phase) => counts[phase])));
  return addCounts(
    open.flatMap(({ depth, counts: { completed, dead, cancelled, stale } }) => [
      { n: depth, exact: true },
      ...[completed, dead, cancelled, stale],
    ]),
  );
}
