/** Leases, and the sessions whose deadline they share. */

import type { Instant, SessionId } from "@jobyard/core/adapter";
import { type None, type Statement, sql } from "../statement.ts";

export interface StoredLease {
  readonly token: string;
  readonly queue: string;
  readonly session: SessionId;
  readonly claimed_at: Instant;
  readonly deadline: Instant;
  /** JSON array of the jobs of the claim, but for those that left it in another way than by completing. */
  readonly pks: string;
}

export interface LeaseKey {
  readonly session: SessionId;
  readonly token: string;
  readonly queue: string;
}

/** What can be known of a lease without its long list. `intact`: its jobs are all that were claimed, or completed. */
export interface LeaseHead {
  readonly claimed_at: Instant;
  readonly deadline: Instant;
  readonly unsettled: number;
  readonly intact: 0 | 1;
}
export const findLease: Statement<LeaseKey, LeaseHead> = sql`
  SELECT lease.claimed_at, session.deadline, lease.unsettled, lease.intact
    FROM jobyard_lease AS lease CROSS JOIN jobyard_session AS session ON session.id = lease.session
   WHERE lease.session = @session AND lease.token = @token AND lease.queue = @queue
`;

export const pksOfLease: Statement<LeaseKey, { readonly pks: string }> = sql`
  SELECT pks FROM jobyard_lease WHERE session = @session AND token = @token AND queue = @queue
`;

export const allLeases: Statement<None, StoredLease> = sql`
  SELECT lease.token, lease.queue, lease.session, lease.claimed_at, session.deadline, lease.pks
    FROM jobyard_lease AS lease JOIN jobyard_session AS session ON session.id = lease.session
`;

/** Leases in which the job may be: `pk` as text also stands in longer numbers. */
export const leasesAbout: Statement<{ readonly queue: string; readonly pk: string }, StoredLease> = sql`
  SELECT lease.token, lease.queue, lease.session, lease.claimed_at, session.deadline, lease.pks
    FROM jobyard_lease AS lease CROSS JOIN jobyard_session AS session ON session.id = lease.session
   WHERE lease.queue = @queue AND instr(lease.pks, @pk) > 0
`;

export const leasesOf: Statement<{ readonly session: SessionId }, StoredLease> = sql`
  SELECT lease.token, lease.queue, lease.session, lease.claimed_at, session.deadline, lease.pks
    FROM jobyard_lease AS lease JOIN jobyard_session AS session ON session.id = lease.session
   WHERE lease.session = @session
`;

export const addLease: Statement<{
  readonly token: string;
  readonly queue: string;
  readonly session: SessionId;
  readonly claimed_at: Instant;
  readonly exclusive: 0 | 1;
  readonly unsettled: number;
  readonly pks: string;
}> = sql`
  INSERT INTO jobyard_lease (token, queue, session, claimed_at, exclusive, unsettled, pks)
  VALUES (@token, @queue, @session, @claimed_at, @exclusive, @unsettled, @pks)
`;

/** Some of its jobs completed. */
export const shortenLease: Statement<LeaseKey & { readonly unsettled: number }> = sql`
  UPDATE jobyard_lease SET unsettled = @unsettled WHERE session = @session AND token = @token AND queue = @queue
`;
/** Some of its jobs left it in another way. */
export const breakLease: Statement<LeaseKey & { readonly unsettled: number; readonly pks: string }> = sql`
  UPDATE jobyard_lease SET unsettled = @unsettled, intact = 0, pks = @pks
   WHERE session = @session AND token = @token AND queue = @queue
`;

export const removeLease: Statement<LeaseKey> = sql`
  DELETE FROM jobyard_lease WHERE session = @session AND token = @token AND queue = @queue
`;

export const findSession: Statement<
  { readonly session: SessionId },
  { readonly deadline: Instant; readonly exclusive: 0 | 1 }
> = sql`
  SELECT deadline,
         EXISTS (SELECT 1 FROM jobyard_lease WHERE session = @session AND exclusive = 1) AS exclusive
    FROM jobyard_session WHERE id = @session
`;

export const saveSession: Statement<{
  readonly session: SessionId;
  readonly deadline: Instant;
  readonly alone: 0 | 1;
}> = sql`
  INSERT INTO jobyard_session (id, deadline, alone) VALUES (@session, @deadline, @alone)
  ON CONFLICT (id) DO UPDATE SET deadline = excluded.deadline, alone = excluded.alone
`;

/** Nothing, if the session holds nothing: then it has no row. */
export const moveDeadline: Statement<{ readonly session: SessionId; readonly deadline: Instant }> = sql`
  UPDATE jobyard_session SET deadline = @deadline WHERE id = @session
`;

export const removeIdleSession: Statement<{ readonly session: SessionId }> = sql`
  DELETE FROM jobyard_session
   WHERE id = @session AND NOT EXISTS (SELECT 1 FROM jobyard_lease WHERE session = @session)
`;

export const expiredSessions: Statement<
  { readonly now: Instant; readonly limit: number },
  { readonly id: SessionId; readonly alone: 0 | 1 }
> = sql`
  SELECT id, alone FROM jobyard_session WHERE deadline <= @now ORDER BY deadline LIMIT @limit
`;
