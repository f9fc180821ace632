/** The one statement of a claim: see migrations/001/claim.sql.ts. */

import { type Statement, sql } from "../statement.ts";

/** What {@link claimJobs} answers. Lists are divided by the control character 30; null if there are no jobs. */
export interface ClaimAnswer {
  /** JSON: `now`, `nextDueAt`, `held`. */
  readonly head: string;
  /** Seven for each job, with commas: pk, lane, priority, attempt, epoch, most attempts, created at. */
  readonly numbers: string | null;
  readonly ids: string | null;
  readonly payloads: string | null;
  /** As they are stored; empty for none. */
  readonly backoffs: string | null;
  /** JSON for jobs that have more than that, empty for others; null if none has. */
  readonly extras: string | null;
  /** JSON: queue, name and version by lane. */
  readonly lanes: string | null;
}

export const claimJobs: Statement<{ readonly request: string }, ClaimAnswer> = sql`
  SELECT head, numbers, ids, payloads, backoffs, extras, lanes FROM jobyard.claim_jobs(@request::json)
`;
