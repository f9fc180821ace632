/** How many: per phase from the lines, the leases and the counters, each up to a cap; anything else by looking. */

import {
  type Count,
  type Facet,
  type FacetField,
  type Filter,
  type JobSummary,
  PHASES,
  type Phase,
  requiredPhases,
  requiredQueues,
  type State,
} from "@jobyard/core/adapter";
import { lanesOf } from "../sql/claim.sql.ts";
import { queueNames } from "../sql/queue.sql.ts";
import { countActive, countAhead, countAttention, countDue, countReady, countRetrying } from "../sql/read.sql.ts";
import { readTally } from "../sql/tally.sql.ts";
import type { View } from "../step.ts";
import type { Store } from "../store.ts";
import { searchAll } from "./search.ts";

export type PhaseCounts = Readonly<Record<Phase, Count>>;

export function phaseCounts(view: View, queue: string, cap: number): PhaseCounts {
  const { db, now } = view;
  const limit = cap + 1;
  const attention = (state: State): Count => capped(db.get(countAttention, { queue, state, limit })?.n ?? 0, cap);
  const ahead = db.get(countAhead, { queue, now, limit })?.n ?? 0;
  const retrying = db.get(countRetrying, { queue, now, limit })?.n ?? 0;
  const due = db.get(countDue, { queue, now, limit })?.n ?? 0;
  const ready = db
    .all(lanesOf, { queue })
    .reduce((n, { id }) => n + (db.get(countReady, { lane: id, limit })?.n ?? 0), 0);
  return {
    waiting: capped(ready + due, cap),
    scheduled: { n: Math.min(ahead, cap) - Math.min(retrying, ahead, cap), exact: ahead <= cap },
    retrying: capped(retrying, cap),
    blocked: { n: 0, exact: true },
    active: { n: db.get(countActive, { queue })?.n ?? 0, exact: true },
    stale: attention("stale"),
    completed: { n: db.get(readTally, { queue, name: "completed" })?.value ?? 0, exact: true },
    dead: attention("dead"),
    cancelled: attention("cancelled"),
  };
}

const capped = (n: number, cap: number): Count => ({ n: Math.min(n, cap), exact: n <= cap });

/** A filter that asks for nothing but states and queues is answered without looking at jobs. */
export async function count(store: Store, filter: Filter, cap: number): Promise<Count> {
  if (filter.every(isCountable)) return store.read((view) => countByPhase(view, filter, cap));
  const { found, reachedEnd } = await searchAll(store, filter, cap + 1);
  return { n: Math.min(found.length, cap), exact: reachedEnd };
}

const isCountable = (term: Filter[number]): boolean =>
  term.field === "state" || (term.field === "queue" && !term.not && !term.any.some((pattern) => pattern.glob));

function countByPhase(view: View, filter: Filter, cap: number): Count {
  const phases = requiredPhases(filter) ?? PHASES;
  const queues = requiredQueues(filter) ?? view.db.all(queueNames, {}).map(({ name }) => name);
  const counts = queues.flatMap((queue) => {
    const ofQueue = phaseCounts(view, queue, cap);
    return phases.map((phase) => ofQueue[phase]);
  });
  const n = counts.reduce((sum, one) => sum + one.n, 0);
  return { n: Math.min(n, cap), exact: n <= cap && counts.every((one) => one.exact) };
}

export async function facets(
  store: Store,
  filter: Filter,
  field: FacetField,
  limit: number,
): Promise<readonly Facet[]> {
  const { found, reachedEnd } = await searchAll(store, filter, Number.POSITIVE_INFINITY);
  const counts = new Map<string, number>();
  for (const { summary } of found)
    for (const value of FACET_VALUES[field](summary)) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .slice(0, limit)
    .map(([value, n]) => ({ value, count: { n, exact: reachedEnd } }));
}

const FACET_VALUES: Readonly<Record<FacetField, (job: JobSummary) => readonly string[]>> = {
  queue: (job) => [job.queue],
  name: (job) => [job.name],
  state: (job) => [job.state],
  tag: (job) => job.tags,
  worker: (job) => (job.worker === null ? [] : [job.worker]),
};
