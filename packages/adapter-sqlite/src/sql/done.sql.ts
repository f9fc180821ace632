/** The order in which jobs completed: see done.ts. */

import type { Instant } from "@jobyard/core/adapter";
import { type Statement, sql } from "../statement.ts";

interface Key {
  readonly queue: string;
  readonly finished_at: Instant;
}
export interface DoneRow {
  readonly finished_at: Instant;
  /** JSON array, ascending. */
  readonly pks: string;
}

/** `pk` is the first of `pks`. What comes back from the trash may stand there already. */
export const addDone: Statement<Key & { readonly pk: number; readonly pks: string }> = sql`
  INSERT INTO jobyard_done (queue, finished_at, pk, pks) VALUES (@queue, @finished_at, @pk, @pks)
  ON CONFLICT (queue, finished_at, pk) DO NOTHING
`;

export const doneAfter: Statement<Key & { readonly limit: number }, DoneRow> = sql`
  SELECT finished_at, pks FROM jobyard_done
   WHERE queue = @queue AND finished_at > @finished_at
   ORDER BY finished_at, pk LIMIT @limit
`;

export const doneAt: Statement<Key, DoneRow> = sql`
  SELECT finished_at, pks FROM jobyard_done WHERE queue = @queue AND finished_at = @finished_at
`;

export const removeDone: Statement<Key> = sql`
  DELETE FROM jobyard_done WHERE queue = @queue AND finished_at <= @finished_at
`;
