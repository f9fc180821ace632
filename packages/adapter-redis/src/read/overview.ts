/** How many jobs stand where, in every queue there is: what counts are made of, and what a search goes by. */

import { exactly, type Instant, NO_JOBS, type PhaseCounts, waitingCounts } from "@jobyard/core/adapter";
import { overviewScript } from "../lua/read/overview.lua.ts";
import { packed } from "../packed.ts";
import type { Discovery } from "./discovery.ts";
import type { Readable } from "./store.ts";

/** Each of them takes some twenty commands. */
const QUEUES_AT_ONCE = 100;

/** In the order in which the script answers. */
const CARDS = [
  "wait",
  "prioritized",
  "due",
  "later",
  "far",
  "held",
  "heldAhead",
  "retryingAhead",
  "isSure",
  "retrying",
  "active",
  "completed",
  "failed",
  "parents",
  "stale",
  "dead",
  "cancelled",
  "jobs",
] as const;

/**
 * How many stand in each structure of a queue. Of those in BullMQ's delayed: `due`, `later`, and `far`, whom no time
 * brings to the line: held ones, of which some are ahead of their time, and parked ones, which are all due. `isSure` is 0
 * if some of BullMQ's jobs that are `retryingAhead` may be counted among those that were never tried. `dead`,
 * `cancelled`, `stale` and `jobs` are our own indexes.
 */
export type Cards = Readonly<Record<(typeof CARDS)[number], number>>;

/** A queue with its settings, as the script answers. */
export type Settings = readonly [
  oldestDueAt: Instant | null,
  isPaused: 0 | 1,
  pausedAt: string | null,
  pausedBy: string | null,
  pausedReason: string | null,
  maxSize: string | null,
  retention: string | null,
];
type Row = readonly [name: string, cards: readonly number[], ...settings: Settings];

export interface Standing {
  readonly queue: string;
  readonly cards: Cards;
  /** Empty unless asked for. */
  readonly settings: Settings | readonly [];
}

export interface Overview {
  readonly now: Instant;
  /** By name. */
  readonly queues: readonly Standing[];
}

export async function overview(
  store: Readable,
  queues: readonly string[],
  options: { readonly known: boolean; readonly whole: boolean },
): Promise<Overview> {
  const rows: Row[] = [];
  let asked = { ...options, queues, most: QUEUES_AT_ONCE };
  for (;;) {
    const answer = (await store.run(overviewScript, packed(asked))) as readonly [
      Instant,
      readonly Row[],
      readonly string[],
    ];
    const [now, found, left] = answer;
    rows.push(...found);
    if (left.length === 0) return { now, queues: rows.map(standingOf).sort((a, b) => (a.queue < b.queue ? -1 : 1)) };
    asked = { ...asked, queues: left, known: false };
  }
}

/** Of all queues there are, or of those asked for. */
export async function overviewOf(
  store: Readable,
  discovery: Discovery,
  only: readonly string[] | null,
  whole = false,
): Promise<Overview> {
  if (only !== null) return overview(store, only, { known: false, whole });
  return overview(store, await discovery.names(), { known: true, whole });
}

const standingOf = ([queue, cards, ...settings]: Row): Standing => ({
  queue,
  cards: Object.fromEntries(CARDS.map((card, index) => [card, cards[index] ?? 0])) as Cards,
  settings,
});

/** Jobs of which we have no number: programs with BullMQ enqueued them. */
export const foreignIn = (cards: Cards): number => Math.max(0, allIn(cards) - cards.jobs);

/** Failures that no mark of ours tells of. */
export const foreignFailuresIn = ({ failed, dead, cancelled }: Cards): number => Math.max(0, failed - dead - cancelled);

export const allIn = (cards: Cards): number =>
  inLine(cards) + cards.active + cards.parents + cards.completed + cards.failed;

const inLine = ({ wait, prioritized, due, later, far }: Cards): number => wait + prioritized + due + later + far;

/** Waiting, blocked and active. */
export const depthOf = (cards: Cards): number => inLine(cards) + cards.active + blockedIn(cards);

const blockedIn = ({ parents, stale }: Cards): number => Math.max(0, parents - stale);

export function phasesIn(cards: Cards): PhaseCounts {
  const ahead = cards.later + cards.heldAhead;
  const due = cards.wait + cards.prioritized + cards.due + cards.far - cards.heldAhead;
  const retrying = Math.min(ahead, cards.retryingAhead);
  const counts = waitingCounts({ due, ahead, retrying }, Number.POSITIVE_INFINITY);
  const exact = cards.isSure === 1;
  return {
    ...NO_JOBS,
    ...counts,
    scheduled: { ...counts.scheduled, exact },
    retrying: { ...counts.retrying, exact },
    blocked: exactly(blockedIn(cards)),
    active: exactly(cards.active),
    stale: exactly(Math.min(cards.parents, cards.stale)),
    completed: exactly(cards.completed),
    dead: exactly(Math.max(0, cards.failed - cards.cancelled)),
    cancelled: exactly(Math.min(cards.failed, cards.cancelled)),
  };
}
