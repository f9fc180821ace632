/** A worker's hold on its jobs: see hold.ts. */

import type { Instant, SessionId } from "@jobyard/core/adapter";
import type { SummaryRow } from "../rows.ts";
import { type Statement, sql } from "../statement.ts";

/** `leases`: JSON list. The answer is JSON: see migrations/001/hold.sql.ts. */
export const extendSession: Statement<
  { readonly session: SessionId; readonly leases: string; readonly lease_ms: number },
  { readonly answer: string }
> = sql`SELECT jobyard.extend_session(@session, @leases::json, @lease_ms::bigint) AS answer`;

/** Nothing, if the session never held anything: then it has no row. */
export const retireSession: Statement<{ readonly session: SessionId }> = sql`
  UPDATE jobyard.session SET deadline = jobyard.now_ms() WHERE id = @session
`;

/** A job that its session has not settled; sessions one after the other. */
export interface ExpiredRow
  extends Pick<
    SummaryRow,
    | "queue"
    | "id"
    | "epoch"
    | "attempt"
    | "max_attempts"
    | "backoff"
    | "cancel_requested"
    | "on_lease_lost"
    | "held_limit"
  > {
  readonly session: SessionId;
  readonly alone: boolean;
  readonly token: string;
}

/** Whole sessions, the longest over first, until so many jobs are reached. */
export const expiredJobs: Statement<{ readonly limit: number }, ExpiredRow & { readonly deadline: Instant }> = sql`
  WITH over AS (
    SELECT session.id, session.alone, session.deadline, sum(lease.unsettled) AS jobs
      FROM jobyard.session JOIN jobyard.lease ON lease.session = session.id
     WHERE session.deadline <= jobyard.now_ms()
     GROUP BY session.id
  ), listed AS (
    SELECT *, sum(jobs) OVER (ORDER BY deadline, id ROWS UNBOUNDED PRECEDING) - jobs AS before FROM over
  )
  SELECT listed.id AS session, listed.alone, listed.deadline, lease.token, job.queue, job.id, job.epoch, job.attempt,
         job.max_attempts, job.backoff, job.cancel_requested, job.on_lease_lost, job.held_limit
    FROM listed JOIN jobyard.lease ON lease.session = listed.id
   CROSS JOIN LATERAL unnest(lease.pks) WITH ORDINALITY AS member(pk, place)
    JOIN jobyard.job ON job.pk = member.pk
   WHERE listed.before < @limit::integer AND job.state = 'waiting'
   ORDER BY listed.deadline, listed.id, lease.token, lease.queue, member.place
`;
