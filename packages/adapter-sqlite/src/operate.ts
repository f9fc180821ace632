/** Operator's moves: each job judged by itself, one audit line for the call, all in one step. */

import {
  type ApplyOptions,
  type Instant,
  type JobRef,
  type JsonText,
  type MoveResult,
  mayMove,
  type OperatorMove,
  operatorData,
  type State,
} from "@jobyard/core/adapter";
import { audit } from "./audit.ts";
import { type Change, changeJob, stateOf, writeClaim } from "./change.ts";
import { otherHolder, wouldHold } from "./keys.ts";
import { holdingFor } from "./leases.ts";
import { completion } from "./read/jobs.ts";
import type { Holding, JobRow, Mutable } from "./rows.ts";
import { addEvent } from "./sql/event.sql.ts";
import { jobByRef } from "./sql/job.sql.ts";
import type { Step } from "./step.ts";
import { findInTrash, restore, toTrash } from "./trash.ts";

export function apply(
  step: Step,
  newId: () => string,
  move: OperatorMove,
  refs: readonly JobRef[],
  options: ApplyOptions,
): readonly MoveResult[] {
  const call: Call = { step, move, options };
  const changed: JobRef[] = [];
  const results = refs.map((ref) => {
    const { outcome, wrote } = judge(call, ref);
    if (wrote) changed.push(ref);
    return { ref, outcome, state: currentState(step, ref) };
  });
  if (changed.length > 0) audit(step, newId(), move, options, { refs: changed });
  return results;
}

function currentState(step: Step, ref: JobRef): State | null {
  const row = step.db.get(jobByRef, ref);
  return row ? stateOf(step, row) : null;
}

interface Call {
  readonly step: Step;
  readonly move: OperatorMove;
  readonly options: ApplyOptions;
}

interface Judgement {
  readonly outcome: MoveResult["outcome"];
  readonly wrote: boolean;
}

const untouched = (outcome: MoveResult["outcome"]): Judgement => ({ outcome, wrote: false });
const DONE: Judgement = { outcome: "done", wrote: true };

function judge(call: Call, ref: JobRef): Judgement {
  if (call.move === "restore") return bringBack(call, ref);
  const row = call.step.db.get(jobByRef, ref);
  if (row === undefined) return untouched("missing");
  if (isChanged(row, call.options)) return untouched("changed");
  const state = stateOf(call.step, row);
  if (!mayMove(call.move, state)) return untouched(call.move === "remove" && state === "active" ? "busy" : "refused");
  return EFFECTS[call.move](call, row, state);
}

const isChanged = (row: JobRow, { expectEpoch }: ApplyOptions): boolean =>
  expectEpoch !== undefined && row.epoch !== expectEpoch;

/** @param replaced - the payload that an edit replaced */
function write(call: Call, row: JobRow, state: State, set: Change["set"], replaced: JsonText | null = null): JobRow {
  const { step, move, options } = call;
  const data = operatorData(move, options, replaced);
  return changeJob(step, row, state, { kind: move, data, set: { ...set, last_op: options.opId ?? null } });
}

type Effect = (call: Call, row: JobRow, state: State) => Judgement;

/** A move that is one change of the job. */
const setting =
  (set: (call: Call, row: JobRow) => Change["set"]): Effect =>
  (call, row, state) => {
    write(call, row, state, set(call, row));
    return DONE;
  };

const EFFECTS: Readonly<Record<Exclude<OperatorMove, "restore">, Effect>> = {
  cancel,
  requeue,
  revert,
  promote: (call, row, state) => {
    const { now } = call.step;
    if (row.run_at > now) write(call, row, state, { run_at: now });
    return { outcome: "done", wrote: row.run_at > now };
  },
  reschedule: setting((call) => ({ run_at: startOf(call) })),
  reprioritise: setting((call, row) => ({ priority: call.options.priority ?? row.priority })),
  edit: (call, row, state) => {
    write(call, row, state, { payload: call.options.payload ?? row.payload }, row.payload);
    return DONE;
  },
  park: setting(() => ({ state: "stale" })),
  remove: (call, row, state) => {
    writeCompletion(call.step, row);
    toTrash(call.step, write(call, row, state, {}));
    return DONE;
  },
};

const startOf = ({ step, options }: Call): Instant => step.now + (options.delayMs ?? 0);

/** The removal's event follows on the last two of a completed job, which may have no rows yet. */
function writeCompletion(step: Step, row: JobRow): void {
  if (row.state !== "completed") return;
  for (const event of completion(step, row)) step.db.run(addEvent, { pk: row.pk, ...event });
}

function cancel(call: Call, row: JobRow, state: State): Judgement {
  if (state !== "active") {
    write(call, row, state, { state: "cancelled", reason: "user", finished_at: call.step.now });
    return DONE;
  }
  if (row.cancel_requested === 1) return untouched("requested");
  write(call, writeClaim(call.step, row, holdingOf(call.step, row)), state, { cancel_requested: 1 });
  return { outcome: "requested", wrote: true };
}

function holdingOf(step: Step, row: JobRow): Holding {
  const holding = holdingFor(step, row);
  if (holding === null) throw new Error(`job ${row.queue}/${row.id} waits in no line and stands in no lease`);
  return holding;
}

function requeue(call: Call, row: JobRow, state: State): Judgement {
  const { step, options } = call;
  if (otherHolder(step, row)) return untouched("held");
  const edited = options.payload === undefined ? null : row.payload;
  const set: Change["set"] = {
    state: "waiting",
    attempt: 0,
    rescues: 0,
    held_limit: null,
    reason: null,
    finished_at: null,
    expires_at: null,
    result: null,
    progress: null,
    run_at: startOf(call),
    payload: options.payload ?? row.payload,
    undo:
      options.opId === undefined ? null : JSON.stringify({ op: options.opId, epoch: row.epoch, before: beforeOf(row) }),
  };
  write(call, row, state, set, edited);
  return DONE;
}

/** What `revert` puts back. */
type Before = Pick<
  Mutable,
  | "state"
  | "reason"
  | "payload"
  | "attempt"
  | "rescues"
  | "held_limit"
  | "finished_at"
  | "result"
  | "progress"
  | "expires_at"
>;
interface Undo {
  readonly op: string;
  readonly epoch: number;
  readonly before: Before;
}

const beforeOf = (row: JobRow): Before => ({
  state: row.state,
  reason: row.reason,
  payload: row.payload,
  attempt: row.attempt,
  rescues: row.rescues,
  held_limit: row.held_limit,
  finished_at: row.finished_at,
  result: row.result,
  progress: row.progress,
  expires_at: row.expires_at,
});

function revert(call: Call, row: JobRow, state: State): Judgement {
  const undo = row.undo === null ? null : (JSON.parse(row.undo) as Undo);
  const isLast = undo !== null && undo.op === call.options.opId && undo.op === row.last_op;
  if (!isLast || undo.epoch !== row.epoch) return untouched("changed");
  write(call, row, state, { ...undo.before, undo: null });
  return DONE;
}

function bringBack(call: Call, ref: JobRef): Judgement {
  const { step, options } = call;
  const trashed = findInTrash(step, ref);
  if (trashed === null) return untouched("missing");
  const { row } = trashed;
  if (isChanged(row, options)) return untouched("changed");
  const isTaken = step.db.get(jobByRef, ref) !== undefined;
  if (isTaken || (wouldHold(row, row.state) && otherHolder(step, row))) return untouched("held");
  write(call, restore(step, trashed), row.state, {});
  return DONE;
}
