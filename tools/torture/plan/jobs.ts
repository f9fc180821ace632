/** Which jobs a run enqueues, made from the seed alone: every producer makes the same list and takes its share. */

import { seeded } from "./random.ts";

/** Plain jobs and pills lie in one queue, so that they share processes. */
export const WORK_QUEUE = "work";
/** Jobs that complete inside a transaction of their own, which leaves one row each. */
export const LEDGER_QUEUE = "ledger";

/** How a pill takes its process along. */
export const PILL_WAYS = ["kill", "abort", "exit", "reject", "oom"] as const;
export type PillWay = (typeof PILL_WAYS)[number];

export interface Work {
  /** How long the handler takes. */
  readonly workMs: number;
  /** The handler stops when its signal aborts; others work on and find out when they settle. */
  readonly heeds: boolean;
  /** It reports progress halfway. */
  readonly reports: boolean;
  /** It throws at its first attempt. */
  readonly stumbles: boolean;
  /** Nothing but weight. */
  readonly padding: string;
}

export type PlannedJob =
  | { readonly id: string; readonly type: "task" | "ledger"; readonly payload: Work }
  | { readonly id: string; readonly type: "pill"; readonly payload: { readonly way: PillWay } };

export interface JobPlan {
  readonly seed: number;
  readonly jobs: number;
  readonly pills: number;
  /** Shortest and longest handler. */
  readonly workMs: readonly [number, number];
  /** Share of jobs that complete in a transaction of their own; 0 for stores that have none. */
  readonly ledgerShare: number;
  /** Share of handlers that throw at their first attempt. */
  readonly stumbleShare: number;
  /** Weight of a payload. */
  readonly padBytes: number;
}

/** Jobs that just work. */
export const PLAIN: Omit<JobPlan, "seed" | "jobs"> = {
  pills: 0,
  workMs: [1, 20],
  ledgerShare: 0,
  stumbleShare: 0,
  padBytes: 0,
};

/** Pills lie evenly among the others, so that each falls into a running process. */
export function planJobs({
  seed,
  jobs,
  pills,
  workMs,
  ledgerShare,
  stumbleShare,
  padBytes,
}: JobPlan): readonly PlannedJob[] {
  const random = seeded(seed);
  const padding = "x".repeat(padBytes);
  const pillAt = new Map(
    Array.from({ length: pills }, (_, n) => [Math.floor(((n + 0.5) * jobs) / pills), PILL_WAYS[n % PILL_WAYS.length]]),
  );
  return Array.from({ length: jobs }, (_, index): PlannedJob => {
    const payload: Work = {
      workMs: random.int(...workMs),
      heeds: random.next() < 0.5,
      reports: random.next() < 0.2,
      stumbles: random.next() < stumbleShare,
      padding,
    };
    const isLedger = random.next() < ledgerShare;
    const id = `job-${String(index).padStart(6, "0")}`;
    const way = pillAt.get(index);
    if (way !== undefined) return { id, type: "pill", payload: { way } };
    return { id, type: isLedger ? "ledger" : "task", payload };
  });
}
