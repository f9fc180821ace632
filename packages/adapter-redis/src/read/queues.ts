/** How queues stand, and why a job of theirs does not run. */

import {
  capped,
  DEFAULTS,
  type ExplainFacts,
  exactly,
  type JobRef,
  pausedIn,
  type QueueInfo,
  settingsIn,
} from "@jobyard/core/adapter";
import { aheadScript } from "../lua/read/ahead.lua.ts";
import { packed } from "../packed.ts";
import type { Discovery } from "./discovery.ts";
import { look, WHOLE } from "./look.ts";
import { allIn, depthOf, overview, overviewOf, phasesIn, type Settings, type Standing } from "./overview.ts";
import type { Readable } from "./store.ts";

/** Who paused a queue with BullMQ's own means, and when, is not known. */
const FOREIGN_PAUSE = { paused_at: 0, paused_by: "bullmq", paused_reason: null };

export async function queues(store: Readable, discovery: Discovery, only?: string): Promise<readonly QueueInfo[]> {
  const { queues: found } = await overviewOf(store, discovery, only === undefined ? null : [only], true);
  return found.filter((one) => only !== undefined || isThere(one)).map(toInfo);
}

/** Those into which a program of ours has enqueued, or whose settings it has changed: a list, where others have to be looked for. */
export async function ownQueues(store: Readable): Promise<readonly QueueInfo[]> {
  const { queues: found } = await overview(store, [], { known: true, whole: true });
  return found.filter(isThere).map(toInfo);
}

/** Any of jobs, settings and a pause makes a queue. */
function isThere({ cards, settings }: Standing): boolean {
  const [, isPaused, , , , maxSize, retention] = settings;
  return allIn(cards) > 0 || isPaused === 1 || typeof maxSize === "string" || typeof retention === "string";
}

const NOTHING_SET: Settings = [null, 0, null, null, null, null, null];

function toInfo({ queue, cards, settings }: Standing): QueueInfo {
  const [oldestDueAt, isPaused, at, by, reason, maxSize, retention] = settings.length === 0 ? NOTHING_SET : settings;
  const pause = at === null ? FOREIGN_PAUSE : { paused_at: Number(at), paused_by: by, paused_reason: reason };
  return {
    queue,
    paused: isPaused === 1 ? pausedIn(pause) : null,
    counts: phasesIn(cards),
    depth: depthOf(cards),
    oldestDueAt,
    settings: settingsIn({ max_size: maxSize === null ? null : Number(maxSize), retention }),
  };
}

export async function explainFacts(store: Readable, ref: JobRef): Promise<ExplainFacts | null> {
  const [found] = await look(store, [ref], WHOLE);
  if (!found) return null;
  const cap = DEFAULTS.countCap;
  const [{ now, queues }, told] = await Promise.all([
    overview(store, [ref.queue], { known: false, whole: true }),
    store.run(aheadScript, packed({ ...ref, cap })),
  ]);
  const [queue] = queues;
  if (queue === undefined) return null;
  const [ahead, isExact, holder] = told as readonly [number, 0 | 1, string | null];
  const count = capped(exactly(ahead), cap);
  return {
    now,
    job: found.toJob(),
    queue: toInfo(queue),
    ahead: { n: count.n, exact: count.exact && isExact === 1 },
    keyHolder: holder === null ? null : { queue: ref.queue, id: holder },
  };
}
