/** What the environment says, read and checked once. All faults are told together. */

import { DEFAULTS, type Duration, durationMs, isQueueError, QueueError, type QueueOptions } from "@jobyard/core";
import { DEFAULT_URL } from "jobyard";
import { z } from "zod";

export interface Settings {
  readonly url: string;
  readonly modules: readonly string[];
  /** `null`: all queues of the modules. */
  readonly queues: Readonly<Record<string, QueueOptions>> | null;
  readonly leaseMs: number;
  readonly graceMs: number;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** Where health is answered; `null` for nowhere. */
  readonly health: { readonly host: string; readonly port: number } | null;
}

const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;

/**
 * An empty variable is one that is not set.
 *
 * @throws QueueError `CONFIG_INVALID` with an issue per fault
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ""),
  );
  const checked = environment.safeParse(given);
  if (!checked.success) {
    const issues = checked.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
    throw new QueueError("CONFIG_INVALID", "", { issues });
  }
  const { JOBYARD_URL, JOBYARD_JOBS, JOBYARD_QUEUES, JOBYARD_LEASE, JOBYARD_GRACE, LOG_LEVEL, HOST, PORT } =
    checked.data;
  return {
    url: JOBYARD_URL,
    modules: JOBYARD_JOBS,
    queues: JOBYARD_QUEUES ?? null,
    leaseMs: JOBYARD_LEASE,
    graceMs: JOBYARD_GRACE,
    logLevel: LOG_LEVEL,
    health: PORT === undefined ? null : { host: HOST, port: PORT },
  };
}

const parts = (text: string): readonly string[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

const modules = z
  .string("is not set. Name the job modules, separated by commas, for example ./jobs.ts")
  .transform(parts)
  .refine((paths) => paths.length > 0, "names no module. Name the job modules, separated by commas");

const queues = z.string().transform((text, context): Record<string, QueueOptions> => {
  const found = new Map<string, QueueOptions>();
  for (const part of parts(text)) {
    const match = /^([^:]+)(?::([1-9]\d{0,3}|10000))?$/.exec(part);
    const queue = match?.[1]?.trim();
    if (queue === undefined)
      context.addIssue(`${JSON.stringify(part)} must look like mail or mail:20, with 1 to 10000`);
    else if (found.has(queue)) context.addIssue(`${JSON.stringify(queue)} is there twice`);
    else found.set(queue, match?.[2] === undefined ? {} : { concurrency: Number(match[2]) });
  }
  return Object.fromEntries(found);
});

const duration = (leastMs: number): z.ZodType<number, string> =>
  z.string().transform((text, context) => {
    const ms = millisecondsOf(text);
    if (ms === null) context.addIssue(`${JSON.stringify(text)} is no duration. Write 250ms, 10s, 5m, 2h or 7d`);
    else if (ms < leastMs) context.addIssue(`${JSON.stringify(text)} is too short. At least ${leastMs}ms`);
    else return ms;
    return z.NEVER;
  });

function millisecondsOf(text: string): number | null {
  try {
    return durationMs((/^\d+$/.test(text) ? Number(text) : text) as Duration, "duration");
  } catch (error) {
    if (isQueueError(error, "BAD_DURATION")) return null;
    throw error;
  }
}

const port = z
  .string()
  .refine((text) => /^\d{1,5}$/.test(text) && Number(text) <= 65_535, "must be a number from 0 to 65535")
  .transform(Number);

const environment = z.object({
  JOBYARD_URL: z.string().default(DEFAULT_URL),
  JOBYARD_JOBS: modules,
  JOBYARD_QUEUES: queues.optional(),
  JOBYARD_LEASE: duration(DEFAULTS.shortestLeaseMs).default(DEFAULTS.leaseMs),
  JOBYARD_GRACE: duration(0).default(DEFAULTS.graceMs),
  LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(", ")}`).default("info"),
  HOST: z.string().default("127.0.0.1"),
  PORT: port.optional(),
});
