/** Locking and reading what a step is about to change: see migrations/001/locks.sql.ts. Answers are JSON. */

import { type Statement, sql } from "../statement.ts";

interface Answer {
  readonly answer: string;
}

/** `refs`: JSON list of addresses. `wants`: names of texts. */
export const lockJobs: Statement<{ readonly refs: string; readonly wants: readonly string[] }, Answer> = sql`
  SELECT jobyard.lock_jobs(@refs::json, @wants::text[]) AS answer
`;

/** `asked`: JSON list of session, token, queue and id; with `besides` of those that are only locked. */
export const lockLeased: Statement<
  {
    readonly asked: string;
    readonly wants: readonly string[];
    readonly with_sessions: boolean;
    readonly with_leases: boolean;
  },
  Answer
> = sql`
  SELECT jobyard.lock_leased(@asked::json, @wants::text[], @with_sessions::boolean, @with_leases::boolean) AS answer
`;

export const lockTrash: Statement<{ readonly refs: string; readonly kept_ms: number }, Answer> = sql`
  SELECT jobyard.lock_trash(@refs::json, @kept_ms::bigint) AS answer
`;
