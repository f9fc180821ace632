/** Opening and starting on a store that another process has locked for long, or that is being started again. */

import { setTimeout as sleep } from "node:timers/promises";
import { isQueueError } from "@jobyard/core";
import type { ErrorLog } from "../history/errors.ts";

const AGAIN_MS = 50;

/** Whoever begins meanwhile is told so, and tries again. */
export async function patiently<T>(errors: ErrorLog, doing: string, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isQueueError(error, "STORE_BUSY") && !isQueueError(error, "STORE_UNAVAILABLE")) throw error;
      errors.note(doing, error);
      await sleep(AGAIN_MS);
    }
  }
}
