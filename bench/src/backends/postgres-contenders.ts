/** Who competes on Postgres, each at the best settings that a search by hand has found. */

import type { Contender } from "../contender.ts";

// Each is loaded by the processes of its own rounds only.
export const POSTGRES_CONTENDERS: readonly Contender[] = [
  {
    name: "jobyard",
    note: "defaults",
    packages: [],
    share: 1,
    without: [],
    open: async (url) => (await import("../contenders/jobyard-postgres.ts")).open(url),
  },
  {
    name: "graphile-worker",
    note: "defaults, pool of 20; deletes finished jobs",
    packages: ["graphile-worker"],
    share: 1 / 6,
    without: ["drain-100", "drain2", "backlog", "sustain", "hold"],
    open: async (url) => (await import("../contenders/graphile-worker.ts")).open(url, { batched: false }),
  },
  {
    name: "graphile-batched",
    note: "localQueue 500 and completeJobBatchDelay 0, at 100 at once 2,000 and 5 ms; pool of 20; deletes finished jobs",
    packages: ["graphile-worker"],
    share: 1,
    without: ["enqueue", "latency"],
    open: async (url) => (await import("../contenders/graphile-worker.ts")).open(url, { batched: true }),
  },
  {
    name: "pg-boss",
    note: "4 workers (1 for one at once) × batches of 500, burstWhenBatchFull, notify; polls each 0.5 s; without supervision",
    packages: ["pg-boss"],
    share: 1,
    shares: { "enqueue-1": 1 / 6, "enqueue-100": 1 / 6 },
    without: [],
    open: async (url) => (await import("../contenders/pg-boss.ts")).open(url, { notify: true }),
  },
  {
    name: "pg-boss-silent",
    note: "as pg-boss, but without notify: faster single enqueues, and workers that only poll",
    packages: ["pg-boss"],
    share: 1 / 6,
    without: ["drain", "drain2", "enqueue-bulk", "latency", "backlog", "sustain", "hold"],
    open: async (url) => (await import("../contenders/pg-boss.ts")).open(url, { notify: false }),
  },
  {
    name: "bullmq",
    note: "its Postgres backend, pool of 40",
    packages: ["bullmq"],
    share: 1 / 15,
    without: ["backlog", "hold"],
    open: async (url) => (await import("../contenders/bullmq-postgres.ts")).open(url),
  },
  {
    name: "agenda",
    note: "its Postgres backend, which notifies, but not from a process that only enqueues; polls each 100 ms, locks two jobs per handler; no bulk call",
    packages: ["agenda", "@agendajs/postgres-backend"],
    share: 1 / 20,
    without: ["drain-1", "drain2", "enqueue-bulk", "backlog", "sustain", "hold"],
    open: async (url) => (await import("../contenders/agenda.ts")).open(url),
  },
];
