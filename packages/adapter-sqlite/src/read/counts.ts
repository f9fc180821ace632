/**
 * How many: of whole queues and types from the lines, the leases and the counters, each up to a cap; where only the
 * jobs themselves can tell, by looking at them.
 */

import {
  type Count,
  type Facet,
  type FacetField,
  type Filter,
  isTypeTerm,
  PHASES,
  type Phase,
  phaseOf,
  requiredPhases,
  type Searchable,
} from "@jobyard/core/adapter";
import { allLanes } from "../sql/read.sql.ts";
import type { View } from "../step.ts";
import type { Store } from "../store.ts";
import { NEWEST } from "./cursor.ts";
import { NONE, type PhaseCounts, phasesOfLanes, phasesOfQueue, sumOf } from "./phases.ts";
import { type Match, search } from "./search.ts";
import { lanesFor } from "./source.ts";
import { countTypes } from "./type-counts.ts";

/** A filter that asks for nothing but states and types is answered without looking at jobs. */
const isCountable = (term: Filter[number]): boolean => term.field === "state" || isTypeTerm(term);

export async function count(store: Store, filter: Filter, cap: number): Promise<Count> {
  if (filter.every(isCountable)) return capped(sumOf(Object.values(await countedPhases(store, filter, cap))), cap);
  const { matches, reachedEnd } = await search(store, { ...everything(filter), wanted: cap + 1, collect: () => {} });
  return { n: Math.min(matches, cap), exact: reachedEnd };
}

const everything = (filter: Filter) => ({ filter, order: "enqueued", from: NEWEST }) as const;

const capped = ({ n, exact }: Count, cap: number): Count => ({ n: Math.min(n, cap), exact: exact && n <= cap });

/** Phases that one search counts together: each group is found in one place, and ends when all of it is beyond the cap. */
const GROUPS: readonly (readonly Phase[])[] = [
  ["waiting", "blocked"],
  ["scheduled", "retrying"],
  ["active"],
  ["stale", "dead", "cancelled"],
  ["completed"],
];

export async function phases(store: Store, filter: Filter, cap: number): Promise<PhaseCounts> {
  if (filter.every(isCountable)) return countedPhases(store, filter, cap);
  const asked = requiredPhases(filter) ?? PHASES;
  let counts = NONE;
  for (const group of GROUPS) {
    const any = group.filter((phase) => asked.includes(phase));
    if (any.length > 0) counts = { ...counts, ...(await searchedPhases(store, filter, any, cap)) };
  }
  return counts;
}

async function searchedPhases(
  store: Store,
  filter: Filter,
  any: readonly Phase[],
  cap: number,
): Promise<Partial<PhaseCounts>> {
  const found = new Map<Phase, number>(any.map((phase) => [phase, 0]));
  const enough = (): boolean => [...found.values()].every((n) => n > cap);
  const { reachedEnd } = await search(store, {
    ...everything([{ field: "state", not: false, any }, ...filter]),
    collect(view, matches) {
      for (const { job } of matches) {
        const phase = phaseOf(job, view.now);
        found.set(phase, (found.get(phase) ?? 0) + 1);
      }
    },
    enough,
  });
  const counts = any.map((phase) => [phase, capped({ n: found.get(phase) ?? 0, exact: reachedEnd }, cap)] as const);
  return Object.fromEntries(counts) as Partial<PhaseCounts>;
}

/** Queue by queue, so that many of them hold nothing up. */
async function countedPhases(store: Store, filter: Filter, cap: number): Promise<PhaseCounts> {
  const asked = requiredPhases(filter) ?? PHASES;
  const { all, lanes } = await store.read((view) => ({
    all: view.db.all(allLanes, {}),
    lanes: lanesFor(view, filter),
  }));
  const wanted = lanes ?? all;
  const parts: PhaseCounts[] = [];
  for (const queue of new Set(wanted.map((lane) => lane.queue))) {
    const ofQueue = wanted.filter((lane) => lane.queue === queue).map(({ id }) => id);
    const isWhole = ofQueue.length === all.filter((lane) => lane.queue === queue).length;
    const ask = (view: View): PhaseCounts =>
      isWhole ? phasesOfQueue(view, queue, cap) : phasesOfLanes(view, queue, ofQueue, cap);
    parts.push(await store.read(ask));
    await new Promise(setImmediate);
  }
  const totals = PHASES.map((phase) => {
    const total = asked.includes(phase) ? sumOf(parts.map((part) => part[phase])) : { n: 0, exact: true };
    return [phase, phase === "completed" ? total : capped(total, cap)] as const;
  });
  return Object.fromEntries(totals) as Record<Phase, Count>;
}

export async function facets(
  store: Store,
  filter: Filter,
  field: FacetField,
  limit: number,
): Promise<readonly Facet[]> {
  const counts = await (isOfTypes(filter, field) ? sumTypes(store, filter, field) : countValues(store, filter, field));
  return counts.sort((a, b) => b.count.n - a.count.n || (a.value < b.value ? -1 : 1)).slice(0, limit);
}

const isOfTypes = (filter: Filter, field: FacetField): field is "queue" | "name" =>
  (field === "queue" || field === "name") && filter.every(isTypeTerm);

async function sumTypes(store: Store, filter: Filter, field: "queue" | "name"): Promise<Facet[]> {
  const lanes = await store.read((view) => lanesFor(view, filter) ?? view.db.all(allLanes, {}));
  const counts = new Map<string, Count>();
  for await (const [lane, one] of countTypes(store, lanes))
    counts.set(lane[field], sumOf([counts.get(lane[field]) ?? { n: 0, exact: true }, one]));
  return [...counts].map(([value, count]) => ({ value, count })).filter(({ count }) => count.n > 0);
}

async function countValues(store: Store, filter: Filter, field: FacetField): Promise<Facet[]> {
  const counts = new Map<string, number>();
  const collect = (_: View, matches: readonly Match[]): void => {
    for (const { job } of matches)
      for (const value of FACET_VALUES[field](job)) counts.set(value, (counts.get(value) ?? 0) + 1);
  };
  const { reachedEnd } = await search(store, { ...everything(filter), withNames: true, collect });
  return [...counts].map(([value, n]) => ({ value, count: { n, exact: reachedEnd } }));
}

const FACET_VALUES: Readonly<Record<FacetField, (job: Searchable) => readonly string[]>> = {
  queue: (job) => [job.queue],
  name: (job) => [job.name],
  state: (job) => [job.state],
  tag: (job) => job.tags,
  worker: (job) => (job.worker === null ? [] : [job.worker]),
};
