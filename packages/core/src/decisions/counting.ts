/**
 * How the jobs that match a filter are counted: what a store knows without looking at them, how those that it looks at
 * are counted, and how parts add up.
 */

import type { Facet, FacetField } from "../contract/adapter.ts";
import { capped, exactly, type PhaseCounts, sumOf } from "../contract/counts.ts";
import { NEWEST } from "../contract/cursor.ts";
import type { SearchRequest } from "../contract/search.ts";
import type { Filter } from "../nouns/filter.ts";
import type { Instant, Job } from "../nouns/job.ts";
import { PHASES, type Phase, phaseOf } from "../nouns/lifecycle.ts";
import { isTypeTerm } from "./matches.ts";
import { requiredPhases } from "./narrow.ts";

/** A filter that asks for nothing but states and types is answered without looking at jobs. */
export const isCountable = (filter: Filter): boolean =>
  filter.every((term) => term.field === "state" || isTypeTerm(term));

/** A search that comes to every match. */
export const everything = (filter: Filter): Pick<SearchRequest, "filter" | "order" | "from"> => ({
  filter,
  order: "enqueued",
  from: NEWEST,
});

// ── phases ───────────────────────────────────────────────────────────────────────────────────────

/** Phases that one search counts together: each group is found in one place, and ends when all of it is beyond the cap. */
const GROUPS: readonly (readonly Phase[])[] = [
  ["waiting", "blocked"],
  ["scheduled", "retrying"],
  ["active"],
  ["stale", "dead", "cancelled"],
  ["completed"],
];

/** Of the phases that a match can be in. */
export function phaseGroups(filter: Filter): readonly (readonly Phase[])[] {
  const asked = requiredPhases(filter) ?? PHASES;
  return GROUPS.map((group) => group.filter((phase) => asked.includes(phase))).filter(({ length }) => length > 0);
}

export const inPhases = (any: readonly Phase[], filter: Filter): Filter => [
  { field: "state", not: false, any },
  ...filter,
];

/** Counts the matches of a search by their phase. */
export class FoundPhases {
  readonly #found: Map<Phase, number>;
  readonly #cap: number;

  constructor(phases: readonly Phase[], cap: number) {
    this.#found = new Map(phases.map((phase) => [phase, 0]));
    this.#cap = cap;
  }

  add(job: Pick<Job, "state" | "runAt" | "attempt">, now: Instant): void {
    const phase = phaseOf(job, now);
    this.#found.set(phase, (this.#found.get(phase) ?? 0) + 1);
  }

  /** All of them are beyond the cap. */
  get isEnough(): boolean {
    return [...this.#found.values()].every((n) => n > this.#cap);
  }

  /** @param exact - the search came to every match */
  counts(exact: boolean): Partial<PhaseCounts> {
    const counts = [...this.#found].map(([phase, n]) => [phase, capped({ n, exact }, this.#cap)] as const);
    return Object.fromEntries(counts) as Partial<PhaseCounts>;
  }
}

/**
 * What the parts have together in the phases that a match can be in. Completed ones are counted by every store, so they
 * need no cap.
 */
export function totalPhases(filter: Filter, parts: readonly PhaseCounts[], cap: number): PhaseCounts {
  const asked = requiredPhases(filter) ?? PHASES;
  const totals = PHASES.map((phase) => {
    const total = asked.includes(phase) ? sumOf(parts.map((part) => part[phase])) : exactly(0);
    return [phase, phase === "completed" ? total : capped(total, cap)] as const;
  });
  return Object.fromEntries(totals) as Record<Phase, PhaseCounts[Phase]>;
}

// ── facets ───────────────────────────────────────────────────────────────────────────────────────

/** Facets that are told by the types alone. */
export const isOfTypes = (filter: Filter, field: FacetField): field is "queue" | "name" =>
  (field === "queue" || field === "name") && filter.every(isTypeTerm);

/** What a job counts for. */
export const FACET_VALUES: Readonly<
  Record<FacetField, (job: Pick<Job, "queue" | "name" | "state" | "tags" | "worker">) => readonly string[]>
> = {
  queue: (job) => [job.queue],
  name: (job) => [job.name],
  state: (job) => [job.state],
  tag: (job) => job.tags,
  worker: (job) => (job.worker === null ? [] : [job.worker]),
};

/** The values that most jobs have, the most frequent first. */
export const topFacets = (facets: readonly Facet[], limit: number): readonly Facet[] =>
  facets
    .filter(({ count: { n } }) => n > 0)
    .sort((a, b) => b.count.n - a.count.n || (a.value < b.value ? -1 : 1))
    .slice(0, limit);
