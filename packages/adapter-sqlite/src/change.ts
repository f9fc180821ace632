/**
 * The ways in which anything about a job changes: it changes with one event, it comes in, it goes.
 *
 * Everything that hangs on a job's state (line, counters, attention, key) follows here and nowhere else, but for
 * the two that are most frequent and write less: a claim (claim.ts) and a completion (plain-completions.ts).
 */

import {
  claimData,
  DEPTH_STATES,
  type Holding,
  type Instant,
  isRetained,
  type JsonText,
  needsAttention,
  type State,
} from "@jobyard/core/adapter";
import { followState, leaveKey, returnKey } from "./keys.ts";
import { isInLine, joinLine, leaveLine, orderFor } from "./line.ts";
import { bytesOf, type JobRow, type Mutable } from "./rows.ts";
import { addAttention, removeAttention } from "./sql/attention.sql.ts";
import { addEvent } from "./sql/event.sql.ts";
import { updateJob } from "./sql/job.sql.ts";
import type { Step, View } from "./step.ts";

export interface Change {
  /** Of the event. */
  readonly kind: string;
  /** Of the event. */
  readonly data: JsonText | null;
  /** A new `run_at` puts a waiting job at the end of its order. */
  readonly set: Partial<Omit<Mutable, "seq" | "ord">>;
}

/** The state that people see: what is stored as waiting and stands in no line is in a lease. */
export const stateOf = (view: View, row: JobRow): State =>
  row.state === "waiting" && !isInLine(view, row) ? "active" : row.state;

/** @param from - the job's state as {@link stateOf} says it */
export function changeJob(step: Step, row: JobRow, from: State, { kind, data, set }: Change): JobRow {
  const to = set.state ?? from;
  const isNewInLine = to === "waiting" && (from !== "waiting" || set.run_at !== undefined);
  const after: JobRow = {
    ...row,
    ...set,
    seq: row.seq + 1,
    ord: isNewInLine ? orderFor(step, set.run_at ?? row.run_at) : row.ord,
  };
  if (from === "waiting") leaveLine(step, row);
  if (to === "waiting") joinLine(step, after);
  saveJob(step, after);
  step.db.run(addEvent, { pk: row.pk, seq: after.seq, at: step.now, kind, data });
  if (to !== from) enter(step, row, after, from, to);
  step.touched.add(row.queue);
  return after;
}

/** The claim of an active job stands in its lease only, until something else is written about the job. */
export function writeClaim({ db }: Step, row: JobRow, { session, claimedAt }: Holding): JobRow {
  if (row.claim_written === 1) return row;
  const seq = row.seq + 1;
  db.run(addEvent, { pk: row.pk, seq, at: claimedAt, kind: "claim", data: claimData(session, row.attempt + 1) });
  return { ...row, seq, claim_written: 1 };
}

const isOpen = (state: State): number => (DEPTH_STATES.includes(state) ? 1 : 0);

function enter(step: Step, before: JobRow, row: JobRow, from: State, to: State): void {
  count(step, before, from, -1);
  count(step, row, to, 1);
  if (needsAttention(from)) step.db.run(removeAttention, { pk: row.pk });
  if (needsAttention(to)) callAttention(step, row, to, step.now);
  followState(step, row, to);
}

function callAttention({ db }: Step, { pk, queue, finished_at }: JobRow, state: State, at: Instant): void {
  db.run(addAttention, { pk, state, queue, at, finished_at });
}

/** Its bytes count once it is final. A completed job takes its place in their order as well. */
function count({ tally, done, now }: Step, row: JobRow, state: State, sign: 1 | -1): void {
  const { queue, pk, finished_at } = row;
  tally.add(queue, "depth", sign * isOpen(state));
  if (!isRetained(state)) return;
  const bytes = bytesOf(row);
  if (state === "completed" && sign === 1) done.add(queue, finished_at ?? now, [pk], bytes);
  else {
    tally.add(queue, state, sign);
    tally.add(queue, `${state}Bytes`, sign * bytes);
  }
}

/** Everything that hangs on a job's being there, before its row goes. It may not be active. */
export function takeOut(step: Step, row: JobRow): void {
  if (row.state === "waiting") leaveLine(step, row);
  if (needsAttention(row.state)) step.db.run(removeAttention, { pk: row.pk });
  count(step, row, row.state, -1);
  leaveKey(step, row, row.state);
  step.touched.add(row.queue);
}

/** The way back of {@link takeOut}, with a new place in the order. The row is written by the caller. */
export function bringBack(step: Step, row: JobRow, enteredAt: Instant | null): JobRow {
  const back: JobRow = { ...row, ord: row.state === "waiting" ? orderFor(step, row.run_at) : row.ord };
  if (back.state === "waiting") joinLine(step, back);
  if (needsAttention(row.state)) callAttention(step, row, row.state, enteredAt ?? step.now);
  count(step, row, row.state, 1);
  returnKey(step, back, row.state);
  step.touched.add(row.queue);
  return back;
}

function saveJob({ db }: Step, row: JobRow): void {
  db.run(updateJob, row);
}
