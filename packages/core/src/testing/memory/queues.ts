/** What is set on a queue as a whole, and how it stands. */

import type { Count, QueueInfo, QueueSettings, SettingsChange } from "../../contract/adapter.ts";
import type { Doer } from "../../contract/entries.ts";
import { changeSettings, sameSettings } from "../../contract/settings.ts";
import type { Instant } from "../../nouns/job.ts";
import { PHASES, type Phase, phaseOf } from "../../nouns/lifecycle.ts";
import { audit } from "./audit.ts";
import { isDue } from "./line.ts";
import { newQueue, type Queue, queueOf, type Store, settingsOf } from "./store.ts";

/** Claims look at `paused` in their own step, so that none commits after this. */
export function pause(store: Store, name: string, options: Doer): boolean {
  const queue = queueOf(store, name);
  if (queue.paused !== null) return false;
  const now = store.ports.now();
  queue.paused = { at: now, by: options.actor, reason: options.reason ?? null };
  audit(store, now, "pause", options, { queue: name });
  store.hints.touch(name);
  return true;
}

export function resume(store: Store, name: string, options: Doer): boolean {
  const queue = queueOf(store, name);
  if (queue.paused === null) return false;
  queue.paused = null;
  audit(store, store.ports.now(), "resume", options, { queue: name });
  store.hints.touch(name);
  return true;
}

export function configure(
  store: Store,
  name: string,
  change: SettingsChange,
  options: { readonly actor: string },
): QueueSettings {
  const queue = queueOf(store, name);
  const before = settingsOf(queue);
  const after = changeSettings(before, change);
  if (sameSettings(before, after)) return before;
  queue.settings = after;
  audit(store, store.ports.now(), "configure", options, { queue: name });
  store.hints.touch(name);
  return after;
}

export function queueInfos(store: Store, only?: string): readonly QueueInfo[] {
  const now = store.ports.now();
  if (only !== undefined) return [infoOf(store.queues.get(only) ?? newQueue(only), now)];
  return [...store.queues.values()]
    .filter((queue) => queue.rows.size > 0 || queue.paused !== null || queue.settings !== null)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((queue) => infoOf(queue, now));
}

export const infoOf = (queue: Queue, now: Instant): QueueInfo => ({
  queue: queue.name,
  paused: queue.paused,
  counts: countPhases(queue, now),
  depth: queue.depth,
  oldestDueAt: oldestDueAt(queue, now),
  settings: settingsOf(queue),
});

function countPhases(queue: Queue, now: Instant): Readonly<Record<Phase, Count>> {
  const counts = new Map<Phase, number>();
  for (const { job } of queue.rows.values()) {
    const phase = phaseOf(job, now);
    counts.set(phase, (counts.get(phase) ?? 0) + 1);
  }
  const entries = PHASES.map((phase) => [phase, { n: counts.get(phase) ?? 0, exact: true }] as const);
  return Object.fromEntries(entries) as Record<Phase, Count>;
}

function oldestDueAt(queue: Queue, now: Instant): Instant | null {
  let oldest: Instant | null = null;
  for (const row of queue.rows.values())
    if (row.job.state === "waiting" && isDue(row, now) && (oldest === null || row.job.createdAt < oldest))
      oldest = row.job.createdAt;
  return oldest;
}
