/** The job types of a run, as producers and workers know them. */

import { defineJob, type JobDefinition } from "@jobyard/core";
import type { JobRole } from "@jobyard/core/testing";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { LEDGER_QUEUE, type PillWay, type PlannedJob, WORK_QUEUE, type Work } from "../plan/jobs.ts";

/** A pill is dead after exactly that many starts that it was charged for. */
export const PILL_ATTEMPTS = 3;
/**
 * A process that is killed from outside while it runs one job alone charges that job, as it must: nobody can tell it from a
 * pill. Healthy jobs have attempts enough to survive bad luck, so that one that is buried was buried by a fault.
 */
export const HEALTHY_ATTEMPTS = 20;

/** Payloads come from our own plan; checking them is tested elsewhere. */
const trusted = <T>(): StandardSchemaV1<T, T> => ({
  "~standard": { version: 1, vendor: "torture", validate: (value) => ({ value: value as T }) },
});

const backoff = { type: "fixed", delay: "50ms" } as const;

export const task: JobDefinition<StandardSchemaV1<Work, Work>> = defineJob("task", {
  queue: WORK_QUEUE,
  payload: trusted<Work>(),
  maxAttempts: HEALTHY_ATTEMPTS,
  backoff,
});

/** Completes inside a transaction of its own. */
export const entry: JobDefinition<StandardSchemaV1<Work, Work>> = defineJob("ledger", {
  queue: LEDGER_QUEUE,
  payload: trusted<Work>(),
  maxAttempts: HEALTHY_ATTEMPTS,
  backoff,
});

type Pill = { readonly way: PillWay };
export const pill: JobDefinition<StandardSchemaV1<Pill, Pill>> = defineJob("pill", {
  queue: WORK_QUEUE,
  payload: trusted<Pill>(),
  maxAttempts: PILL_ATTEMPTS,
  backoff,
});

export const roleOf = (type: string): JobRole => (type === pill.name ? "pill" : "healthy");

export const definitionOf = (type: PlannedJob["type"]): JobDefinition => DEFINITIONS[type];

const DEFINITIONS: Readonly<Record<PlannedJob["type"], JobDefinition>> = { task, ledger: entry, pill };
