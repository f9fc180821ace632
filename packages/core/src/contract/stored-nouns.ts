/** The nouns that are made from a job as SQL stores keep it. */

import type { Job, JobSummary } from "../nouns/job.ts";
import type { DecisionFacts } from "./adapter.ts";
import { toBackoff } from "./stored-backoff.ts";
import type { Holding, StoredFlag, StoredJob, StoredSummary } from "./stored-job.ts";
import { errorsIn, parsed } from "./stored-texts.ts";

/** @param holding - the job's lease if it is active, else null */
export function toJob(row: StoredJob<StoredFlag>, holding: Holding | null): Job {
  return {
    ...summary(row, holding),
    backoff: toBackoff(row.backoff),
    errors: errorsIn(row.errors),
    payload: row.payload,
    result: row.result,
  };
}

/** @param holding - the job's lease if it is active, else null */
export function toSummary(row: StoredSummary<StoredFlag>, holding: Holding | null): JobSummary {
  return { ...summary(row, holding), lastError: errorsIn(row.errors).at(-1) ?? null };
}

/** Of an active job. */
export const factsOf = (
  row: Pick<
    StoredSummary<StoredFlag>,
    "attempt" | "max_attempts" | "backoff" | "cancel_requested" | "on_lease_lost" | "held_limit"
  >,
): DecisionFacts => ({
  attempt: row.attempt + 1,
  maxAttempts: row.max_attempts,
  backoff: toBackoff(row.backoff),
  cancelRequested: isSet(row.cancel_requested),
  onLeaseLost: row.on_lease_lost,
  heldLimit: row.held_limit,
});

function summary(row: StoredSummary<StoredFlag>, holding: Holding | null): Omit<JobSummary, "lastError"> {
  return {
    queue: row.queue,
    id: row.id,
    name: row.name,
    version: row.version,
    state: holding ? "active" : row.state,
    reason: row.reason,
    progress: row.progress,
    priority: row.priority,
    attempt: holding ? row.attempt + 1 : row.attempt,
    maxAttempts: row.max_attempts,
    timeoutMs: row.timeout_ms,
    runAt: row.run_at,
    createdAt: row.created_at,
    startedAt: holding ? holding.claimedAt : row.started_at,
    finishedAt: row.finished_at,
    expiresAt: row.expires_at,
    leaseUntil: holding ? holding.deadline : null,
    worker: holding ? holding.session : row.worker,
    tags: parsed(row.tags) ?? [],
    group: row.grp,
    dedupeKey: row.dedupe_key,
    onLeaseLost: row.on_lease_lost,
    parent: parsed(row.parent),
    rescues: row.rescues,
    heldLimit: row.held_limit,
    cancelRequested: isSet(row.cancel_requested),
    epoch: row.epoch,
    seq: holding && !isSet(row.claim_written) ? row.seq + 1 : row.seq,
    lastOp: row.last_op,
  };
}

const isSet = (flag: StoredFlag): boolean => flag === true || flag === 1;
