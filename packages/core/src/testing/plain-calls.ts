/** The plainest legal calls of an adapter, so that a test names only what it is about. */

import type { ClaimRequest, NewJob } from "../contract/adapter.ts";

/** A job of type `greet` in the queue `mail`, due at once, with three attempts. */
export const newJob = (id: string, over: Partial<NewJob> = {}): NewJob => ({
  queue: "mail",
  id,
  name: "greet",
  version: 1,
  payload: '{"to":"Ada"}',
  priority: 0,
  maxAttempts: 3,
  backoff: null,
  timeoutMs: null,
  start: { delayMs: 0 },
  expiresInMs: null,
  tags: [],
  group: null,
  dedupe: null,
  onLeaseLost: "retry",
  parent: null,
  ...over,
});

/** Up to ten of those jobs for the session `w1`, for 30 s, without waiting for more. */
export const claimRequest = (token: string, over: Partial<ClaimRequest> = {}): ClaimRequest => ({
  session: "w1",
  token,
  leaseMs: 30_000,
  max: 10,
  queues: [{ queue: "mail", max: 10, types: [{ name: "greet", maxVersion: 1 }] }],
  waitMs: 0,
  held: false,
  ...over,
});
