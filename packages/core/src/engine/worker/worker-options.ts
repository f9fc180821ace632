/** A worker's options, checked once: what it runs, from which queues, how long it may take. */

import { hostname } from "node:os";
import { DEFAULTS } from "../../nouns/defaults.ts";
import type { BoundJob } from "../../nouns/definition.ts";
import { type Duration, durationMs } from "../../nouns/duration.ts";
import { checkName } from "../../nouns/names.ts";
import { badOption, checkInteger, checkKnown, checkOneOf, positiveMs } from "../../nouns/options.ts";
import type { Hooks, QueueOptions, WorkerOptions } from "../surface.ts";

export interface WorkerSettings {
  readonly name: string;
  readonly jobs: ReadonlyMap<string, BoundJob>;
  readonly types: readonly { readonly name: string; readonly maxVersion: number }[];
  /** In serving order. */
  readonly queues: readonly QueueSetting[];
  readonly leaseMs: number;
  readonly sweepMs: number;
  readonly pollMs: number;
  readonly graceMs: number;
  readonly hooks: Hooks;
}

export interface QueueSetting {
  readonly queue: string;
  readonly concurrency: number;
  readonly onRestart: "run" | "hold";
}

/** @throws QueueError `BAD_OPTION`, `BAD_NAME`, `BAD_DURATION` */
export function checkWorkerOptions(options: WorkerOptions): WorkerSettings {
  checkKnown(options, WORKER_FIELDS, "worker");
  const jobs = byName(options.jobs);
  const hooks = options.hooks ?? {};
  checkKnown(hooks, HOOK_NAMES, "hooks");
  for (const name of HOOK_NAMES) checkHook(hooks[name], name);
  return {
    name: options.name === undefined ? `${hostname()}-${process.pid}` : checkName(options.name, "name"),
    jobs,
    types: [...jobs.values()].map(({ definition: { name, version } }) => ({ name, maxVersion: version })),
    queues: queuesOf(options, jobs),
    leaseMs: checkLease(options.lease ?? DEFAULTS.leaseMs),
    sweepMs: positiveMs(options.sweep ?? DEFAULTS.sweepMs, "sweep"),
    pollMs: positiveMs(options.poll ?? DEFAULTS.pollMs, "poll"),
    graceMs: durationMs(options.grace ?? DEFAULTS.graceMs, "grace"),
    hooks,
  };
}

function checkLease(lease: Duration): number {
  const ms = durationMs(lease, "lease");
  if (ms >= DEFAULTS.shortestLeaseMs) return ms;
  throw badOption("lease", `must be at least ${DEFAULTS.shortestLeaseMs} ms`);
}

const WORKER_FIELDS = ["jobs", "queues", "name", "lease", "sweep", "poll", "grace", "hooks"];
const HOOK_NAMES: readonly (keyof Hooks)[] = [
  "onStart",
  "onStop",
  "onJobStart",
  "onJobCompleted",
  "onJobFailed",
  "onDead",
  "onRescue",
  "onError",
];

function checkHook(hook: unknown, name: string): void {
  if (hook !== undefined && typeof hook !== "function") throw badOption(`hooks.${name}`, "must be a function");
}

function byName(bound: readonly BoundJob[]): ReadonlyMap<string, BoundJob> {
  if (!Array.isArray(bound) || bound.length === 0)
    throw badOption("jobs", "a worker needs at least one job with a handler");
  const jobs = new Map<string, BoundJob>();
  for (const job of bound as readonly BoundJob[]) {
    if (typeof job?.run !== "function")
      throw badOption("jobs", "not a job with a handler; use defineJob(…).handler(…)");
    if (jobs.has(job.definition.name)) throw badOption("jobs", `two handlers for ${job.definition.name}`);
    jobs.set(job.definition.name, job);
  }
  return jobs;
}

function queuesOf(options: WorkerOptions, jobs: ReadonlyMap<string, BoundJob>): readonly QueueSetting[] {
  if (options.queues === undefined)
    return [...new Set([...jobs.values()].map((job) => job.definition.queue))].map((queue) => checkQueue(queue, {}));
  const queues = Object.entries(options.queues);
  if (queues.length === 0) throw badOption("queues", "a worker needs at least one queue");
  return queues.map(([queue, own]) => checkQueue(checkName(queue, "queues"), own));
}

function checkQueue(queue: string, own: QueueOptions): QueueSetting {
  checkKnown(own, ["concurrency", "onRestart"], `queues.${queue}`);
  return {
    queue,
    concurrency: checkInteger(own.concurrency ?? DEFAULTS.concurrency, 1, 10_000, `queues.${queue}.concurrency`),
    onRestart: checkOneOf(own.onRestart ?? "run", ["run", "hold"], `queues.${queue}.onRestart`),
  };
}
