/** The few jobs that a person looks for: stale, dead, cancelled. */

import type { Instant, State } from "@jobyard/core/adapter";
import { type Statement, sql } from "../statement.ts";

export const addAttention: Statement<{
  readonly pk: number;
  readonly state: State;
  readonly queue: string;
  readonly at: Instant;
  readonly finished_at: Instant | null;
}> = sql`
  INSERT INTO jobyard_attention (pk, state, queue, at, finished_at) VALUES (@pk, @state, @queue, @at, @finished_at)
`;

export const removeAttention: Statement<{ readonly pk: number }> = sql`
  DELETE FROM jobyard_attention WHERE pk = @pk
`;

export const enteredAt: Statement<{ readonly pk: number }, { readonly at: Instant }> = sql`
  SELECT at FROM jobyard_attention WHERE pk = @pk
`;
