/**
 * What a worker tells while it runs: one JSON line per fact, `event` says which.
 *
 * Payloads and results are never logged; an error's text is.
 */

import { once } from "node:events";
import { type HookJob, type Hooks, isQueueError } from "@jobyard/core";
import { type Logger, pino } from "pino";
import type { Settings } from "./settings.ts";

export const EVENTS = [
  "worker.startup",
  "worker.stopping",
  "worker.shutdown",
  "worker.rescue",
  "worker.error",
  "worker.crash",
  "job.started",
  "job.completed",
  "job.failed",
  "job.retry_scheduled",
  "job.dead_letter",
] as const;
export type EventName = (typeof EVENTS)[number];

export interface Log {
  info(event: EventName, facts: object): void;
  warn(event: EventName, facts: object): void;
  error(event: EventName, facts: object): void;
  /**
   * Resolves when all lines are out, in their order, or after a second. Nothing is logged after it. A process that ends
   * without it writes what is left beside a line that is on its way.
   */
  end(): Promise<void>;
}

const LONGEST_END_MS = 1_000;

export function createLog({ logLevel }: Pick<Settings, "logLevel">): Log {
  const output = pino.destination({ dest: process.stdout.fd });
  const logger: Logger = pino({ level: logLevel, formatters: { level: (level) => ({ level }) } }, output);
  let ended = false;
  const at =
    (level: "info" | "warn" | "error") =>
    (event: EventName, facts: object): void => {
      if (!ended) logger[level]({ event, ...facts }, event);
    };
  const end = async (): Promise<void> => {
    ended = true;
    const closed = once(output, "close", { signal: AbortSignal.timeout(LONGEST_END_MS) });
    output.end();
    // A reader that is gone or stands still gets no more.
    await closed.catch(() => {});
  };
  return { info: at("info"), warn: at("warn"), error: at("error"), end };
}

/** The facts of jobs as log lines. */
export function jobHooks(log: Log): Hooks {
  return {
    onJobStart: (job) => log.info("job.started", factsOf(job)),
    onJobCompleted: (job, { durationMs }) => log.info("job.completed", { ...factsOf(job), durationMs }),
    onJobFailed: (job, { durationMs, error, retryInMs }) => {
      log.warn("job.failed", { ...factsOf(job), durationMs, error });
      if (retryInMs !== null)
        log.info("job.retry_scheduled", { ...factsOf(job), nextAttempt: job.attempt + 1, delayMs: retryInMs });
    },
    onDead: (job, { error }) => log.error("job.dead_letter", { ...factsOf(job), error }),
    onRescue: ({ session, jobs }) => log.warn("worker.rescue", { lost: session, jobs }),
    onError: (error, doing) => log.error("worker.error", { doing, error: errorFacts(error) }),
  };
}

const factsOf = ({ queue, id, name, attempt, maxAttempts }: HookJob): object => ({
  queue,
  id,
  name,
  attempt,
  maxAttempts,
});

export function errorFacts(error: unknown): object {
  if (!(error instanceof Error)) return { code: "INTERNAL", message: String(error) };
  const { message, stack } = error;
  return { code: isQueueError(error) ? error.code : error.name, message, stack };
}
