/** Operator's moves: each job judged by itself, one audit line for the call, all in one step. */

import type { ApplyOptions, MoveResult } from "../../contract/adapter.ts";
import { operatorData } from "../../contract/entries.ts";
import { DONE, isChanged, type Judgement, objectionTo, startOf, untouched } from "../../contract/moving.ts";
import type { Instant, JobRef } from "../../nouns/job.ts";
import type { OperatorMove } from "../../nouns/lifecycle.ts";
import { audit } from "./audit.ts";
import { type Change, change } from "./change.ts";
import { otherHolder, wantsKey } from "./keys.ts";
import { isDue } from "./line.ts";
import { type Before, findRow, queueOf, type Row, type Store } from "./store.ts";
import { findInTrash, restore, toTrash } from "./trash.ts";

export function apply(
  store: Store,
  move: OperatorMove,
  refs: readonly JobRef[],
  options: ApplyOptions,
): readonly MoveResult[] {
  const call: Call = { store, move, options, now: store.ports.now() };
  const changed: JobRef[] = [];
  const results = refs.map((ref) => {
    const { outcome, wrote } = judge(call, ref);
    if (wrote) changed.push(ref);
    return { ref, outcome, state: findRow(store, ref)?.job.state ?? null };
  });
  if (changed.length > 0) audit(store, call.now, move, options, { refs: changed });
  return results;
}

interface Call {
  readonly store: Store;
  readonly move: OperatorMove;
  readonly options: ApplyOptions;
  readonly now: Instant;
}

function judge(call: Call, ref: JobRef): Judgement {
  const { move, options } = call;
  if (move === "restore") return bringBack(call, ref);
  const row = findRow(call.store, ref);
  if (row === undefined) return untouched("missing");
  return objectionTo(move, row.job, options) ?? EFFECTS[move](call, row);
}

/** Whatever is done to a job after a requeue, the requeue can be undone no more. */
function write({ store, move, options, now }: Call, row: Row, set: Change["set"]): Judgement {
  const replaced = move !== "revert" && set.payload !== undefined ? row.job.payload : null;
  const data = operatorData(move, options, replaced);
  change(store, row, now, { kind: move, data, set: { ...set, lastOp: options.opId ?? null } });
  row.undo = null;
  return DONE;
}

const EFFECTS: Readonly<Record<Exclude<OperatorMove, "restore">, (call: Call, row: Row) => Judgement>> = {
  cancel,
  requeue,
  revert,
  promote: (call, row) => (isDue(row, call.now) ? untouched("done") : write(call, row, { runAt: call.now })),
  reschedule: (call, row) => write(call, row, { runAt: startOf(call.now, call.options) }),
  reprioritise: (call, row) => write(call, row, { priority: call.options.priority ?? row.job.priority }),
  edit: (call, row) => write(call, row, newPayload(call)),
  park: (call, row) => write(call, row, { state: "stale" }),
  remove(call, row) {
    const judgement = write(call, row, {});
    toTrash(call.store, row, call.now);
    return judgement;
  },
};

const newPayload = ({ options: { payload } }: Call): Change["set"] => (payload === undefined ? {} : { payload });

function cancel(call: Call, row: Row): Judgement {
  if (row.job.state !== "active") return write(call, row, { state: "cancelled", reason: "user", finishedAt: call.now });
  if (row.job.cancelRequested) return untouched("requested");
  return { ...write(call, row, { cancelRequested: true }), outcome: "requested" };
}

function requeue(call: Call, row: Row): Judgement {
  const { store, options, now } = call;
  if (otherHolder(queueOf(store, row.job.queue), row, now)) return untouched("held");
  const { epoch } = row.job;
  const before = beforeOf(row);
  const judgement = write(call, row, {
    state: "waiting",
    attempt: 0,
    rescues: 0,
    heldLimit: null,
    reason: null,
    finishedAt: null,
    expiresAt: null,
    result: null,
    progress: null,
    runAt: startOf(now, options),
    ...newPayload(call),
  });
  if (options.opId !== undefined) row.undo = { epoch, before };
  return judgement;
}

const beforeOf = ({ job }: Row): Before => ({
  state: job.state,
  reason: job.reason,
  payload: job.payload,
  attempt: job.attempt,
  rescues: job.rescues,
  heldLimit: job.heldLimit,
  finishedAt: job.finishedAt,
  result: job.result,
  progress: job.progress,
  expiresAt: job.expiresAt,
});

function revert(call: Call, row: Row): Judgement {
  const { undo } = row;
  const isLast = undo !== null && row.job.lastOp === call.options.opId;
  if (!isLast || undo.epoch !== row.job.epoch) return untouched("changed");
  return write(call, row, undo.before);
}

function bringBack(call: Call, ref: JobRef): Judgement {
  const { store, options, now } = call;
  const row = findInTrash(store, ref, now);
  if (row === null) return untouched("missing");
  if (isChanged(row.job, options)) return untouched("changed");
  const queue = queueOf(store, ref.queue);
  if (queue.rows.has(ref.id) || (wantsKey(row) && otherHolder(queue, row, now))) return untouched("held");
  restore(store, row, now);
  return write(call, row, {});
}
