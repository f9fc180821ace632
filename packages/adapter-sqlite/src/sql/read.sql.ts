/** What people read: places in lists, summaries, counts that stop at a cap. */

import type { JobType, JsonText } from "@jobyard/core/adapter";
import type { SummaryRow } from "../rows.ts";
import { type None, type Statement, sql } from "../statement.ts";

interface Found {
  readonly pk: number;
}

export const queuesOfId: Statement<{ readonly id: string }, { readonly queue: string }> = sql`
  SELECT queue FROM jobyard_job WHERE id = @id ORDER BY queue
`;

/** In the order of `pks`, a JSON array: a cross join is run as it is written. */
export const summariesByPk: Statement<{ readonly pks: string }, SummaryRow> = sql`
  SELECT job.pk, job.queue, job.id, job.lane, lane.name, lane.version, job.state, job.reason, job.priority, job.ord,
         job.run_at, job.created_at, job.started_at, job.finished_at, job.expires_at, job.attempt, job.max_attempts,
         job.rescues, job.epoch, job.seq, job.claim_written, job.cancel_requested, job.held_limit, job.timeout_ms,
         job.on_lease_lost, job.dedupe_key, job.dedupe_while, job.dedupe_for_ms, job.worker, job.last_op, job.grp,
         job.tags, job.backoff, job.parent, job.progress, job.errors
    FROM json_each(@pks) AS wanted
   CROSS JOIN jobyard_job AS job ON job.pk = wanted.value
   CROSS JOIN jobyard_lane AS lane ON lane.id = job.lane
`;

export const largeTexts: Statement<Found, { readonly payload: JsonText; readonly result: JsonText | null }> = sql`
  SELECT payload, result FROM jobyard_job WHERE pk = @pk
`;

/** Without what was not asked for; payload and result also if they are not small. */
export interface CandidateRow
  extends Pick<
    SummaryRow,
    | "pk"
    | "lane"
    | "state"
    | "priority"
    | "run_at"
    | "created_at"
    | "started_at"
    | "finished_at"
    | "attempt"
    | "held_limit"
    | "tags"
    | "parent"
    | "progress"
    | "errors"
    | "reason"
    | "dedupe_key"
    | "worker"
    | "last_op"
    | "grp"
  > {
  readonly id: string | null;
  readonly payload: JsonText | null;
  readonly result: JsonText | null;
  readonly has_result: 0 | 1;
}
/** Texts are most of what reading a row costs. */
export interface CandidateTexts {
  readonly withNames: 0 | 1;
  readonly withErrors: 0 | 1;
  readonly withPayload: 0 | 1;
  readonly withResult: 0 | 1;
}
/** In the order of `pks`, a JSON array, as above. */
export const candidatesByPk: Statement<
  CandidateTexts & { readonly pks: string; readonly smallBytes: number },
  CandidateRow
> = sql`
  SELECT job.pk, job.lane, job.state, job.priority, job.run_at, job.created_at, job.started_at, job.finished_at,
         job.attempt, job.held_limit, job.result IS NOT NULL AS has_result,
         iif(@withNames, job.id, NULL) AS id, iif(@withNames, job.reason, NULL) AS reason,
         iif(@withNames, job.dedupe_key, NULL) AS dedupe_key, iif(@withNames, job.worker, NULL) AS worker,
         iif(@withNames, job.last_op, NULL) AS last_op, iif(@withNames, job.grp, NULL) AS grp,
         iif(@withNames, job.tags, NULL) AS tags, iif(@withNames, job.parent, NULL) AS parent,
         iif(@withNames, job.progress, NULL) AS progress, iif(@withErrors, job.errors, NULL) AS errors,
         iif(@withPayload AND octet_length(job.payload) <= @smallBytes, job.payload, NULL) AS payload,
         iif(@withResult AND octet_length(job.result) <= @smallBytes, job.result, NULL) AS result
    FROM json_each(@pks) AS wanted CROSS JOIN jobyard_job AS job ON job.pk = wanted.value
`;

export type NamedLane = JobType & { readonly id: number };
export const allLanes: Statement<None, NamedLane> = sql`
  SELECT id, queue, name, version FROM jobyard_lane
`;
export const pkById: Statement<{ readonly id: string }, Found> = sql`
  SELECT pk FROM jobyard_job WHERE id = @id
`;
