/**
 * Where a list is looked for: the walks that are sure to come upon every match, and upon as little else as can be.
 *
 * What comes up there is looked at by whoever searches: the walks say where to look, `matchesFilter` what is found.
 */

import {
  attentionStateOf,
  type Filter,
  type ListOrder,
  matchesType,
  PHASES,
  type Phase,
  requiredCreated,
  requiredIds,
  requiredPhases,
  requiredQueues,
  requiredStates,
  STATES,
  type State,
} from "@jobyard/core/adapter";
import { holdings } from "../leases.ts";
import { allLanes, type NamedLane, pkById } from "../sql/read.sql.ts";
import { heldPks, laterPks, readyPks } from "../sql/walk.sql.ts";
import type { View } from "../step.ts";
import { WaitingMap } from "./waiting-map.ts";
import {
  allJobs,
  attentionByEntry,
  attentionByNumber,
  type Jumps,
  jobsOfLanes,
  jumping,
  listed,
  stepping,
  type Walk,
  type Wanted,
} from "./walks.ts";

const OPEN_STATES: readonly State[] = ["waiting", "blocked", "active"];
const OPEN_PHASES: readonly Phase[] = ["waiting", "scheduled", "retrying", "blocked", "active"];
/** So many waiting jobs of a lane are listed rather than looked for among all that the lane ever had. */
const FEW_IN_LANE = 1_000;
/** Those whose time is ahead lie thinly among the others, so more of them are worth a list. */
const FEW_AHEAD_IN_LANE = 20_000;

/** One walk for each list that must be gone through; a job may come up in two of them. */
/** @param created - jumps over where nothing was enqueued at the time that the filter asks for */
export function walksFor(view: View, filter: Filter, order: ListOrder, created: Jumps): readonly Walk[] {
  if (order === "entered") return entryWalks(attentionStateOf(filter) ?? "dead", requiredQueues(filter));
  const ids = requiredIds(filter);
  if (ids !== null) return [listed(ascending(ids.flatMap((id) => view.db.all(pkById, { id }))))];
  const { open, over, together } = splitOf(filter, order);
  const { from, to } = requiredCreated(filter, view.now);
  const wanted = { states: together, createdFrom: from, createdTo: to, dueAfter: null, dueBy: null };
  const lanes = lanesFor(view, filter);
  const jobs = (states: Wanted["states"]): readonly Walk[] => {
    const some = { ...wanted, states };
    const walk = lanes === null ? allJobs(some) : jobsOfLanes(idsOf(lanes), some);
    return [from === null && to === null ? walk : jumping(walk, created)];
  };
  if (open === null || over === null) return jobs(together);
  const all = view.db.all(allLanes, {});
  const openOnes = open.length === 0 ? [] : openWalks(view, filter, lanes ?? all, { ...wanted, states: ["waiting"] });
  if (over.length === 0) return openOnes;
  if (!over.includes("completed")) return [...openOnes, attentionByNumber(over)];
  // Completed jobs stand among all others, and behind the many that were enqueued since and wait: of whatever type,
  // or there would be gaps in what is jumped over.
  const waiting = new WaitingMap(all);
  return [...openOnes, ...jobs(over).map((walk) => jumping(walk, waiting))];
}

const idsOf = (lanes: readonly NamedLane[]): readonly number[] => lanes.map(({ id }) => id);

interface Split {
  /** Waiting, blocked, active; null with `over` if both are looked for in one walk. */
  readonly open: readonly State[] | null;
  readonly over: readonly State[] | null;
  /** As stored; null: all. */
  readonly together: readonly State[] | null;
}

/**
 * Jobs that are open and jobs that are over stand in different places. A scan must not miss one that moves between
 * the two meanwhile, so it looks for both in one walk; a list does if it asks for due jobs too, which are many.
 */
function splitOf(filter: Filter, order: ListOrder): Split {
  const phases = requiredPhases(filter);
  const states = requiredStates(filter) ?? (phases === null ? null : STATES);
  if (states === null) return { open: null, over: null, together: null };
  const open = states.filter((state) => OPEN_STATES.includes(state));
  const over = states.filter((state) => !OPEN_STATES.includes(state));
  const together = [...new Set(states.map((state) => (state === "active" ? "waiting" : state)))];
  const isMixed = open.length > 0 && over.length > 0;
  if (isMixed && (order === "scan" || isDueWanted(filter))) return { open: null, over: null, together };
  return { open, over, together };
}

const isDueWanted = (filter: Filter): boolean => requiredPhases(filter)?.includes("waiting") ?? true;

/** The lanes that a match can be in; null if that is all of them. */
export function lanesFor({ db }: View, filter: Filter): readonly NamedLane[] | null {
  const all = db.all(allLanes, {});
  const open = all.filter((lane) => matchesType(lane, filter));
  return open.length === all.length ? null : open;
}

const entryWalks = (state: State, queues: readonly string[] | null): readonly Walk[] =>
  queues === null ? [attentionByEntry(state, null)] : queues.map((queue) => attentionByEntry(state, queue));

const activeWalk = (view: View): Walk => listed(Float64Array.from(holdings(view).keys()).sort());

/**
 * Of lanes in which few wait, these; of the others all that is stored as waiting. All are read at one moment: a job
 * that was claimed in between would be in neither list.
 */
function openWalks(view: View, filter: Filter, lanes: readonly NamedLane[], wanted: Wanted): readonly Walk[] {
  const phases = (requiredPhases(filter) ?? PHASES).filter((phase) => OPEN_PHASES.includes(phase));
  const isOnly = (...any: readonly Phase[]): boolean => phases.every((phase) => any.includes(phase));
  const isActiveWanted = phases.includes("active");
  const walks: Walk[] = isActiveWanted ? [activeWalk(view)] : [];
  if (isOnly("active", "blocked")) return walks;
  const isAhead = isOnly("active", "blocked", "scheduled", "retrying");
  const few: { readonly pk: number }[] = [...new Set(lanes.map(({ queue }) => queue))].flatMap((queue) =>
    view.db.all(heldPks, { queue }),
  );
  for (const lane of lanes) {
    const pks = isAhead ? aheadIn(view, lane.id) : waitingIn(view, lane.id);
    if (pks !== null) few.push(...pks);
    else if (isAhead) walks.push(jobsOfLanes([lane.id], { ...wanted, dueAfter: view.now }));
    else {
      const dueBy = isOnly("waiting", "blocked") ? view.now : null;
      const waiting = new WaitingMap([lane], { dueBy, withActive: isActiveWanted });
      walks.push(stepping(jobsOfLanes([lane.id], { ...wanted, dueBy }), waiting));
    }
  }
  return [listed(ascending(few)), ...walks];
}

/** Null if there are more than a few, as below. What is in the line of held jobs is not among them. */
function waitingIn({ db }: View, lane: number): readonly { readonly pk: number }[] | null {
  const limit = FEW_IN_LANE + 1;
  const ready = db.all(readyPks, { lane, limit });
  if (ready.length === limit) return null;
  const later = db.all(laterPks, { lane, limit });
  return later.length === limit ? null : [...ready, ...later];
}

function aheadIn({ db }: View, lane: number): readonly { readonly pk: number }[] | null {
  const later = db.all(laterPks, { lane, limit: FEW_AHEAD_IN_LANE + 1 });
  return later.length > FEW_AHEAD_IN_LANE ? null : later;
}

const ascending = (found: readonly { readonly pk: number }[]): Float64Array =>
  Float64Array.from(found, ({ pk }) => pk).sort();
