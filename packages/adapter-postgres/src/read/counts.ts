/**
 * How many: of whole queues and types from the lines, the leases and the counters, each up to a cap; where only the
 * jobs themselves can tell, by looking at them.
 */

import {
  type Count,
  capped,
  DEFAULTS,
  everything,
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
  parsed,
  phaseGroups,
  sumOf,
  topFacets,
  totalPhases,
} from "@jobyard/core/adapter";
import type { View } from "../step.ts";
import type { Store } from "../store.ts";
import { countsOfLanes, phasesOfLanes, phasesOfQueue, totalsOf } from "./phases.ts";
import { type Match, search } from "./search.ts";
import { type Lanes, lanesFor } from "./source.ts";

export function count(store: Store, filter: Filter, cap: number): Promise<Count> {
  return store.read(async (view) => {
    if (isCountable(filter)) return capped(sumOf(Object.values(await countedPhases(view, filter, cap))), cap);
    const options = { ...everything(filter), wanted: cap + 1, collect: () => {} };
    const { matches, reachedEnd } = await search(view, store.ports, options);
    return capped({ n: matches, exact: reachedEnd }, cap);
  });
}

export async function phases(store: Store, filter: Filter, cap: number): Promise<PhaseCounts> {
  if (isCountable(filter)) return store.read((view) => countedPhases(view, filter, cap));
  let counts = NO_JOBS;
  for (const group of phaseGroups(filter)) counts = { ...counts, ...(await searchedPhases(store, filter, group, cap)) };
  return counts;
}

const searchedPhases = (
  store: Store,
  filter: Filter,
  group: readonly Phase[],
  cap: number,
): Promise<Partial<PhaseCounts>> =>
  store.read(async (view) => {
    const found = new FoundPhases(group, cap);
    const { reachedEnd } = await search(view, store.ports, {
      ...everything(inPhases(group, filter)),
      withStates: true,
      collect: (matches) => {
        for (const { row } of matches) found.add({ ...row, runAt: row.run_at }, view.now);
      },
      enough: () => found.isEnough,
    });
    return found.counts(reachedEnd);
  });

/** Queues of which all types are asked for come from their totals. */
async function countedPhases(view: View, filter: Filter, cap: number): Promise<PhaseCounts> {
  const { whole, parts } = splitOf(await lanesFor(view, filter));
  const totals = await totalsOf(view, whole, cap);
  const counts = [...totals.map((one) => phasesOfQueue(one, cap)), await phasesOfLanes(view, parts, cap)];
  return totalPhases(filter, counts, cap);
}

/** Queues of which every lane is open, and the open lanes of the others. */
function splitOf({ all, open }: Lanes): { readonly whole: readonly string[]; readonly parts: Lanes["open"] } {
  const isOpen = new Set(open);
  const closed = new Set(all.filter((lane) => !isOpen.has(lane)).map(({ queue }) => queue));
  const whole = new Set(open.map(({ queue }) => queue).filter((queue) => !closed.has(queue)));
  return { whole: [...whole], parts: open.filter(({ queue }) => closed.has(queue)) };
}

export async function facets(
  store: Store,
  filter: Filter,
  field: FacetField,
  limit: number,
): Promise<readonly Facet[]> {
  const counts = await store.read((view) =>
    isOfTypes(filter, field) ? countTypes(view, filter, field) : countValues(store, view, filter, field),
  );
  return topFacets(counts, limit);
}

/** Of whole queues all jobs are counted, of types as many rows as a search looks at. */
async function countTypes(view: View, filter: Filter, field: "queue" | "name"): Promise<Facet[]> {
  const lanes = await lanesFor(view, filter);
  const { whole, parts } = field === "queue" ? splitOf(lanes) : { whole: [], parts: lanes.open };
  const values = (await totalsOf(view, whole, DEFAULTS.searchRows)).map((totals) => {
    const { blocked: _, ...counts } = phasesOfQueue(totals, DEFAULTS.searchRows);
    return { value: totals.queue, count: sumOf(Object.values(counts)) };
  });
  const byLane = await countsOfLanes(
    view,
    parts.map(({ id }) => id),
  );
  const found = Map.groupBy(parts, (lane) => lane[field]);
  for (const [value, own] of found) values.push({ value, count: sumOf(own.flatMap(({ id }) => byLane.get(id) ?? [])) });
  return values;
}

async function countValues(store: Store, view: View, filter: Filter, field: FacetField): Promise<Facet[]> {
  const counts = new Map<string, number>();
  const { reachedEnd } = await search(view, store.ports, {
    ...everything(filter),
    withNames: field === "tag" || field === "worker",
    withStates: field === "state",
    collect: (matches) => {
      for (const match of matches)
        for (const value of FACET_VALUES[field](match)) counts.set(value, (counts.get(value) ?? 0) + 1);
    },
  });
  return [...counts].map(([value, n]) => ({ value, count: { n, exact: reachedEnd } }));
}

const FACET_VALUES: Readonly<Record<FacetField, (match: Match) => readonly string[]>> = {
  queue: ({ lane }) => [lane.queue],
  name: ({ lane }) => [lane.name],
  state: ({ row }) => [row.state],
  tag: ({ row }) => parsed<readonly string[]>(row.tags) ?? [],
  worker: ({ row }) => (row.worker === null ? [] : [row.worker]),
};
