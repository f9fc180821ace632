/** Jobs for tests of the filter: one with every field filled, changed per case. */

import type { Job } from "../../src/nouns/job.ts";

export const NOW: number = Date.UTC(2026, 10, 22, 12, 0, 0);
const MINUTE = 60_000;

export const job: (change?: Partial<Job>) => Job = (change = {}) => ({
  queue: "mail",
  id: "018f-Ab",
  name: "email.send",
  version: 2,
  state: "dead",
  reason: null,
  payload: '{"orderId":4711,"to":"Ana@example.org"}',
  result: null,
  progress: null,
  priority: 5,
  attempt: 3,
  maxAttempts: 3,
  backoff: null,
  timeoutMs: null,
  createdAt: NOW - 60 * MINUTE,
  runAt: NOW - 50 * MINUTE,
  startedAt: NOW - 40 * MINUTE,
  finishedAt: NOW - 30 * MINUTE,
  expiresAt: null,
  leaseUntil: null,
  worker: "session-1",
  errors: [
    { at: NOW - 45 * MINUTE, attempt: 1, code: "TIMEOUT", message: "too slow", stack: null },
    { at: NOW - 30 * MINUTE, attempt: 3, code: "ECONNREFUSED", message: "connect to 10.0.0.1:443", stack: null },
  ],
  tags: ["import-92", "EU"],
  group: "cus_9f2",
  dedupeKey: "order-4711",
  onLeaseLost: "retry",
  parent: { queue: "docs", id: "p-1", epoch: 0, ref: "mail" },
  rescues: 0,
  heldLimit: null,
  cancelRequested: false,
  epoch: 2,
  seq: 9,
  lastOp: "op-1",
  ...change,
});
