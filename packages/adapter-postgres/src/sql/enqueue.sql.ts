/** The one statement of an enqueue: see migrations/001/enqueue.sql.ts. */

import { type Statement, sql } from "../statement.ts";

/** `runs`: JSON list of order forms. The answer: JSON list of what was met. */
export const enqueueJobs: Statement<{ readonly runs: string; readonly bounded: boolean }, { readonly answer: string }> =
  sql`SELECT jobyard.enqueue_jobs(@runs::json, @bounded::boolean) AS answer`;
