/** The one statement of an enqueue: see migrations/001/enqueue.sql.ts and, for the one that claims, claim.sql.ts. */

import { prepared, type Statement, sql } from "../statement.ts";
import type { ClaimAnswer, ClaimForm } from "./claim.sql.ts";

/** As `jobyard.order_form`. Ids and payloads are divided by the control character 30. */
export interface OrderForm {
  readonly queue: string;
  readonly name: string;
  readonly version: number;
  readonly priority: number;
  readonly max_attempts: number;
  readonly backoff: string | null;
  readonly timeout_ms: number | null;
  readonly delay_ms: number | null;
  readonly at: number | null;
  readonly expires_ms: number | null;
  readonly tags: string | null;
  readonly grp: string | null;
  readonly on_lease_lost: string;
  readonly parent: string | null;
  readonly dedupe_key: string | null;
  readonly dedupe_while: string | null;
  readonly dedupe_for_ms: number | null;
  readonly on_conflict: string | null;
  readonly ids: string;
  readonly payloads: string;
}

interface Bounded {
  readonly bounded: boolean;
}

/** JSON list of what was met. */
interface Answer {
  readonly answer: string;
}

/** `runs`: JSON list of order forms. */
export const enqueueJobs: Statement<Bounded & { readonly runs: string }, Answer> =
  sql`SELECT jobyard.enqueue_jobs(@runs::json, @bounded::boolean) AS answer`;

/** A single form, which most calls need, as the parameters that it consists of. */
export const enqueueForm: Statement<Bounded & OrderForm, Answer> = prepared`
  SELECT jobyard.enqueue_forms(ARRAY[ROW(
           @queue, @name, @version::integer, @priority::integer, @max_attempts::integer, @backoff, @timeout_ms::bigint,
           @delay_ms::bigint, @at::bigint, @expires_ms::bigint, @tags, @grp, @on_lease_lost, @parent, @dedupe_key,
           @dedupe_while, @dedupe_for_ms::bigint, @on_conflict, @ids, @payloads
         )::jobyard.order_form], @bounded::boolean) AS answer
`;

/** The same, and a claim that waited for work of the queue. */
export const enqueueFormAndClaim: Statement<OrderForm & ClaimForm, Answer & ClaimAnswer> = prepared`
  SELECT answer, head, numbers, ids, payloads, backoffs, extras, told, fronts
    FROM jobyard.claim_jobs(@session, @token, @lease_ms::bigint, @room::integer, @held::boolean, 'again', @names::text[],
           @queues::text[], @most::integer[], @types::text[], @fronts, ARRAY[ROW(
             @queue, @name, @version::integer, @priority::integer, @max_attempts::integer, @backoff,
             @timeout_ms::bigint, @delay_ms::bigint, @at::bigint, @expires_ms::bigint, @tags, @grp, @on_lease_lost,
             @parent, @dedupe_key, @dedupe_while, @dedupe_for_ms::bigint, @on_conflict, @ids, @payloads
           )::jobyard.order_form])
`;
