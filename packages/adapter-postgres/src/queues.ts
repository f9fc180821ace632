/** What is set for a queue as a whole: pause, resume, configure. */

import { changeIn, type Doer, type QueueSettings, type SettingsChange } from "@jobyard/core/adapter";
import { audit } from "./audit.ts";
import { configureQueue, findQueue, lockClaims, lockSize, pauseQueue, resumeQueue } from "./sql/queue.sql.ts";
import type { Step } from "./step.ts";

/** Claims share the lock that it takes alone: those under way end first, and it is dated behind them. */
export async function pause(step: Step, newId: () => string, queue: string, doer: Doer): Promise<boolean> {
  const { db } = step;
  await db.get(lockClaims, { queue });
  const paused = await db.get(pauseQueue, { queue, by: doer.actor, reason: doer.reason ?? null });
  if (paused === undefined) return false;
  await audit({ ...step, now: paused.paused_at }, newId(), "pause", doer, { queue });
  step.touched.add(queue);
  return true;
}

export async function resume(step: Step, newId: () => string, queue: string, doer: Doer): Promise<boolean> {
  if ((await step.db.run(resumeQueue, { queue })) === 0) return false;
  await audit(step, newId(), "resume", doer, { queue });
  step.touched.add(queue);
  step.offered.add(queue);
  return true;
}

/** Of two at once the second changes what the first has left. */
export async function configure(
  step: Step,
  newId: () => string,
  queue: string,
  change: SettingsChange,
  doer: { readonly actor: string },
): Promise<QueueSettings> {
  const { db } = step;
  await db.get(lockSize, { queue });
  const { settings, columns } = changeIn(await db.get(findQueue, { queue }), change);
  if (columns === null) return settings;
  await db.run(configureQueue, { queue, ...columns });
  await audit(step, newId(), "configure", doer, { queue });
  step.touched.add(queue);
  return settings;
}
