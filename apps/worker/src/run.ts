/** One worker from start to stop: health, modules, yard, worker, and the way back. */

import type { BoundJob, Worker } from "@jobyard/core";
import { loadJobModules, openYard, printableUrl, stopSignal } from "jobyard";
import { Durability } from "./durability.ts";
import { type Health, notReady, serveHealth } from "./health.ts";
import { createLog, errorFacts, jobHooks, type Log } from "./log.ts";
import type { Settings } from "./settings.ts";

/** Resolves when the worker was asked to stop and has. */
export async function run(settings: Settings): Promise<void> {
  const log = createLog(settings);
  const stop = stopSignal();
  dieLoudly(log);
  let worker: Worker | null = null;
  let durability: Durability | null = null;
  // First of all: a port that is taken must be known before a job is claimed.
  const health =
    settings.health &&
    (await serveHealth(settings.health, {
      whyNotReady: () => notReady(worker, settings.leaseMs),
      durability: () => durability?.report() ?? null,
    }));
  try {
    const jobs = await loadJobModules(settings.modules);
    const yard = await openYard(settings.url);
    try {
      if (health !== null) durability = new Durability(yard.adapter);
      const { queues, leaseMs: lease, graceMs: grace } = settings;
      worker = yard.worker({ jobs, lease, grace, hooks: jobHooks(log), ...(queues && { queues }) });
      await worker.start();
      log.info("worker.startup", startupFacts(settings, jobs, worker, health));
      const signal = await stop;
      log.info("worker.stopping", { signal, running: worker.status.running, graceMs: grace });
      await worker.stop();
      log.info("worker.shutdown", { signal, ...shutdownFacts(worker) });
    } finally {
      await yard.close();
    }
  } finally {
    await health?.close();
  }
}

const startupFacts = (
  settings: Settings,
  jobs: readonly BoundJob[],
  worker: Worker,
  health: Health | null,
): object => ({
  session: worker.session,
  url: printableUrl(settings.url),
  jobs: jobs.map(({ definition }) => definition.name),
  queues: settings.queues ? Object.keys(settings.queues) : [...new Set(jobs.map(({ definition }) => definition.queue))],
  leaseMs: settings.leaseMs,
  graceMs: settings.graceMs,
  health: health?.url ?? null,
});

function shutdownFacts({ status }: Worker): object {
  const { claimed, completed, failed, refused, rescued } = status;
  return { claimed, completed, failed, refused, rescued };
}

/** A fault outside of every handler: nothing is known of the state any more, so the process ends, and the jobs are rescued elsewhere. */
function dieLoudly(log: Log): void {
  process.on("uncaughtException", (error) => {
    log.error("worker.crash", { error: errorFacts(error) });
    void log.end().finally(() => process.exit(1));
  });
}
