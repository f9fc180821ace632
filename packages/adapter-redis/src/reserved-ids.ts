/** Ids that no job can have here: BullMQ keeps something else of the queue under the key that would be the job's. */

import { QueueError } from "@jobyard/core/adapter";

const RESERVED: ReadonlySet<string> = new Set([
  ...["active", "completed", "de", "delayed", "events", "failed", "id", "limiter", "marker", "meta", "paused", "pc"],
  ...["prioritized", "priority", "repeat", "stalled", "stalled-check", "wait", "waiting-children"],
]);

export const isReserved = (id: string): boolean => RESERVED.has(id);

/** @throws QueueError `BAD_NAME` */
export function assertNotReserved(id: string): void {
  if (isReserved(id))
    throw new QueueError("BAD_NAME", `jobId ${JSON.stringify(id)} is what BullMQ calls a part of a queue`, {
      field: "jobId",
    });
}
