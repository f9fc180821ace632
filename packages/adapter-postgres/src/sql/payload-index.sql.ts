/**
 * An index that an operator may add, and that is used once it is there: `payload.customer.id:42` is then looked up. It
 * costs an enqueue some ten microseconds for each job, so nobody has it who does not ask for it.
 */

import { type None, type Statement, sql } from "../statement.ts";

/** Not in a transaction: it is made while everybody works on. */
export const jobPayloadIndex: Statement<None> = sql`
  CREATE INDEX CONCURRENTLY job_payload ON jobyard.job USING gin (jobyard.payload_terms(payload))
`;

/** Of those that are whole: one whose making was broken off is not used. */
export const hasPayloadIndex: Statement<None, { readonly found: boolean }> = sql`
  SELECT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('jobyard.job_payload') AND indisvalid) AS found
`;
/** Planned on its own, or the limit could lead it past the index. */
export const pksOfTerms: Statement<
  { readonly terms: readonly string[]; readonly rows: number },
  { readonly pk: number }
> = sql`
  WITH found AS MATERIALIZED (
    SELECT pk FROM jobyard.job WHERE jobyard.payload_terms(payload) && @terms::text[]
  )
  SELECT pk FROM found LIMIT @rows::bigint
`;
