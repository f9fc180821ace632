/** One worker from start to stop: health, modules, yard, worker, and the way back. */

import { systemPorts, type Worker } from "@jobyard/core";
import { loadJobModules, openYard, printableUrl, stopSignal } from "jobyard";
import { type Health, type Readiness, serveHealth } from "./health.ts";
import { createLog, errorFacts, jobHooks, type Log } from "./log.ts";
import type { Settings } from "./settings.ts";

/** Resolves when the worker was asked to stop and has. */
export async function run(settings: Settings): Promise<void> {
  const log = createLog(settings);
  const stop = stopSignal();
  dieLoudly(log);
  let worker: Worker | null = null;
  // First of all: a port that is taken must be known before a job is claimed.
  const health = settings.health && (await serveHealth(settings.health, () => notReady(worker, settings.leaseMs)));
  try {
    const jobs = await loadJobModules(settings.modules);
    const yard = await openYard(settings.url);
    try {
      const { queues, leaseMs: lease, graceMs: grace } = settings;
      worker = yard.worker({ jobs, lease, grace, hooks: jobHooks(log), ...(queues && { queues }) });
      await worker.start();
      log.info(
        "worker.startup",
        startupFacts(
          settings,
          worker,
          jobs.map((job) => job.definition.name),
          health,
        ),
      );
      const signal = await stop;
      log.info("worker.stopping", { signal, running: worker.status.running, graceMs: grace });
      await worker.stop();
      log.info("worker.shutdown", { signal, ...worker.status });
    } finally {
      await yard.close();
    }
  } finally {
    await health?.close();
  }
}

/** The store is taken for away when it has not answered for that share of the lease: two heartbeats were missed. */
const SILENCE = 2 / 3;
/** A store may be that slow, however short the lease. */
const LEAST_SILENCE_MS = 2_000;

export const notReady = (worker: Worker | null, leaseMs: number): ReturnType<Readiness> => {
  if (worker === null) return "starting";
  const { state, lastContactAt } = worker.status;
  if (state !== "running") return state;
  const silentMs = lastContactAt === null ? Number.POSITIVE_INFINITY : systemPorts.monotonic() - lastContactAt;
  return silentMs > Math.max(LEAST_SILENCE_MS, leaseMs * SILENCE) ? "the store does not answer" : null;
};

const startupFacts = (settings: Settings, worker: Worker, jobs: readonly string[], health: Health | null): object => ({
  session: worker.session,
  url: printableUrl(settings.url),
  jobs,
  queues: settings.queues,
  leaseMs: settings.leaseMs,
  graceMs: settings.graceMs,
  health: health?.url ?? null,
});

/** A fault outside of every handler: nothing is known of the state any more, so the process ends, and the jobs are rescued elsewhere. */
function dieLoudly(log: Log): void {
  process.on("uncaughtException", (error) => {
    log.error("worker.crash", { error: errorFacts(error) });
    process.exit(1);
  });
}
