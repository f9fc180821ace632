/** The one statement of a claim: see migrations/001/claim.sql.ts. */

import { prepared, type Statement } from "../statement.ts";

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
  /** Of each lane number, queue, name and version, divided by the control character 31. */
  readonly told: string | null;
  /** Where the next claim begins to look: nearly always null. */
  readonly fronts: string | null;
}

/** As the functions take it. */
export interface ClaimForm {
  readonly session: string;
  readonly token: string;
  readonly lease_ms: number;
  readonly room: number;
  readonly held: boolean;
  /** The queues in the order in which everybody locks them … */
  readonly names: readonly string[];
  /** … and in that in which they are asked, with how many jobs of each, and JSON: versions by type. */
  readonly queues: readonly string[];
  readonly most: readonly number[];
  readonly types: readonly string[];
  /** As the last claim answered it. */
  readonly fronts: string | null;
}

export const claimJobs: Statement<ClaimForm & { readonly look: string }, ClaimAnswer> = prepared`
  SELECT head, numbers, ids, payloads, backoffs, extras, told, fronts
    FROM jobyard.claim_jobs(@session, @token, @lease_ms::bigint, @room::integer, @held::boolean, @look, @names::text[],
                            @queues::text[], @most::integer[], @types::text[], @fronts)
`;
