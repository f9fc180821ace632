/**
 * Where a list is looked for: the walks that are sure to come upon every match, and upon as little else as can be.
 *
 * What comes up there is looked at by whoever searches: the walks say where to look, the filter what is found.
 */

import {
  attentionStateOf,
  type Filter,
  type Instant,
  type ListOrder,
  matchesFilter,
  type NumberRange,
  PHASES,
  type Phase,
  requiredCreated,
  requiredIds,
  requiredPhases,
  requiredQueues,
  type Searchable,
  type SearchRequest,
} from "@jobyard/core/adapter";
import type { Discovery } from "./discovery.ts";
import { gather, type Only, placesOf, type Structure } from "./gather.ts";
import { type Cards, foreignFailuresIn, foreignIn, overviewOf, type Standing } from "./overview.ts";
import type { Readable } from "./store.ts";
import type { Sieve, Walk, Zset } from "./walks.ts";

/** So many jobs of some phases are gathered rather than met on the way among all others. */
const FEW = 2_000;
const QUEUES_AT_ONCE = 20;
/** So many of those that stand in no index, at most. */
const MOST_GATHERED = 20_000;

export interface Source {
  readonly now: Instant;
  readonly walks: readonly Walk[];
  /** Of the times by which the list is sorted. */
  readonly span: NumberRange;
  /** False if there are jobs that no walk comes upon. */
  readonly isComplete: boolean;
}

export async function sourceOf(
  store: Readable,
  discovery: Discovery,
  { filter, order, upTo }: Pick<SearchRequest, "filter" | "order" | "upTo">,
): Promise<Source> {
  const { now, queues: all } = await overviewOf(store, discovery, requiredQueues(filter));
  const queues = all.filter(({ queue }) => mayBeIn(queue, filter, now));
  const found = await walksOf(store, queues, filter, order);
  const span = order === "entered" ? { from: null, to: null } : spanOf(filter, now, upTo);
  return {
    now,
    span,
    walks: found.flatMap(({ walks }) => walks),
    isComplete: found.every(({ isComplete }) => isComplete),
  };
}

/** What a term about nothing but the queue says of it. */
export function mayBeIn(queue: string, filter: Filter, now: Instant): boolean {
  const terms = filter.filter(({ field }) => field === "queue");
  return matchesFilter({ queue } as Searchable, terms, now);
}

function spanOf(filter: Filter, now: Instant, upTo: Instant | undefined): NumberRange {
  const { from, to } = requiredCreated(filter, now);
  return { from, to: upTo === undefined ? to : Math.min(to ?? upTo, upTo) };
}

type Found = Pick<Source, "walks" | "isComplete">;

async function walksOf(
  store: Readable,
  queues: readonly Standing[],
  filter: Filter,
  order: ListOrder,
): Promise<readonly Found[]> {
  const ids = requiredIds(filter);
  const walksIn = async ({ queue, cards }: Standing): Promise<Found> => {
    if (ids !== null) return { walks: [{ listed: await placesOf(store, queue, ids, order) }], isComplete: true };
    if (order === "entered") return byEntry(store, queue, cards, attentionStateOf(filter));
    return byEnqueue(store, queue, cards, order, requiredPhases(filter));
  };
  const found: Found[] = [];
  for (let from = 0; from < queues.length; from += QUEUES_AT_ONCE)
    found.push(...(await Promise.all(queues.slice(from, from + QUEUES_AT_ONCE).map(walksIn))));
  return found;
}

async function byEntry(
  store: Readable,
  queue: string,
  cards: Cards,
  state: ReturnType<typeof attentionStateOf>,
): Promise<Found> {
  if (state !== "dead" && state !== "cancelled" && state !== "stale") throw new TypeError(`no list of ${state} jobs`);
  const walks: Walk[] = cards[state] > 0 ? [{ queue, index: state }] : [];
  if (state !== "dead" || foreignFailuresIn(cards) === 0) return { walks, isComplete: true };
  const listed = await gather(store, queue, ["failed"], "entered", "unmarked", MOST_GATHERED);
  return { walks: [...walks, { listed }], isComplete: cards.failed <= MOST_GATHERED };
}

async function byEnqueue(
  store: Readable,
  queue: string,
  cards: Cards,
  order: ListOrder,
  phases: readonly Phase[] | null,
): Promise<Found> {
  const wanted = structuresFor(phases ?? PHASES, cards);
  const size = sizeOf(wanted, cards);
  const gathered = async (structures: readonly Structure[], only: Only): Promise<Walk> => ({
    listed: await gather(store, queue, structures, order, only, MOST_GATHERED),
  });
  if (size === 0) return { walks: [], isComplete: true };
  if (phases !== null && size <= FEW) return { walks: [await gathered(wanted, "all")], isComplete: true };
  // They stand in a list, as most waiting ones do, and are few.
  const apart = wanted.filter((structure) => structure === "active" && !wanted.includes("wait"));
  const passed = wanted.filter((structure) => !apart.includes(structure));
  const foreign = foreignIn(cards) > 0 ? passed : [];
  const walks: Walk[] = [];
  if (sizeOf(apart, cards) > 0) walks.push(await gathered(apart, "all"));
  if (cards.jobs > 0 && sizeOf(passed, cards) > 0) walks.push({ queue, index: "jobs", ...sieveFor(passed, cards) });
  if (sizeOf(foreign, cards) > 0) walks.push(await gathered(foreign, "foreign"));
  return { walks, isComplete: [apart, foreign].every((structures) => sizeOf(structures, cards) <= MOST_GATHERED) };
}

const sizeOf = (structures: readonly Structure[], cards: Cards): number =>
  structures.reduce((sum, structure) => sum + cards[structure], 0);

/** Which ZSET of BullMQ's it is, or is part of; null for the lists. */
const ZSET_OF: Readonly<Record<Structure, Zset | null>> = {
  wait: null,
  active: null,
  prioritized: "prioritized",
  due: "delayed",
  later: "delayed",
  far: "delayed",
  retrying: "delayed",
  parents: "waiting-children",
  stale: "waiting-children",
  completed: "completed",
  failed: "failed",
  dead: "failed",
  cancelled: "failed",
};

/** What keeps most of the others back. */
function sieveFor(wanted: readonly Structure[], cards: Cards): Sieve {
  const any = new Set(wanted.flatMap((structure) => ZSET_OF[structure] ?? []));
  if (wanted.every((structure) => ZSET_OF[structure] !== null)) return { any: [...any] };
  const sizes: Readonly<Record<Zset, number>> = {
    completed: cards.completed,
    failed: cards.failed,
    delayed: cards.due + cards.later + cards.far,
    prioritized: cards.prioritized,
    "waiting-children": cards.parents,
  };
  const none = (Object.keys(sizes) as Zset[]).filter((zset) => sizes[zset] > 0 && !any.has(zset));
  return none.length > 0 ? { none } : {};
}

const STRUCTURES: Readonly<Record<Phase, readonly Structure[]>> = {
  waiting: ["wait", "prioritized", "due", "far"],
  scheduled: ["later", "far"],
  retrying: ["later", "far"],
  blocked: ["parents"],
  active: ["active"],
  stale: ["parents"],
  completed: ["completed"],
  dead: ["failed"],
  cancelled: ["failed"],
};

/** Where jobs of these phases stand: in the order in which they are gathered, which is that of the lives of most. */
function structuresFor(phases: readonly Phase[], cards: Cards): readonly Structure[] {
  const structures = new Set(phases.flatMap((phase) => STRUCTURES[phase]));
  const narrow = (wide: Structure, narrowed: readonly Structure[]): void => {
    if (structures.delete(wide)) for (const one of narrowed) structures.add(one);
  };
  const has = (phase: Phase): boolean => phases.includes(phase);
  // Our indexes know of no others.
  if (foreignIn(cards) === 0) {
    if (!has("scheduled") && has("retrying")) narrow("later", ["retrying"]);
    if (!has("blocked")) narrow("parents", ["stale"]);
  }
  if (foreignFailuresIn(cards) === 0 && has("dead") !== has("cancelled"))
    narrow("failed", has("dead") ? ["dead"] : ["cancelled"]);
  return [...structures];
}
