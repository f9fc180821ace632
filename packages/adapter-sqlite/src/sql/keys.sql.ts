/** Dedupe keys: see keys.ts. */

import type { Instant, State } from "@jobyard/core/adapter";
import { type Statement, sql } from "../statement.ts";

interface Key {
  readonly queue: string;
  readonly key: string;
}
export interface KeyRow {
  readonly pk: number;
  readonly id: string;
  /** The holder's last state, if it was removed. */
  readonly gone: State | null;
}

export const findKey: Statement<Key & { readonly now: Instant }, KeyRow> = sql`
  SELECT pk, id, gone FROM jobyard_dedupe
   WHERE queue = @queue AND key = @key AND (until IS NULL OR until > @now)
`;

export const takeKey: Statement<
  Key & { readonly pk: number; readonly id: string; readonly until: Instant | null; readonly for_ms: number | null }
> = sql`
  INSERT INTO jobyard_dedupe (queue, key, pk, id, until, for_ms) VALUES (@queue, @key, @pk, @id, @until, @for_ms)
  ON CONFLICT (queue, key) DO UPDATE
     SET pk = excluded.pk, id = excluded.id, until = excluded.until, for_ms = excluded.for_ms, gone = NULL
`;

/** Of this job only, and not if the key has a time of its own. */
export const freeKey: Statement<Key & { readonly pk: number }> = sql`
  DELETE FROM jobyard_dedupe WHERE queue = @queue AND key = @key AND pk = @pk AND until IS NULL
`;

export const extendKey: Statement<Key & { readonly now: Instant }> = sql`
  UPDATE jobyard_dedupe SET until = @now + for_ms WHERE queue = @queue AND key = @key AND until IS NOT NULL
`;

export const markGone: Statement<Key & { readonly pk: number; readonly gone: State | null }> = sql`
  UPDATE jobyard_dedupe SET gone = @gone WHERE queue = @queue AND key = @key AND pk = @pk
`;
