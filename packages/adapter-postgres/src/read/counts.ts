/**
 * How many: of whole queues and types from the lines, the leases and the counters, each up to a cap; where only the
 * jobs themselves can tell, by looking at them.
 */

import {
  type Count,
  DEFAULTS,
  type Facet,
  type FacetField,
  type Filter,
  isTypeTerm,
  PHASES,
  type Phase,
  phaseOf,
  requiredPhases,
} from "@jobyard/core/adapter";
import { parsed } from "../rows.ts";
import type { View } from "../step.ts";
import type { Store } from "../store.ts";
import { NEWEST } from "./cursor.ts";
import {
  capped,
  countsOfLanes,
  NONE,
  type PhaseCounts,
  phasesOfLanes,
  phasesOfQueue,
  sumOf,
  totalsOf,
} from "./phases.ts";
import { type Match, search } from "./search.ts";
import { type Lanes, lanesFor } from "./source.ts";

/** A filter that asks for nothing but states and types is answered without looking at jobs. */
const isCountable = (term: Filter[number]): boolean => term.field === "state" || isTypeTerm(term);

export function count(store: Store, filter: Filter, cap: number): Promise<Count> {
  return store.read(async (view) => {
    if (filter.every(isCountable)) return capped(sumOf(Object.values(await countedPhases(view, filter, cap))), cap);
    const options = { ...everything(filter), wanted: cap + 1, collect: () => {} };
    const { matches, reachedEnd } = await search(view, store.ports, options);
    return { n: Math.min(matches, cap), exact: reachedEnd };
  });
}

const everything = (filter: Filter) => ({ filter, order: "enqueued", from: NEWEST }) as const;

/** Phases that one search counts together: each group is found in one place, and ends when all of it is beyond the cap. */
const GROUPS: readonly (readonly Phase[])[] = [
  ["waiting", "blocked"],
  ["scheduled", "retrying"],
  ["active"],
  ["stale", "dead", "cancelled"],
  ["completed"],
];

export async function phases(store: Store, filter: Filter, cap: number): Promise<PhaseCounts> {
  if (filter.every(isCountable)) return store.read((view) => countedPhases(view, filter, cap));
  const asked = requiredPhases(filter) ?? PHASES;
  let counts = NONE;
  for (const group of GROUPS) {
    const any = group.filter((phase) => asked.includes(phase));
    if (any.length > 0) counts = { ...counts, ...(await searchedPhases(store, filter, any, cap)) };
  }
  return counts;
}

function searchedPhases(
  store: Store,
  filter: Filter,
  any: readonly Phase[],
  cap: number,
): Promise<Partial<PhaseCounts>> {
  return store.read(async (view) => {
    const found = new Map<Phase, number>(any.map((phase) => [phase, 0]));
    const { reachedEnd } = await search(view, store.ports, {
      ...everything([{ field: "state", not: false, any }, ...filter]),
      withStates: true,
      collect: (matches) => {
        for (const { row } of matches) {
          const phase = phaseOf({ state: row.state, runAt: row.run_at, attempt: row.attempt }, view.now);
          found.set(phase, (found.get(phase) ?? 0) + 1);
        }
      },
      enough: () => [...found.values()].every((n) => n > cap),
    });
    const counts = any.map((phase) => [phase, capped({ n: found.get(phase) ?? 0, exact: reachedEnd }, cap)] as const);
    return Object.fromEntries(counts) as Partial<PhaseCounts>;
  });
}

/** Queues of which all types are asked for come from their totals. */
async function countedPhases(view: View, filter: Filter, cap: number): Promise<PhaseCounts> {
  const asked = requiredPhases(filter) ?? PHASES;
  const { whole, parts } = splitOf(await lanesFor(view, filter));
  const totals = await totalsOf(view, whole, cap);
  const counts = [...totals.map((one) => phasesOfQueue(one, cap)), await phasesOfLanes(view, parts, cap)];
  const sums = PHASES.map((phase) => {
    const sum = asked.includes(phase) ? sumOf(counts.map((one) => one[phase])) : { n: 0, exact: true };
    return [phase, phase === "completed" ? sum : capped(sum, cap)] as const;
  });
  return Object.fromEntries(sums) as Record<Phase, Count>;
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
  return counts
    .filter(({ count: { n } }) => n > 0)
    .sort((a, b) => b.count.n - a.count.n || (a.value < b.value ? -1 : 1))
    .slice(0, limit);
}

const isOfTypes = (filter: Filter, field: FacetField): field is "queue" | "name" =>
  (field === "queue" || field === "name") && filter.every(isTypeTerm);

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
