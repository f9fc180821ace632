/** What workers tell of themselves. */

import type { WorkerInfo } from "../src/nouns/worker-info.ts";

type Served = WorkerInfo["queues"][number];

/** A queue that a worker serves, with types of version 1. */
export const served = (queue: string, types: readonly string[], over: Partial<Served> = {}): Served => ({
  queue,
  concurrency: 10,
  running: 0,
  types: types.map((name) => ({ name, maxVersion: 1 })),
  ...over,
});

/** One that serves the type `greet` of the queue `mail`, with a lease of 30 s. */
export const workerInfo = (over: Partial<WorkerInfo> = {}): WorkerInfo => ({
  session: "session-1",
  name: "host-1",
  host: "host",
  pid: 1,
  startedAt: 0,
  seenAt: 0,
  leaseMs: 30_000,
  queues: [served("mail", ["greet"])],
  ...over,
});
