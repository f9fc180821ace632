/** What is set for a queue as a whole: pause, resume, configure. */

import { changeIn, type Doer, type QueueSettings, type SettingsChange } from "@jobyard/core/adapter";
import { audit } from "./audit.ts";
import { configureQueue, findQueue, pauseQueue, resumeQueue } from "./sql/queue.sql.ts";
import type { Step } from "./step.ts";

/** Claims look at it in their own step, so that none commits after this. */
export function pause(step: Step, newId: () => string, queue: string, doer: Doer): boolean {
  const { db, now } = step;
  if (db.run(pauseQueue, { queue, at: now, by: doer.actor, reason: doer.reason ?? null }) === 0) return false;
  audit(step, newId(), "pause", doer, { queue });
  step.touched.add(queue);
  return true;
}

export function resume(step: Step, newId: () => string, queue: string, doer: Doer): boolean {
  if (step.db.run(resumeQueue, { queue }) === 0) return false;
  audit(step, newId(), "resume", doer, { queue });
  step.touched.add(queue);
  return true;
}

export function configure(
  step: Step,
  newId: () => string,
  queue: string,
  change: SettingsChange,
  doer: { readonly actor: string },
): QueueSettings {
  const { settings, columns } = changeIn(step.db.get(findQueue, { queue }), change);
  if (columns === null) return settings;
  step.db.run(configureQueue, { queue, ...columns });
  audit(step, newId(), "configure", doer, { queue });
  step.touched.add(queue);
  return settings;
}
