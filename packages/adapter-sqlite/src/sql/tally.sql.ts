/** Counters: see tally.ts. */

import { type Statement, sql } from "../statement.ts";

interface Key {
  readonly queue: string;
  readonly name: string;
}

export const readTally: Statement<Key, { readonly value: number }> = sql`
  SELECT value FROM jobyard_tally WHERE queue = @queue AND name = @name
`;

export const addToTally: Statement<Key & { readonly n: number }> = sql`
  UPDATE jobyard_tally SET value = value + @n WHERE queue = @queue AND name = @name
`;

export const beginTally: Statement<Key & { readonly n: number }> = sql`
  INSERT INTO jobyard_tally (queue, name, value) VALUES (@queue, @name, @n)
`;

/** The last of the numbers that were taken. */
export const takeNumbers: Statement<{ readonly count: number }, { readonly value: number }> = sql`
  UPDATE jobyard_tally SET value = value + @count WHERE queue = '' AND name = 'order' RETURNING value
`;
