/** What is set for a queue as a whole: pause, resume, configure. */

import {
  changeIn,
  type Doer,
  QueueError,
  type QueueSettings,
  type SettingsChange,
  type StoredSettings,
} from "@jobyard/core/adapter";
import { auditFrame } from "./audit.ts";
import { configureScript, pauseScript, resumeScript } from "./lua/queues.lua.ts";
import type { Fleet } from "./options.ts";
import { packed } from "./packed.ts";
import type { Scripts } from "./scripts.ts";

/** @throws QueueError `CAPABILITY_MISSING` where workers with BullMQ 5 may be */
export async function pause(
  scripts: Scripts,
  fleet: Fleet,
  newId: () => string,
  queue: string,
  doer: Doer,
): Promise<boolean> {
  if (fleet === "mixed-v5")
    throw new QueueError(
      "CAPABILITY_MISSING",
      `pause: BullMQ 5 looks for the jobs of a paused queue where BullMQ 6 does not leave them, and loses those that wait. Pause ${queue} with BullMQ 5 itself`,
    );
  const audit = auditFrame(newId(), "pause", doer, queue);
  const ask = packed({ queue, by: doer.actor, reason: doer.reason ?? null, audit });
  return (await scripts.run(pauseScript, ask)) === 1;
}

export async function resume(scripts: Scripts, newId: () => string, queue: string, doer: Doer): Promise<boolean> {
  const ask = packed({ queue, audit: auditFrame(newId(), "resume", doer, queue) });
  let wasPaused = false;
  for (let left = 1; left > 0; ) {
    const [was, apart] = (await scripts.run(resumeScript, ask)) as readonly [0 | 1, number];
    wasPaused ||= was === 1;
    left = apart;
  }
  return wasPaused;
}

/** Of two at once the second changes what the first has left. */
export async function configure(
  scripts: Scripts,
  newId: () => string,
  queue: string,
  change: SettingsChange,
  doer: { readonly actor: string },
): Promise<QueueSettings> {
  const audit = auditFrame(newId(), "configure", doer, queue);
  let was: StoredSettings = { max_size: null, retention: null };
  for (;;) {
    const { settings, columns } = changeIn(was, change);
    const ask = packed({ queue, was: { ...was }, columns: columns && { ...columns }, audit });
    const now = (await scripts.run(configureScript, ask)) as readonly [string | null, string | null] | null;
    if (now === null) return settings;
    was = { max_size: now[0] === null ? null : Number(now[0]), retention: now[1] };
  }
}
