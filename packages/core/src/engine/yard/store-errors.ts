/** Which failures are the store's, so that sending one by one what failed together would only fail again. */

import { isQueueError } from "../../nouns/errors.ts";

/** True if the store as a whole does not work at the moment (locked, full, unreachable, closed, not migrated). */
export function isStoreDown(error: unknown): boolean {
  return isQueueError(error) && (error.code.startsWith("STORE_") || error.code.startsWith("SCHEMA_"));
}
