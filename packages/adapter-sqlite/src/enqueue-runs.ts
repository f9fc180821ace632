/**
 * Jobs in a row that differ in id and payload only, which is what bulk enqueues and busy producers send: written by
 * one statement for up to 64 of them. They hold no dedupe key, and their queue has no bound.
 */

import type { NewJob } from "@jobyard/core/adapter";
import { backoffText } from "./backoff.ts";
import { isTaken } from "./faults.ts";
import { jsonText, listText } from "./rows.ts";
import { insertJobs } from "./sql/enqueue.sql.ts";
import { expiresRun, laterRun, readyRun } from "./sql/line.sql.ts";
import type { Step } from "./step.ts";

/** Statements are compiled for these numbers of jobs only, largest first. */
const SIZES: readonly number[] = [64, 32, 16, 8, 4, 2, 1];
const LARGEST = 64;

/** How many of the jobs from `from` on can be written as one run, 1 or more. */
export function runFrom(jobs: readonly NewJob[], from: number): readonly NewJob[] {
  const first = jobs[from] as NewJob;
  let length = 1;
  for (let next = jobs[from + 1]; length < LARGEST && next !== undefined; next = jobs[from + length])
    if (isAlike(first, next)) length += 1;
    else break;
  const size = SIZES.find((one) => one <= length) ?? 1;
  return jobs.slice(from, from + size);
}

/** In everything but id and payload. */
const isAlike = (a: NewJob, b: NewJob): boolean =>
  a.queue === b.queue &&
  a.name === b.name &&
  a.version === b.version &&
  a.priority === b.priority &&
  a.maxAttempts === b.maxAttempts &&
  a.timeoutMs === b.timeoutMs &&
  a.expiresInMs === b.expiresInMs &&
  a.group === b.group &&
  a.onLeaseLost === b.onLeaseLost &&
  a.dedupe === b.dedupe &&
  a.parent === b.parent &&
  a.backoff === b.backoff &&
  isSameStart(a.start, b.start) &&
  isSameTags(a.tags, b.tags);

// What core makes of one definition shares its parts. Those that are made anew for every job are compared.
const isSameStart = (a: NewJob["start"], b: NewJob["start"]): boolean =>
  a === b || ("delayMs" in a && "delayMs" in b ? a.delayMs === b.delayMs : "at" in a && "at" in b && a.at === b.at);
const isSameTags = (a: NewJob["tags"], b: NewJob["tags"]): boolean => a === b || a.length + b.length === 0;

export interface Placing {
  readonly lane: number;
  readonly runAt: number;
}

export class Runs {
  readonly #step: Step;
  /** Written, and not in line yet. */
  #waiting: Range | null = null;

  constructor(step: Step) {
    this.#step = step;
  }

  /** False, and no change, if one of the ids is taken. */
  write(run: readonly NewJob[], { lane, runAt }: Placing): boolean {
    const { db, now, tally, touched, offered } = this.#step;
    const job = run[0] as NewJob;
    const first = tally.numbers(run.length);
    const isDue = runAt <= now;
    try {
      db.insert(
        insertJobs,
        {
          first,
          queue: job.queue,
          lane,
          priority: job.priority,
          is_due: isDue ? 1 : 0,
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
        },
        run.flatMap(({ id, payload }) => [id, payload]),
        run.length,
      );
    } catch (error) {
      if (isTaken(error)) return false;
      throw error;
    }
    this.#queueUp({ first, last: first + run.length - 1, isDue, expires: job.expiresInMs !== null });
    tally.add(job.queue, "depth", run.length);
    touched.add(job.queue);
    if (isDue) offered.add(job.queue);
    return true;
  }

  /** To be called before anything looks at the lines. */
  flush(): void {
    if (this.#waiting === null) return;
    const { db } = this.#step;
    const { first, last, isDue, expires } = this.#waiting;
    db.run(isDue ? readyRun : laterRun, { first, last });
    if (expires) db.run(expiresRun, { first, last });
    this.#waiting = null;
  }

  #queueUp(range: Range): void {
    const before = this.#waiting;
    if (before && before.last + 1 === range.first && before.isDue === range.isDue && before.expires === range.expires)
      this.#waiting = { ...before, last: range.last };
    else {
      this.flush();
      this.#waiting = range;
    }
  }
}

interface Range {
  readonly first: number;
  readonly last: number;
  readonly isDue: boolean;
  readonly expires: boolean;
}
