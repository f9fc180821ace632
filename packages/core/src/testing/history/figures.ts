/** The counts of a run: Jepsen's words for what became of what was asked, and our own figures by name. */

import { type Death, deathsOf } from "./deaths.ts";
import type { Facts, JobFacts } from "./facts.ts";
import { duplication, surprise } from "./invariants/unexpected.ts";

/** In numbers of jobs. */
export interface JobCounts {
  /** Asked for at least once. */
  readonly attempted: number;
  /** Answered with accepted at least once. */
  readonly acknowledged: number;
  /** Acknowledged, and there or removed by somebody. */
  readonly ok: number;
  readonly lost: number;
  readonly unexpected: number;
  readonly duplicated: number;
  /** Never answered, and there. */
  readonly recovered: number;
  /** Never answered, and not there: it never arrived. */
  readonly absent: number;
  /** Refused only: full, a conflict, or a twin that held the key. */
  readonly refused: number;
}

export function jobCounts({ jobs }: Facts): JobCounts {
  const counts = {
    attempted: 0,
    acknowledged: 0,
    ok: 0,
    lost: 0,
    unexpected: 0,
    duplicated: 0,
    recovered: 0,
    absent: 0,
    refused: 0,
  };
  for (const job of jobs.values()) {
    const { answers, stored } = job;
    const acknowledged = answers.accepted !== undefined || answers["duplicate-id"] !== undefined;
    const asked = Object.keys(answers).length > 0;
    if (asked) counts.attempted += 1;
    if (acknowledged) counts.acknowledged += 1;
    if (acknowledged) counts[stored !== null || job.moved.remove > 0 ? "ok" : "lost"] += 1;
    else if (answers.unknown !== undefined) counts[stored === null ? "absent" : "recovered"] += 1;
    else if (asked) counts.refused += 1;
    if (stored !== null && surprise(job) !== null) counts.unexpected += 1;
    if (stored !== null && duplication(job) !== null) counts.duplicated += 1;
  }
  return counts;
}

export interface Latency {
  readonly n: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface Latencies {
  /** From a worker's death to the rescue of each job that it held, less the time in which nobody could write. */
  readonly rescue: Latency | null;
  /** From that death to the job's end, less the same. */
  readonly finish: Latency | null;
}

export function latenciesOf(facts: Facts): Latencies {
  const rescues = deathsOf(facts).flatMap((death) => death.rescues);
  return {
    rescue: latency(rescues.map(({ afterMs }) => afterMs)),
    finish: latency(rescues.flatMap(({ finishedAfterMs }) => finishedAfterMs ?? [])),
  };
}

function latency(values: readonly number[]): Latency | null {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  return sorted.length === 0 ? null : { n: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

/** Healthy jobs that a pill must have had around it for its death to prove anything about them. */
const COMPANY = 4;

/**
 * Everything that was counted, by name. Names with a point are families: `fault.kill`, `point.after-claim`,
 * `error.STORE_FULL`, `enqueue.accepted`, `stored.dead`.
 *
 * @param broken - violations by the id of their invariant
 */
export function figuresOf(facts: Facts, broken: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  const jobs = [...facts.jobs.values()];
  const pills = jobs.filter(({ role }) => role === "pill");
  const deaths = deathsOf(facts);
  const rescues = jobs.flatMap(rescuesOf);
  const charged = rescues.filter((one) => one).length;
  return {
    finishedTwice: broken.get("I4") ?? 0,
    staleWritesAccepted: broken.get("I6") ?? 0,
    staleWritesRefused: 0,
    rescues: rescues.length,
    rescuesCharged: charged,
    rescuesGivenBack: rescues.length - charged,
    stuck: broken.get("I3") ?? 0,
    eventsWithAHole: broken.get("I9") ?? 0,
    duplicateEffects: jobs.reduce((sum, { effects }) => sum + Math.max(0, effects.length - 1), 0),
    pills: pills.length,
    pillsDead: pills.filter(({ stored }) => stored?.job.state === "dead").length,
    pillsInCompany: new Set(deaths.flatMap(pillsInCompany)).size,
    pillAttemptsCharged: pills.reduce((sum, { stored }) => sum + (stored?.story.charged ?? 0), 0),
    healthyBuried: broken.get("I17") ?? 0,
    mostHeldAtADeath: Math.max(0, ...deaths.map((death) => death.rescues.length)),
    ...Object.fromEntries([...facts.counters].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** Of each rescue of the job: whether it was charged. */
const rescuesOf = ({ stored }: JobFacts): readonly boolean[] =>
  stored?.story.turns.flatMap(({ end }) => (end?.move === "rescue" ? end.charged === true : [])) ?? [];

function pillsInCompany({ rescues }: Death): readonly JobFacts[] {
  const healthy = rescues.filter(({ job }) => job.role === "healthy").length;
  return healthy < COMPANY ? [] : rescues.map(({ job }) => job).filter(({ role }) => role === "pill");
}
