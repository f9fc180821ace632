/** The order in which jobs completed: see done.ts. */

import type { Instant } from "@jobyard/core/adapter";
import { type Statement, sql } from "../statement.ts";

interface Key {
  readonly queue: string;
  readonly finished_at: Instant;
}
export interface DoneRow {
  readonly finished_at: Instant;
  /** JSON array. A number may stand in two rows of one instant, once it came back from the trash. */
  readonly pks: string;
}

/** `pk` is the first of `pks`. Of what comes back from the trash, some may stand there already. */
export const addDone: Statement<Key & { readonly pk: number; readonly pks: string }> = sql`
  INSERT INTO jobyard_done (queue, finished_at, pk, pks) VALUES (@queue, @finished_at, @pk, @pks)
  ON CONFLICT (queue, finished_at, pk) DO UPDATE
     SET pks = (SELECT json_group_array(value)
                  FROM (SELECT value FROM json_each(jobyard_done.pks)
                         UNION SELECT value FROM json_each(excluded.pks)))
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
