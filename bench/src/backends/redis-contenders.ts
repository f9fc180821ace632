/** Who competes on Redis, each at the best settings that a search by hand has found. */

import type { Contender } from "../contender.ts";

// Each is loaded by the processes of its own rounds only.
export const REDIS_CONTENDERS: readonly Contender[] = [
  {
    name: "jobyard",
    note: "defaults, on BullMQ's layout",
    packages: [],
    share: 1,
    without: [],
    open: async (url) => (await import("../contenders/jobyard-redis.ts")).open(url),
  },
  {
    name: "bullmq",
    note: "one Worker with so many handlers at once",
    packages: ["bullmq"],
    share: 2 / 3,
    shares: { "drain-1": 1 / 3, "enqueue-1": 1 / 3, sustain: 1 / 4 },
    without: ["backlog-unknown"],
    open: async (url) => (await import("../contenders/bullmq-redis.ts")).open(url, { workers: 1 }),
  },
  {
    name: "bullmq-4",
    note: "four Workers, each with so many handlers at once",
    packages: ["bullmq"],
    share: 2 / 3,
    without: ["drain-1", "drain2", "enqueue", "latency", "backlog", "sustain"],
    open: async (url) => (await import("../contenders/bullmq-redis.ts")).open(url, { workers: 4 }),
  },
  {
    name: "bee-queue",
    note: "no events, no locks; finished jobs are kept",
    packages: ["bee-queue"],
    share: 2 / 3,
    shares: { "drain-1": 1 / 3, "enqueue-1": 1 / 3, sustain: 1 / 4 },
    without: ["backlog-unknown"],
    open: async (url) => (await import("../contenders/bee-queue.ts")).open(url),
  },
];
