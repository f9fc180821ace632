/** Opening and starting on a store that another process has locked for long. */

import { isQueueError } from "@jobyard/core";
import type { ErrorLog } from "../history/errors.ts";

/** Whoever begins meanwhile is told so, and tries again. */
export async function patiently<T>(errors: ErrorLog, doing: string, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isQueueError(error, "STORE_BUSY")) throw error;
      errors.note(doing, error);
    }
  }
}
