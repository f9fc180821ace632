/** Ids that no job can have here. Core refuses them everywhere; what comes another way would write over a queue's own keys. */

import { isBesideJobs, QueueError } from "@jobyard/core/adapter";

/** @throws QueueError `BAD_NAME` */
export function assertNotReserved(id: string): void {
  if (isBesideJobs(id))
    throw new QueueError("BAD_NAME", `jobId ${JSON.stringify(id)} is what BullMQ calls a part of a queue`, {
      field: "jobId",
    });
}
