/** Events that stand in rows of their own: all but the happy path. */

import type { Instant, JobEvent, JsonText } from "@jobyard/core/adapter";
import { type Statement, sql } from "../statement.ts";

export const addEvent: Statement<{
  readonly pk: number;
  readonly seq: number;
  readonly at: Instant;
  readonly kind: string;
  readonly data: JsonText | null;
}> = sql`
  INSERT INTO jobyard_event (pk, seq, at, kind, data) VALUES (@pk, @seq, @at, @kind, @data)
`;

export const eventsAfter: Statement<{ readonly pk: number; readonly after: number; readonly limit: number }, JobEvent> =
  sql`
  SELECT seq, at, kind, data FROM jobyard_event WHERE pk = @pk AND seq > @after ORDER BY seq LIMIT @limit
`;

export const hasEvent: Statement<{ readonly pk: number; readonly seq: number }, { readonly seq: number }> = sql`
  SELECT seq FROM jobyard_event WHERE pk = @pk AND seq = @seq
`;

export const removeEvents: Statement<{ readonly pk: number }> = sql`
  DELETE FROM jobyard_event WHERE pk = @pk
`;
