/** The one statement of plain completions: see migrations/001/complete.sql.ts. */

import { type Statement, sql } from "../statement.ts";

/** `completions`: JSON list of `jobyard.completion`. The answer: JSON list of the numbers that were not written. */
export const completeJobs: Statement<{ readonly completions: string }, { readonly answer: string }> = sql`
  SELECT jobyard.complete_jobs(@completions::json) AS answer
`;
