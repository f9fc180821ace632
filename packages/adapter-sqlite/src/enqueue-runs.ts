/**
 * Jobs in a row that differ in id and payload only, which is what bulk enqueues and busy producers send: written by
 * one statement for up to 128 of them. They hold no dedupe key, and their queue has no bound.
 */

import { backoffText, isAlike, jsonText, listText, type NewJob } from "@jobyard/core/adapter";
import { isTaken } from "./faults.ts";
import { insertJobs } from "./sql/enqueue.sql.ts";
import { expiresRun, laterRun, readyRun } from "./sql/line.sql.ts";
import type { Step } from "./step.ts";

/** Statements are compiled for these numbers of jobs only, largest first. */
const SIZES: readonly number[] = [128, 64, 32, 16, 8, 4, 2, 1];
const LARGEST = 128;

/** The jobs from `from` on that can be written as one run: one or more. */
export function runFrom(jobs: readonly NewJob[], from: number): readonly NewJob[] {
  const first = jobs[from] as NewJob;
  let length = 1;
  for (let next = jobs[from + 1]; length < LARGEST && next !== undefined; next = jobs[from + length])
    if (isAlike(first, next)) length += 1;
    else break;
  const size = SIZES.find((one) => one <= length) ?? 1;
  return jobs.slice(from, from + size);
}

export interface Placing {
  readonly lane: number;
  readonly runAt: number;
}

/** False, and no change, if one of the ids is taken. */
export function writeRun(step: Step, run: readonly NewJob[], placing: Placing): boolean {
  const job = run[0] as NewJob;
  const first = step.tally.numbers(run.length);
  try {
    insertRun(step, run, job, first, placing);
  } catch (error) {
    if (isTaken(error)) return false;
    throw error;
  }
  step.blocks.cover(placing.lane, first, first + run.length - 1);
  lineUp(step, job, { first, count: run.length }, placing);
  step.tally.add(job.queue, "depth", run.length);
  step.touched.add(job.queue);
  return true;
}

function insertRun(
  { db, now }: Step,
  run: readonly NewJob[],
  job: NewJob,
  first: number,
  { lane, runAt }: Placing,
): void {
  const shared = {
    first,
    queue: job.queue,
    lane,
    priority: job.priority,
    is_due: runAt <= now ? (1 as const) : (0 as const),
    run_at: runAt,
    now,
    expires_at: job.expiresInMs === null ? null : now + job.expiresInMs,
    max_attempts: job.maxAttempts,
    timeout_ms: job.timeoutMs,
    on_lease_lost: job.onLeaseLost,
    grp: job.group,
    tags: listText(job.tags),
    backoff: backoffText(job.backoff),
    parent: jsonText(job.parent),
  };
  const values: string[] = [];
  for (const { id, payload } of run) values.push(id, payload);
  db.insert(insertJobs, shared, values, run.length);
}

function lineUp(
  { db, now, offered }: Step,
  { queue, priority, expiresInMs }: NewJob,
  { first, count }: { readonly first: number; readonly count: number },
  { lane, runAt }: Placing,
): void {
  const last = first + count - 1;
  if (runAt <= now) {
    db.insert(readyRun, { first, lane, priority }, [], count);
    offered.add(queue);
  } else db.run(laterRun, { first, last });
  if (expiresInMs !== null) db.run(expiresRun, { first, last });
}
