/**
 * Where a list is looked for: the walks that are sure to come upon every match, and upon as little else as can be.
 *
 * All of them are read in one snapshot, in which every job stands in one place. What comes up there is looked at by
 * whoever searches: the walks say where to look, the filter what is found.
 */

import {
  ATTENTION_STATES,
  attentionStateOf,
  type Filter,
  type ListOrder,
  matchesType,
  type Phase,
  requiredCreated,
  requiredIds,
  requiredPhases,
  requiredQueues,
  type State,
} from "@jobyard/core/adapter";
import { hasPayloadIndex, pksOfTerms } from "../sql/payload-index.sql.ts";
import { allLanes, type NamedLane } from "../sql/read.sql.ts";
import {
  activeOf,
  type Found,
  heldOf,
  laterOf,
  lineGroups,
  pksOfIds,
  readyOf,
  triedOf,
  type Waiting,
} from "../sql/walk.sql.ts";
import type { View } from "../step.ts";
import type { Walk } from "./merge.ts";
import { canBeStored } from "./patterns.ts";
import { termsOf } from "./payload-terms.ts";
import {
  allJobs,
  attentionByEntry,
  attentionByNumber,
  completedJobs,
  jobsInBlocks,
  laterJobs,
  listed,
  type Passing,
  readyJobs,
} from "./walks.ts";

/** So many are listed rather than gone through by their number, among others. */
const FEW = 2_000;
/** So many groups of a lane and a priority are gone through side by side. */
const MOST_GROUPS = 500;

/** The types that there are, and those that a match can be of. */
export interface Lanes {
  readonly all: readonly NamedLane[];
  readonly open: readonly NamedLane[];
  /** Of the open ones; null if that is all of them. */
  readonly ids: readonly number[] | null;
  /** As for `ids`. */
  readonly queues: readonly string[] | null;
}

export async function lanesFor({ db }: View, filter: Filter): Promise<Lanes> {
  const all = await db.all(allLanes, {});
  const open = all.filter((lane) => matchesType(lane, filter));
  if (open.length === all.length) return { all, open, ids: null, queues: null };
  return { all, open, ids: open.map(({ id }) => id), queues: [...new Set(open.map(({ queue }) => queue))] };
}

/** One walk for each list that must be gone through. */
export async function walksFor(view: View, filter: Filter, order: ListOrder, lanes: Lanes): Promise<readonly Walk[]> {
  const known = await knownJobs(view, filter);
  if (known !== null && order !== "entered") return [listed(known)];
  if (order === "entered")
    return entryWalks(attentionStateOf(filter) ?? "dead", requiredQueues(filter) ?? lanes.queues);
  const created = requiredCreated(filter, view.now);
  const passing: Passing = {
    ...{ lanes: lanes.open.map(({ id }) => id), asked: lanes.ids },
    ...{ created, isCompleted: null },
  };
  const phases = requiredPhases(filter);
  if (phases === null)
    return lanes.ids === null && created.from === null && created.to === null ? [allJobs] : [jobsInBlocks(passing)];
  const called = ATTENTION_STATES.filter((state) => (phases as readonly State[]).includes(state));
  return [
    ...(await openWalks(view, phases, lanes)),
    ...(called.length === 0 ? [] : [attentionByNumber(called)]),
    ...(phases.includes("completed") ? [completedJobs(passing, lanes.queues)] : []),
  ];
}

const entryWalks = (state: State, queues: readonly string[] | null): readonly Walk[] =>
  queues === null ? [attentionByEntry(state, null)] : queues.map((queue) => attentionByEntry(state, queue));

/** The few jobs that an id, or an index on payloads, leaves open; null if there is neither, or they are many. */
async function knownJobs({ db }: View, filter: Filter): Promise<readonly Found[] | null> {
  const ids = requiredIds(filter);
  if (ids !== null) return db.all(pksOfIds, { ids: ids.filter(canBeStored) });
  const asked = termsOf(filter);
  if (asked.length === 0 || (await db.get(hasPayloadIndex, {}))?.found !== true) return null;
  for (const terms of asked) {
    const found = await db.all(pksOfTerms, { terms, rows: FEW + 1 });
    if (found.length <= FEW) return found;
  }
  return null;
}

/** Jobs that wait or are active, of the phases that are wanted. */
async function openWalks(view: View, phases: readonly Phase[], lanes: Lanes): Promise<readonly Walk[]> {
  const { db, now } = view;
  const has = (phase: Phase): boolean => phases.includes(phase);
  const few: Found[] = has("active") ? await db.all(activeOf, { queues: lanes.queues }) : [];
  const isAhead = has("scheduled") || has("retrying");
  if (!isAhead && !has("waiting")) return has("active") ? [listed(few)] : [];
  const ids = lanes.open.map(({ id }) => id);
  const waiting: Waiting = {
    lanes: ids,
    dueAfter: has("waiting") ? null : now,
    dueBy: isAhead ? null : now,
    isTried: has("waiting") || (has("scheduled") && has("retrying")) ? null : isAhead && has("retrying"),
  };
  few.push(...(await db.all(heldOf, { lanes: ids })));
  const walks: Walk[] = [];
  const later = await fewLater(view, waiting, lanes);
  if (later === null) walks.push(laterJobs(waiting));
  else few.push(...later);
  if (has("waiting")) {
    const ready = await db.all(readyOf, { lanes: ids, rows: FEW + 1 });
    if (ready.length <= FEW) few.push(...ready);
    else walks.push(await readyWalk(view, ids));
  }
  return [listed(few), ...walks];
}

/** Null if they are many. */
async function fewLater({ db, now }: View, waiting: Waiting, lanes: Lanes): Promise<readonly Found[] | null> {
  const rows = FEW + 1;
  const queues = [...new Set(lanes.open.map(({ queue }) => queue))];
  const found =
    waiting.isTried === true
      ? await db.all(triedOf, { queues, dueAfter: now, rows })
      : await db.all(laterOf, { ...waiting, rows });
  return found.length > FEW ? null : found;
}

async function readyWalk({ db }: View, lanes: readonly number[]): Promise<Walk> {
  const groups = await db.all(lineGroups, { lanes, most: MOST_GROUPS + 1 });
  return readyJobs(lanes, groups.length > MOST_GROUPS ? null : groups);
}
