/**
 * How many: of whole queues and types from the lines, the leases and the counters, each up to a cap; where only the
 * jobs themselves can tell, by looking at them.
 */

import {
  type Count,
  capped,
  everything,
  exactly,
  FACET_VALUES,
  type Facet,
  type FacetField,
  type Filter,
  FoundPhases,
  inPhases,
  isCountable,
  isOfTypes,
  NO_JOBS,
  type Phase,
  type PhaseCounts,
  phaseGroups,
  sumOf,
  topFacets,
  totalPhases,
} from "@jobyard/core/adapter";
import { allLanes } from "../sql/read.sql.ts";
import type { View } from "../step.ts";
import type { Store } from "../store.ts";
import { phasesOfLanes, phasesOfQueue } from "./phases.ts";
import { type Match, search } from "./search.ts";
import { lanesFor } from "./source.ts";
import { countTypes } from "./type-counts.ts";

export async function count(store: Store, filter: Filter, cap: number): Promise<Count> {
  if (isCountable(filter)) return capped(sumOf(Object.values(await countedPhases(store, filter, cap))), cap);
  const { matches, reachedEnd } = await search(store, { ...everything(filter), wanted: cap + 1, collect: () => {} });
  return capped({ n: matches, exact: reachedEnd }, cap);
}

export async function phases(store: Store, filter: Filter, cap: number): Promise<PhaseCounts> {
  if (isCountable(filter)) return countedPhases(store, filter, cap);
  let counts = NO_JOBS;
  for (const group of phaseGroups(filter)) counts = { ...counts, ...(await searchedPhases(store, filter, group, cap)) };
  return counts;
}

async function searchedPhases(
  store: Store,
  filter: Filter,
  group: readonly Phase[],
  cap: number,
): Promise<Partial<PhaseCounts>> {
  const found = new FoundPhases(group, cap);
  const { reachedEnd } = await search(store, {
    ...everything(inPhases(group, filter)),
    collect: (view, matches) => {
      for (const { job } of matches) found.add(job, view.now);
    },
    enough: () => found.isEnough,
  });
  return found.counts(reachedEnd);
}

/** Queue by queue, so that many of them hold nothing up. */
async function countedPhases(store: Store, filter: Filter, cap: number): Promise<PhaseCounts> {
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
  return totalPhases(filter, parts, cap);
}

export async function facets(
  store: Store,
  filter: Filter,
  field: FacetField,
  limit: number,
): Promise<readonly Facet[]> {
  const counts = await (isOfTypes(filter, field) ? sumTypes(store, filter, field) : countValues(store, filter, field));
  return topFacets(counts, limit);
}

async function sumTypes(store: Store, filter: Filter, field: "queue" | "name"): Promise<Facet[]> {
  const lanes = await store.read((view) => lanesFor(view, filter) ?? view.db.all(allLanes, {}));
  const counts = new Map<string, Count>();
  for await (const [lane, one] of countTypes(store, lanes))
    counts.set(lane[field], sumOf([counts.get(lane[field]) ?? exactly(0), one]));
  return [...counts].map(([value, count]) => ({ value, count }));
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
