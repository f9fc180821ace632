/** How queues stand, and why a job of theirs does not run. */

import { type Count, DEFAULTS, type ExplainFacts, type JobRef, type QueueInfo } from "@jobyard/core/adapter";
import { settingsIn } from "../queues.ts";
import { type JobRow, toJob } from "../rows.ts";
import { countBefore, factsOfQueues, holderOfKey, queueNames } from "../sql/count.sql.ts";
import type { View } from "../step.ts";
import type { Store } from "../store.ts";
import { findJob } from "./jobs.ts";
import { phasesOfQueue, totalsOf } from "./phases.ts";

export function queues(store: Store, only?: string): Promise<readonly QueueInfo[]> {
  return store.read(async (view) => {
    if (only !== undefined) return infosOf(view, [only]);
    const names = (await view.db.all(queueNames, {})).map(({ name }) => name);
    return infosOf(view, names.sort());
  });
}

/** In the order of the queues. */
async function infosOf(view: View, names: readonly string[]): Promise<readonly QueueInfo[]> {
  const cap = DEFAULTS.countCap;
  const totals = await totalsOf(view, names, cap);
  const rows = await view.db.all(factsOfQueues, { queues: names, now: view.now, limit: cap });
  const facts = new Map(rows.map((row) => [row.queue, row]));
  return totals.flatMap((one) => {
    const row = facts.get(one.queue);
    if (row === undefined) return [];
    const { queue, depth } = one;
    const paused =
      row.paused_at === null ? null : { at: row.paused_at, by: row.paused_by ?? "", reason: row.paused_reason };
    const counts = phasesOfQueue(one, cap);
    return { queue, paused, counts, depth, oldestDueAt: row.oldest_due_at, settings: settingsIn(row) };
  });
}

export async function explainFacts(view: View, ref: JobRef): Promise<ExplainFacts | null> {
  const found = await findJob(view, ref);
  if (found === null) return null;
  const [queue] = await infosOf(view, [ref.queue]);
  if (queue === undefined) return null;
  const { row, holding } = found;
  return {
    now: view.now,
    job: toJob(row, holding),
    queue,
    ahead: row.state === "waiting" && holding === null ? await ahead(view, row) : { n: 0, exact: true },
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
  const n = found?.n ?? 0;
  return { n: Math.min(n, cap), exact: n <= cap };
}
