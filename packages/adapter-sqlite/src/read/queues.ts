/** How queues stand, and why a job of theirs does not run. */

import {
  type Count,
  capped,
  DEFAULTS,
  type ExplainFacts,
  exactly,
  type Instant,
  type JobRef,
  pausedIn,
  type QueueInfo,
  settingsIn,
  toJob,
} from "@jobyard/core/adapter";
import { stateOf } from "../change.ts";
import { otherHolder } from "../keys.ts";
import type { JobRow } from "../rows.ts";
import { lanesOf } from "../sql/claim.sql.ts";
import { countDueBefore, countReadyBefore, createdAt, oldestDue, oldestReady } from "../sql/count.sql.ts";
import { jobByRef } from "../sql/job.sql.ts";
import { findQueue, queueNames } from "../sql/queue.sql.ts";
import { readTally } from "../sql/tally.sql.ts";
import type { View } from "../step.ts";
import type { Store } from "../store.ts";
import { holdingOf } from "./jobs.ts";
import { phasesOfQueue } from "./phases.ts";

/** Queue by queue, so that many of them hold nothing up. */
export async function queues(store: Store, only?: string): Promise<readonly QueueInfo[]> {
  if (only !== undefined) return [await store.read((view) => infoOf(view, only))];
  const infos: QueueInfo[] = [];
  for (const { name } of await store.read(({ db }) => db.all(queueNames, {}))) {
    infos.push(await store.read((view) => infoOf(view, name)));
    await new Promise(setImmediate);
  }
  return infos;
}

function infoOf(view: View, queue: string): QueueInfo {
  const row = view.db.get(findQueue, { queue });
  return {
    queue,
    paused: pausedIn(row),
    counts: phasesOfQueue(view, queue, DEFAULTS.countCap),
    depth: view.db.get(readTally, { queue, name: "depth" })?.value ?? 0,
    oldestDueAt: oldestDueAt(view, queue),
    settings: settingsIn(row),
  };
}

/** Of a line longer than the cap its front is looked at, which is what has waited longest of those never moved. */
function oldestDueAt({ db, now }: View, queue: string): Instant | null {
  const limit = DEFAULTS.countCap;
  const found = [
    db.get(oldestDue, { queue, now, limit }),
    ...db.all(lanesOf, { queue }).map(({ id }) => db.get(oldestReady, { lane: id, limit })),
  ];
  const pks = found.flatMap((one) => one?.pk ?? []);
  return pks.length === 0 ? null : (db.get(createdAt, { pk: Math.min(...pks) })?.created_at ?? null);
}

export function explainFacts(view: View, ref: JobRef): ExplainFacts | null {
  const row = view.db.get(jobByRef, ref);
  if (row === undefined) return null;
  const holder = otherHolder(view, row);
  return {
    now: view.now,
    job: toJob(row, holdingOf(view, row)),
    queue: infoOf(view, ref.queue),
    ahead: stateOf(view, row) === "waiting" ? ahead(view, row) : exactly(0),
    keyHolder: holder && { queue: ref.queue, id: holder.id },
  };
}

/** What has no order number yet gets one at the next claim, behind all that have one. */
function ahead({ db, now }: View, row: JobRow): Count {
  const { queue, priority, run_at, pk } = row;
  const limit = DEFAULTS.countCap + 1;
  const ord = row.ord ?? Number.MAX_SAFE_INTEGER;
  const before = row.ord === null ? { run_at, pk } : { run_at: 0, pk: 0 };
  const ready = db
    .all(lanesOf, { queue })
    .map(({ id }) => db.get(countReadyBefore, { lane: id, priority, ord, limit }));
  const later = db.get(countDueBefore, { queue, now, priority, limit, ...before });
  const n = [...ready, later].reduce((sum, one) => sum + (one?.n ?? 0), 0);
  return capped(exactly(n), DEFAULTS.countCap);
}
