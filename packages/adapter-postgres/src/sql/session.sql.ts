/** What is set and asked once for each new connection. */

import { type Statement, sql } from "../statement.ts";

/**
 * Only where the connection is ours alone: behind a pooler that lends it by transaction, whatever is set stays there
 * for others.
 *
 * `direct`: the server knows this connection by the number that it told us itself; a pooler tells one of its own.
 * - An answered call survives a loss of power, so a role or database that turned that off is overruled.
 * - What nobody waits for any longer ends on the server too, unless the server was told to end it sooner; and so does
 *   a transaction whose client was cut off in the middle, with its locks.
 */
export const setUp: Statement<
  { readonly pid: number; readonly call_ms: number },
  { readonly direct: boolean; readonly done: string | null }
> = sql`
  SELECT direct, CASE WHEN direct THEN concat(
           set_config('client_encoding', 'UTF8', false),
           set_config('jit', 'off', false),
           set_config('synchronous_commit',
                      CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'
                           ELSE current_setting('synchronous_commit') END, false),
           (SELECT string_agg(set_config(name, @call_ms::text, false), ',')
              FROM pg_settings
             WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout')
               AND (setting = '0' OR setting::bigint > @call_ms::bigint))
         ) END AS done
    FROM (SELECT pg_backend_pid() = @pid::integer AS direct) AS found
`;
