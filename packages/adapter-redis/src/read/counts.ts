/**
 * How many: of whole queues by what stands in their structures, exactly and at once; where only the jobs themselves can
 * tell, by looking at them.
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
  NO_JOBS,
  PHASES,
  type Phase,
  type PhaseCounts,
  phaseGroups,
  requiredPhases,
  requiredQueues,
  type Searchable,
  sumOf,
  topFacets,
} from "@jobyard/core/adapter";
import type { Discovery } from "./discovery.ts";
import { together, WANTED_FOR, type Wanted } from "./look.ts";
import { overviewOf, phasesIn } from "./overview.ts";
import { endOfCall, search } from "./search.ts";
import { mayBeIn } from "./source.ts";
import type { Readable } from "./store.ts";

/** Answered without looking at jobs. */
const isCounted = (filter: Filter): boolean => filter.every(({ field }) => field === "state" || field === "queue");

export async function count(store: Readable, discovery: Discovery, filter: Filter, cap: number): Promise<Count> {
  if (isCounted(filter)) {
    const queues = await countedQueues(store, discovery, filter);
    return capped(sumOf(queues.flatMap(({ counts }) => Object.values(counts))), cap);
  }
  const options = { ...everything(filter), end: endOfCall(store), wanted: cap + 1, collect: () => {} };
  const { matches, reachedEnd, isComplete } = await search(store, discovery, options);
  return capped({ n: matches, exact: reachedEnd && isComplete }, cap);
}

export async function phases(store: Readable, discovery: Discovery, filter: Filter, cap: number): Promise<PhaseCounts> {
  if (isCounted(filter)) return totalOf(await countedQueues(store, discovery, filter));
  const groups = phaseGroups(filter);
  const end = endOfCall(store);
  let counts = NO_JOBS;
  for (const [index, group] of groups.entries()) {
    // Each has its share of the time that is left, so that none is without a number for those before it.
    const now = store.ports.monotonic();
    const share = { group, end: now + (end - now) / (groups.length - index) };
    counts = { ...counts, ...(await searchedPhases(store, discovery, filter, share, cap)) };
  }
  return counts;
}

interface CountedQueue {
  readonly queue: string;
  /** 0 in phases that no match can be in. */
  readonly counts: PhaseCounts;
}

async function countedQueues(store: Readable, discovery: Discovery, filter: Filter): Promise<readonly CountedQueue[]> {
  const { now, queues } = await overviewOf(store, discovery, requiredQueues(filter));
  const asked = requiredPhases(filter) ?? PHASES;
  return queues
    .filter(({ queue }) => mayBeIn(queue, filter, now))
    .map(({ queue, cards }) => ({ queue, counts: onlyOf(phasesIn(cards), asked) }));
}

const onlyOf = (counts: PhaseCounts, asked: readonly Phase[]): PhaseCounts =>
  phaseCounts((phase) => (asked.includes(phase) ? counts[phase] : exactly(0)));

const totalOf = (queues: readonly CountedQueue[]): PhaseCounts =>
  phaseCounts((phase) => sumOf(queues.map(({ counts }) => counts[phase])));

const phaseCounts = (countOf: (phase: Phase) => Count): PhaseCounts =>
  Object.fromEntries(PHASES.map((phase) => [phase, countOf(phase)])) as Record<Phase, Count>;

async function searchedPhases(
  store: Readable,
  discovery: Discovery,
  filter: Filter,
  { group, end }: { readonly group: readonly Phase[]; readonly end: number },
  cap: number,
): Promise<Partial<PhaseCounts>> {
  const found = new FoundPhases(group, cap);
  const { reachedEnd, isComplete } = await search(store, discovery, {
    ...everything(inPhases(group, filter)),
    end,
    collect: (matches, now) => {
      for (const { job } of matches) found.add(job, now);
    },
    enough: () => found.isEnough,
  });
  return found.counts(reachedEnd && isComplete);
}

export async function facets(
  store: Readable,
  discovery: Discovery,
  filter: Filter,
  field: FacetField,
  limit: number,
): Promise<readonly Facet[]> {
  const isKnown = isCounted(filter) && (field === "queue" || field === "state");
  const found = isKnown
    ? FACETS[field](await countedQueues(store, discovery, filter))
    : await searchedFacets(store, discovery, filter, field);
  return topFacets(found, limit);
}

const FACETS: Readonly<Record<"queue" | "state", (queues: readonly CountedQueue[]) => readonly Facet[]>> = {
  queue: (queues) => queues.map(({ queue, counts }) => ({ value: queue, count: sumOf(Object.values(counts)) })),
  state: (queues) => {
    const { scheduled, retrying, waiting, ...counts } = totalOf(queues);
    const states = { ...counts, waiting: sumOf([scheduled, retrying, waiting]) };
    return Object.entries(states).map(([value, n]) => ({ value, count: n }));
  },
};

async function searchedFacets(
  store: Readable,
  discovery: Discovery,
  filter: Filter,
  field: FacetField,
): Promise<readonly Facet[]> {
  const counts = new Map<string, number>();
  const { reachedEnd, isComplete } = await search(store, discovery, {
    ...everything(filter),
    end: endOfCall(store),
    read: READ_FOR[field],
    collect: (matches) => {
      for (const { job } of matches)
        for (const value of FACET_VALUES[field](job)) counts.set(value, (counts.get(value) ?? 0) + 1);
    },
  });
  return [...counts].map(([value, n]) => ({ value, count: { n, exact: reachedEnd && isComplete } }));
}

const reading = (field: keyof Searchable): Wanted => together([WANTED_FOR[field]]);

const READ_FOR: Readonly<Record<FacetField, Wanted>> = {
  queue: reading("queue"),
  name: reading("name"),
  state: reading("state"),
  tag: reading("tags"),
  worker: reading("worker"),
};
