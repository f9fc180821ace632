/** What is set for a queue as a whole: pause, resume, configure. */

import {
  changeSettings,
  DEFAULT_SETTINGS,
  type QueueSettings,
  type SettingsChange,
  sameSettings,
} from "@jobyard/core/adapter";
import { audit } from "./audit.ts";
import { configureQueue, findQueue, pauseQueue, type QueueRow, resumeQueue } from "./sql/queue.sql.ts";
import type { Step, View } from "./step.ts";

interface Doer {
  readonly actor: string;
  readonly reason?: string;
}

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
  const before = settingsOf(step, queue);
  const after = changeSettings(before, change);
  if (sameSettings(before, after)) return before;
  step.db.run(configureQueue, { queue, max_size: after.maxSize, retention: JSON.stringify(after.retention) });
  audit(step, newId(), "configure", doer, { queue });
  step.touched.add(queue);
  return after;
}

const settingsOf = ({ db }: View, queue: string): QueueSettings => settingsIn(db.get(findQueue, { queue }));

export const settingsIn = (row: QueueRow | undefined): QueueSettings =>
  row === undefined || row.retention === null
    ? DEFAULT_SETTINGS
    : { maxSize: row.max_size, retention: JSON.parse(row.retention) as QueueSettings["retention"] };
