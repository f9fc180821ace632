/** The places of waiting jobs, and the times at which they expire. */

import type { Instant } from "@jobyard/core/adapter";
import { type ListStatement, type Statement, sql, sqlList } from "../statement.ts";

interface ReadyKey {
  readonly lane: number;
  readonly priority: number;
  readonly ord: number;
}
interface TimeKey {
  readonly queue: string;
  readonly run_at: Instant;
  readonly pk: number;
}
interface Expiry {
  readonly at: Instant;
  readonly pk: number;
}
interface Found {
  readonly pk: number;
}

export const addReady: Statement<ReadyKey & { readonly pk: number }> = sql`
  INSERT INTO jobyard_ready (lane, priority, ord, pk) VALUES (@lane, @priority, @ord, @pk)
`;
export const addLater: Statement<
  TimeKey & { readonly lane: number; readonly priority: number; readonly tried: 0 | 1 }
> = sql`
  INSERT INTO jobyard_later (queue, run_at, pk, lane, priority, tried)
  VALUES (@queue, @run_at, @pk, @lane, @priority, @tried)
`;
export const addHeld: Statement<TimeKey & { readonly lane: number; readonly tried: 0 | 1 }> = sql`
  INSERT INTO jobyard_held (queue, run_at, pk, lane, tried) VALUES (@queue, @run_at, @pk, @lane, @tried)
`;
export const addExpiry: Statement<Expiry> = sql`
  INSERT INTO jobyard_expiry (at, pk) VALUES (@at, @pk)
`;

interface Run {
  readonly first: number;
  readonly last: number;
}
/** Due jobs that were just written, by their numbers, each at its own place. One list has the numbers from 0 on. */
export const readyRun: ListStatement<{ readonly first: number; readonly lane: number; readonly priority: number }> =
  sqlList`
  INSERT INTO jobyard_ready (lane, priority, ord, pk)
  SELECT @lane, @priority, @first + column1, @first + column1 FROM (VALUES ${0})
`;
/** Jobs that were just written, by their numbers. */
export const laterRun: Statement<Run> = sql`
  INSERT INTO jobyard_later (queue, run_at, pk, lane, priority, tried)
  SELECT queue, run_at, pk, lane, priority, 0 FROM jobyard_job WHERE pk BETWEEN @first AND @last
`;
export const expiresRun: Statement<Run> = sql`
  INSERT INTO jobyard_expiry (at, pk)
  SELECT expires_at, pk FROM jobyard_job WHERE pk BETWEEN @first AND @last
`;

export const removeReady: Statement<ReadyKey> = sql`
  DELETE FROM jobyard_ready WHERE lane = @lane AND priority = @priority AND ord = @ord
`;
export const removeLater: Statement<TimeKey> = sql`
  DELETE FROM jobyard_later WHERE queue = @queue AND run_at = @run_at AND pk = @pk
`;
export const removeHeld: Statement<TimeKey> = sql`
  DELETE FROM jobyard_held WHERE queue = @queue AND run_at = @run_at AND pk = @pk
`;
export const removeExpiry: Statement<Expiry> = sql`
  DELETE FROM jobyard_expiry WHERE at = @at AND pk = @pk
`;

export const findReady: Statement<ReadyKey, Found> = sql`
  SELECT pk FROM jobyard_ready WHERE lane = @lane AND priority = @priority AND ord = @ord
`;
export const findLater: Statement<TimeKey, Found> = sql`
  SELECT pk FROM jobyard_later WHERE queue = @queue AND run_at = @run_at AND pk = @pk
`;
export const findHeld: Statement<TimeKey, Found> = sql`
  SELECT pk FROM jobyard_held WHERE queue = @queue AND run_at = @run_at AND pk = @pk
`;
