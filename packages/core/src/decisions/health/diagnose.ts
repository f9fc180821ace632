/**
 * What can be said of a yard's health whatever its backend: who works, what waits for nobody, what piles up.
 *
 * Only facts that the store or a worker told. A pause or a dead job is a person's business and no fault, so it is
 * advice; a problem is work that will not be done unless somebody changes something.
 */

import { notLookedAt } from "../../contract/diagnoses.ts";
import { DEFAULTS } from "../../nouns/defaults.ts";
import type { Diagnosis } from "../../nouns/diagnosis.ts";
import { shellWord } from "../../nouns/shell-word.ts";
import { roughly } from "../finding-words.ts";
import type { HealthFacts } from "./facts.ts";
import { unknownTypes, unserved } from "./unserved.ts";
import { few, jobsText, total } from "./words.ts";

/** Longer, and somebody may have forgotten it. */
const LONG_PAUSE_MS = 3_600_000;
/** A sweep with its jitter, twice. */
const RESCUE_PATIENCE_MS = 3 * DEFAULTS.sweepMs;
const CLOCK_PATIENCE_MS = 5_000;
const HEARTBEATS_PER_LEASE = 3;

/** One diagnosis per question, in no particular order; each code once. */
export const diagnose = (facts: HealthFacts): readonly Diagnosis[] => [
  workers(facts),
  unserved(facts),
  unknownTypes(facts),
  leases(facts),
  clocks(facts),
  paused(facts),
  full(facts),
  stale(facts),
  dead(facts),
];

/** A worker that is late is not lost yet: its record goes when its lease is over. */
function workers({ workers: alive, now }: HealthFacts): Diagnosis {
  const code = "WORKERS";
  const silent = alive.filter(({ seenAt, leaseMs }) => now - seenAt > (2 * leaseMs) / HEARTBEATS_PER_LEASE);
  const newest = Math.max(...alive.map(({ seenAt }) => seenAt));
  const evidence = {
    workers: alive.length,
    silent: silent.length,
    lastHeartbeatAt: alive.length === 0 ? null : newest,
  };
  if (alive.length === 0)
    return {
      code,
      level: "advice",
      text: "No worker is alive.",
      evidence,
      fix: "Start one: jobyard work <module>, or the package @jobyard/worker.",
    };
  if (silent.length > 0)
    return {
      code,
      level: "advice",
      text: `${silent.length} of ${alive.length} workers have not been heard of for two heartbeats: ${few(silent.map(({ name }) => name))}.`,
      evidence,
      fix: "Look for handlers that block the event loop, and for a process that is stopped or swapping.",
    };
  const slots = alive.flatMap(({ queues }) => queues).reduce((sum, { concurrency }) => sum + concurrency, 0);
  return {
    code,
    level: "ok",
    text: `${alive.length === 1 ? "1 worker is" : `${alive.length} workers are`} alive with ${slots} slots; last heartbeat ${roughly(now - newest)} ago.`,
    evidence: { ...evidence, slots },
  };
}

function leases({ overdue, workers: alive, now }: HealthFacts): Diagnosis {
  const code = "LEASES";
  if (overdue !== null && "refused" in overdue)
    return notLookedAt(code, overdue.refused, "Run this as a user that workers use.");
  const overMs = overdue === null ? 0 : now - overdue.until;
  const evidence = { overdueJobs: overdue?.jobs ?? 0, overMs };
  if (overdue === null || overMs <= RESCUE_PATIENCE_MS)
    return { code, level: "ok", text: "No lost worker's job waits for its rescue.", evidence };
  return {
    code,
    level: "problem",
    text: `${jobsText({ n: overdue.jobs, exact: true })} of lost workers should have been taken back ${roughly(overMs)} ago.`,
    evidence,
    fix:
      alive.length === 0
        ? "Start a worker; any worker takes them back, whatever its queues."
        : "Look at the workers' logs: their sweep fails, or their event loops are blocked.",
  };
}

/** Deadlines are judged by the store's clock alone, so a wrong clock here only misleads people. */
function clocks({ now, here }: HealthFacts): Diagnosis {
  const code = "CLOCK";
  const evidence = { storeAheadMs: now - here };
  if (Math.abs(now - here) <= CLOCK_PATIENCE_MS)
    return { code, level: "ok", text: "The store's clock and this machine's agree.", evidence };
  return {
    code,
    level: "advice",
    text: `The store's clock is ${roughly(Math.abs(now - here))} ${now > here ? "ahead of" : "behind"} this machine's.`,
    evidence,
    fix: "Synchronise both clocks (NTP). Jobs run by the store's.",
  };
}

function paused({ queues, now }: HealthFacts): Diagnosis {
  const code = "PAUSED_QUEUES";
  const long = queues.filter((queue) => queue.paused !== null && now - queue.paused.at > LONG_PAUSE_MS);
  const all = queues.filter((queue) => queue.paused !== null).length;
  const evidence = { paused: all, pausedLong: long.length };
  if (long.length === 0)
    return {
      code,
      level: "ok",
      text: all === 0 ? "No queue is paused." : `${all} paused for less than an hour.`,
      evidence,
    };
  const names = long.map(
    ({ queue, paused: pause }) => `${queue} (${roughly(now - (pause?.at ?? now))}, by ${pause?.by})`,
  );
  return {
    code,
    level: "advice",
    text: `Paused for more than an hour: ${few(names)}.`,
    evidence,
    fix: `Resume what was forgotten: jobyard resume ${shellWord(long[0]?.queue ?? "")}`,
  };
}

function full({ queues }: HealthFacts): Diagnosis {
  const code = "FULL_QUEUES";
  const reached = queues.filter(({ depth, settings }) => settings.maxSize !== null && depth >= settings.maxSize);
  const evidence = { full: reached.length };
  if (reached.length === 0) return { code, level: "ok", text: "No bounded queue is full.", evidence };
  return {
    code,
    level: "advice",
    text: `Full, so enqueues are refused: ${few(reached.map(({ queue, depth, settings }) => `${queue} (${depth} of ${settings.maxSize})`))}.`,
    evidence,
    fix: `Add workers, or raise the bound: jobyard set ${shellWord(reached[0]?.queue ?? "")} --max-size <n>`,
  };
}

function stale({ queues }: HealthFacts): Diagnosis {
  const code = "STALE_JOBS";
  const held = total(queues, "stale");
  if (held.n === 0) return { code, level: "ok", text: "No job waits for a person's decision.", evidence: { stale: 0 } };
  return {
    code,
    level: "advice",
    text: `${jobsText(held)} held for a person's decision since a worker was lost or restarted.`,
    evidence: { stale: held.n, exact: held.exact },
    fix: "Requeue or remove them: jobyard jobs state:stale.",
  };
}

/** Old dead jobs are an archive; new ones are news. */
function dead({ queues, recentlyDead }: HealthFacts): Diagnosis {
  const code = "DEAD_JOBS";
  const all = total(queues, "dead");
  const evidence = { dead: all.n, diedInLastHour: recentlyDead.n, exact: all.exact && recentlyDead.exact };
  if (recentlyDead.n === 0)
    return { code, level: "ok", text: `No job died within the last hour; ${jobsText(all)} dead in all.`, evidence };
  return {
    code,
    level: "advice",
    text: `${jobsText(recentlyDead)} died within the last hour; ${jobsText(all)} dead in all.`,
    evidence,
    fix: "Look for the common cause: jobyard jobs 'state:dead finished:<1h'.",
  };
}
