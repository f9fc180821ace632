/** Housekeeping that any worker does for all: overdue jobs, old trash, and finals that outlived their queue's retention. */

import type { QueueInfo } from "../../../contract/adapter.ts";
import type { Line } from "../line.ts";
import { SMALL_QUEUE } from "../line.ts";
import type { Shift } from "../shift.ts";

/** Rows per call: small batches, so that nobody waits for housekeeping. */
const BATCH = 500;
/** Calls per sweep; what is left has time until the next one. */
const MOST_CALLS = 20;

export async function expireOverdue({ adapter }: Shift): Promise<void> {
  await untilDone(() => adapter.sweeper.expire(BATCH));
}

/** Removes what is too old, and tells the lines how large their queues may be by now. */
export async function applyQueueSettings(shift: Shift, lines: readonly Line[]): Promise<void> {
  const queues = await shift.adapter.reader.queues();
  for (const line of lines) line.small = isSmall(queues.find(({ queue }) => queue === line.queue));
  for (const queue of queues) await purge(shift, queue);
}

/** At the start, when only its own queues matter to a worker. */
export async function readQueueSizes({ adapter }: Shift, lines: readonly Line[]): Promise<void> {
  for (const line of lines) line.small = isSmall((await adapter.reader.queues(line.queue))[0]);
}

const isSmall = (info: QueueInfo | undefined): boolean =>
  info !== undefined && info.settings.maxSize !== null && info.settings.maxSize <= SMALL_QUEUE;

async function purge({ adapter }: Shift, { queue, settings: { retention } }: QueueInfo): Promise<void> {
  for (const state of ["completed", "dead", "cancelled"] as const) {
    const olderThanMs = retention[state];
    if (olderThanMs !== null) await untilDone(() => adapter.sweeper.purge({ queue, state, olderThanMs }, BATCH));
  }
}

async function untilDone(step: () => Promise<{ readonly more: boolean }>): Promise<void> {
  for (let calls = 0; calls < MOST_CALLS; calls++) if (!(await step()).more) return;
}
