/** Operator's moves: each job judged by itself, one audit line for the call, all in one step. */

import {
  type ApplyOptions,
  DONE,
  type Holding,
  holdsKey,
  isChanged,
  type JobRef,
  type JsonText,
  type Judgement,
  type MoveResult,
  type OperatorMove,
  objectionTo,
  operatorData,
  REQUEUED,
  type State,
  startOf,
  undoneBy,
  undoText,
  untouched,
} from "@jobyard/core/adapter";
import { audit } from "./audit.ts";
import { type Change, changeJob, stateOf, writeClaim } from "./change.ts";
import { otherHolder } from "./keys.ts";
import { holdingFor } from "./leases.ts";
import { completion } from "./read/jobs.ts";
import type { JobRow } from "./rows.ts";
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

function judge(call: Call, ref: JobRef): Judgement {
  const { step, move, options } = call;
  if (move === "restore") return bringBack(call, ref);
  const row = step.db.get(jobByRef, ref);
  if (row === undefined) return untouched("missing");
  const state = stateOf(step, row);
  return objectionTo(move, { epoch: row.epoch, state }, options) ?? EFFECTS[move](call, row, state);
}

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
    if (row.run_at <= now) return untouched("done");
    write(call, row, state, { run_at: now });
    return DONE;
  },
  reschedule: setting(({ step, options }) => ({ run_at: startOf(step.now, options) })),
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
    ...REQUEUED,
    run_at: startOf(step.now, options),
    payload: options.payload ?? row.payload,
    undo: options.opId === undefined ? null : undoText(options.opId, row),
  };
  write(call, row, state, set, edited);
  return DONE;
}

function revert(call: Call, row: JobRow, state: State): Judgement {
  const before = undoneBy(call.options.opId, row);
  if (before === null) return untouched("changed");
  write(call, row, state, { ...before, undo: null });
  return DONE;
}

function bringBack(call: Call, ref: JobRef): Judgement {
  const { step, options } = call;
  const trashed = findInTrash(step, ref);
  if (trashed === null) return untouched("missing");
  const { row } = trashed;
  if (isChanged(row, options)) return untouched("changed");
  const isTaken = step.db.get(jobByRef, ref) !== undefined;
  if (isTaken || (holdsKey(row.dedupe_while, row.state) && otherHolder(step, row))) return untouched("held");
  write(call, restore(step, trashed), row.state, {});
  return DONE;
}
