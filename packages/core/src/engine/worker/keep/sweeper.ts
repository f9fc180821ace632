/** Housekeeping that any worker does for all: overdue jobs, old trash, and finals beyond their queue's retention. */

import type { QueueInfo } from "../../../contract/adapter.ts";
import { keepsAll, RETAINED_STATES } from "../../../nouns/retention.ts";
import type { Line } from "../line.ts";
import { SMALL_QUEUE } from "../line.ts";
import type { Shift } from "../shift.ts";

/** Rows per call at first, and at most: as many as the store can do in a moment, so that nobody waits for housekeeping. */
const FIRST_BATCH = 500;
const LARGEST_BATCH = 4_000;
/** What a batch should take, in ms. */
const BATCH_MS = 15;
/** Queues' settings are looked at that often, whatever happens. */
const SETTINGS_EVERY_MS = 60_000;
/** With so many jobs ended here since the last look, a bound may be passed by now. */
const MANY_ENDED = 1_000;

/** @param signal - ends it between two batches */
export async function expireOverdue(shift: Shift, signal: AbortSignal): Promise<void> {
  await untilDone(shift, signal, (batch) => shift.adapter.sweeper.expire(batch));
}

/**
 * Removes what no queue keeps, and tells the lines how large their queues may be by now. To be called with every
 * sweep: it looks once a minute, and each time while there is work for it.
 */
export function createRetention(shift: Shift, lines: readonly Line[], signal: AbortSignal): () => Promise<void> {
  const { ports, counts } = shift;
  const ended = (): number => counts.completed + counts.failed;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let endedThen = 0;
  let found = 0;
  return async () => {
    const isDue = ports.monotonic() - lookedAt >= SETTINGS_EVERY_MS;
    if (!isDue && found === 0 && ended() - endedThen < MANY_ENDED) return;
    lookedAt = ports.monotonic();
    endedThen = ended();
    found = await applyQueueSettings(shift, lines, signal);
  };
}

/** How many jobs went. */
async function applyQueueSettings(shift: Shift, lines: readonly Line[], signal: AbortSignal): Promise<number> {
  const queues = await shift.adapter.sweeper.queues();
  for (const line of lines) line.small = isSmall(queues.find(({ queue }) => queue === line.queue));
  let removed = 0;
  for (const queue of queues) removed += await purge(shift, queue, signal);
  return removed;
}

/** At the start, when only its own queues matter to a worker. */
export async function readQueueSizes({ adapter }: Shift, lines: readonly Line[]): Promise<void> {
  for (const line of lines) line.small = isSmall((await adapter.reader.queues(line.queue))[0]);
}

const isSmall = (info: QueueInfo | undefined): boolean =>
  info !== undefined && info.settings.maxSize !== null && info.settings.maxSize <= SMALL_QUEUE;

async function purge(
  shift: Shift,
  { queue, settings: { retention } }: QueueInfo,
  signal: AbortSignal,
): Promise<number> {
  let removed = 0;
  for (const state of RETAINED_STATES) {
    const keep = retention[state];
    if (keepsAll(keep)) continue;
    await untilDone(shift, signal, async (batch) => {
      const answer = await shift.adapter.sweeper.purge({ queue, state, keep }, batch);
      removed += answer.removed;
      return answer;
    });
  }
  return removed;
}

/** Rests after each batch as long as it took, so that work gets at least half of the process and of the store. */
async function untilDone(
  { ports }: Shift,
  signal: AbortSignal,
  step: (batch: number) => Promise<{ readonly more: boolean }>,
): Promise<void> {
  for (let batch = FIRST_BATCH; !signal.aborted; ) {
    const began = ports.monotonic();
    const { more } = await step(batch);
    if (!more) return;
    const tookMs = ports.monotonic() - began;
    batch = tookMs > BATCH_MS ? Math.max(FIRST_BATCH, batch / 2) : Math.min(2 * batch, LARGEST_BATCH);
    await ports.sleep(Math.max(1, tookMs), signal);
  }
}
