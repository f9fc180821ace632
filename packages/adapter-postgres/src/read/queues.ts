/** How queues stand, and why a job of theirs does not run. */

import {
  type Count,
  capped,
  DEFAULTS,
  type ExplainFacts,
  exactly,
  type JobRef,
  pausedIn,
  type QueueInfo,
  settingsIn,
  toJob,
} from "@jobyard/core/adapter";
import type { Connection } from "../connection.ts";
import type { JobRow } from "../rows.ts";
import { countBefore, holderOfKey, infosOfQueues, type QueueInfoRow } from "../sql/count.sql.ts";
import type { View } from "../step.ts";
import { findJob } from "./jobs.ts";
import { phasesOfQueue } from "./phases.ts";

export async function queues(db: Connection, only?: string): Promise<readonly QueueInfo[]> {
  const asked = { queues: only === undefined ? null : [only], now: null, cap: DEFAULTS.countCap };
  return (await db.all(infosOfQueues, asked)).map(toInfo);
}

function toInfo(row: QueueInfoRow): QueueInfo {
  const { queue, depth } = row;
  const counts = phasesOfQueue(row, DEFAULTS.countCap);
  return { queue, paused: pausedIn(row), counts, depth, oldestDueAt: row.oldest_due_at, settings: settingsIn(row) };
}

export async function explainFacts(view: View, ref: JobRef): Promise<ExplainFacts | null> {
  const found = await findJob(view, ref);
  if (found === null) return null;
  const asked = { queues: [ref.queue], now: view.now, cap: DEFAULTS.countCap };
  const queue = await view.db.get(infosOfQueues, asked);
  if (queue === undefined) return null;
  const { row, holding } = found;
  return {
    now: view.now,
    job: toJob(row, holding),
    queue: toInfo(queue),
    ahead: row.state === "waiting" && holding === null ? await ahead(view, row) : exactly(0),
    keyHolder: await keyHolder(view, row),
  };
}

async function keyHolder({ db, now }: View, { queue, pk, dedupe_key: key }: JobRow): Promise<JobRef | null> {
  const holder = key === null ? undefined : await db.get(holderOfKey, { queue, key, now });
  return holder === undefined || holder.pk === pk ? null : { queue, id: holder.id };
}

/** What has no order number yet gets one at the next claim, behind all that have one. */
async function ahead({ db, now }: View, { queue, priority, run_at, pk, ord }: JobRow): Promise<Count> {
  const cap = DEFAULTS.countCap;
  const before = ord === null ? { ord: Number.MAX_SAFE_INTEGER, run_at, pk } : { ord, run_at: 0, pk: 0 };
  const found = await db.get(countBefore, { queue, now, priority, limit: cap + 1, ...before });
  return capped(exactly(found?.n ?? 0), cap);
}
