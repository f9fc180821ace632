/** Which jobs of an enqueue a store can write together. */

import type { NewJob } from "./adapter.ts";

/** True if they differ in id and payload only. Of two that have no difference it may say that they do. */
export const isAlike = (a: NewJob, b: NewJob): boolean =>
  a.queue === b.queue &&
  a.name === b.name &&
  a.version === b.version &&
  a.priority === b.priority &&
  a.maxAttempts === b.maxAttempts &&
  a.timeoutMs === b.timeoutMs &&
  a.expiresInMs === b.expiresInMs &&
  a.group === b.group &&
  a.onLeaseLost === b.onLeaseLost &&
  a.dedupe === b.dedupe &&
  a.parent === b.parent &&
  a.backoff === b.backoff &&
  isSameStart(a.start, b.start) &&
  isSameTags(a.tags, b.tags);

// What core makes of one definition shares its parts. Those that are made anew for every job are compared.
const isSameStart = (a: NewJob["start"], b: NewJob["start"]): boolean =>
  a === b || ("delayMs" in a && "delayMs" in b ? a.delayMs === b.delayMs : "at" in a && "at" in b && a.at === b.at);
const isSameTags = (a: NewJob["tags"], b: NewJob["tags"]): boolean => a === b || a.length + b.length === 0;
