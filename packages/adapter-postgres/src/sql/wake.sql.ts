/** Telling other processes, and hearing from them. */

import { type None, type Statement, sql } from "../statement.ts";

/**
 * A hint that is lost in a crash is no loss: the server need not wait for its disk, while it holds the lock under
 * which all notifying transactions of the whole server commit one after the other.
 */
export const notify: Statement<{ readonly channel: string; readonly payload: string }, { readonly done: string }> = sql`
  SELECT set_config('synchronous_commit', 'off', true) || pg_notify(@channel::text, @payload::text)::text AS done
`;

/** In a transaction of the caller, whose commit is the caller's own matter. */
export const notifyInTransaction: Statement<
  { readonly channel: string; readonly payload: string },
  { readonly done: string }
> = sql`
  SELECT pg_notify(@channel::text, @payload::text)::text AS done
`;

/** True as long as notifications of this channel come to this connection. */
export const isListening: Statement<{ readonly channel: string }, { readonly listening: boolean }> = sql`
  SELECT @channel::text IN (SELECT pg_listening_channels()) AS listening
`;

export const stopListening: Statement<None> = sql`UNLISTEN *`;
