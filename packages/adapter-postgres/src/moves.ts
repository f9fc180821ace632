/** What each of the operator's moves does to a job that allows it. */

import {
  type ApplyOptions,
  type BeforeRequeue,
  DONE,
  type JsonText,
  type Judgement,
  type OperatorMove,
  operatorData,
  REQUEUED,
  type StoredTexts,
  startOf,
  undoneBy,
  undoText,
  untouched,
} from "@jobyard/core/adapter";
import type { Changes, Known } from "./changes.ts";
import type { Settings } from "./entry.ts";
import { type Claimed, type LockedJob, textOf } from "./locks.ts";

export interface Call {
  readonly changes: Changes;
  readonly move: OperatorMove;
  readonly options: ApplyOptions;
  /** The lease of an active job. */
  readonly claimOf: (job: LockedJob) => Claimed;
}

/** The texts of a job that a move has to see. */
export function textsFor(move: OperatorMove, { opId, payload }: ApplyOptions): readonly (keyof StoredTexts)[] {
  if (move === "edit") return ["payload"];
  if (move === "revert") return ["undo"];
  if (move !== "requeue") return [];
  if (opId !== undefined) return ["payload", "result", "progress"];
  return payload === undefined ? [] : ["payload"];
}

/** @param replaced - the payload that an edit replaced */
export function writeMove(call: Call, known: Known, set: Settings, replaced: JsonText | null = null): void {
  const { changes, move, options } = call;
  const data = operatorData(move, options, replaced);
  changes.change(known, { kind: move, data, set: { ...set, last_op: options.opId ?? null } });
}

type Effect = (call: Call, known: Known) => Judgement;

/** A move that is one change of the job. */
const setting =
  (set: (call: Call, job: LockedJob) => Settings): Effect =>
  (call, known) => {
    writeMove(call, known, set(call, known.job));
    return DONE;
  };

/** By move, for a job in a state that it may leave. */
export const EFFECTS: Readonly<Record<Exclude<OperatorMove, "restore">, Effect>> = {
  cancel,
  requeue,
  revert,
  promote: (call, known) => {
    const { now } = call.changes;
    if (known.job.run_at <= now) return untouched("done");
    writeMove(call, known, { run_at: now });
    return DONE;
  },
  reschedule: setting(({ changes, options }) => ({ run_at: startOf(changes.now, options) })),
  reprioritise: setting(({ options }, job) => ({ priority: options.priority ?? job.priority })),
  edit: (call, known) => {
    const before = textOf(known.job, "payload");
    writeMove(call, known, { payload: call.options.payload ?? before }, before);
    return DONE;
  },
  park: setting(() => ({ state: "stale" })),
  remove: (call, known) => {
    if (known.state === "completed") call.changes.writeCompletion(known);
    writeMove(call, known, {});
    call.changes.remove(known);
    return DONE;
  },
};

function cancel(call: Call, known: Known): Judgement {
  const { changes } = call;
  if (known.state !== "active") {
    writeMove(call, known, { state: "cancelled", reason: "user", finished_at: changes.now });
    return DONE;
  }
  if (known.job.cancel_requested) return untouched("requested");
  changes.writeClaim(known, call.claimOf(known.job));
  writeMove(call, known, { cancel_requested: true });
  return { outcome: "requested", wrote: true };
}

function requeue(call: Call, known: Known): Judgement {
  const { changes, options } = call;
  const { job } = known;
  if (changes.keys.isHeldByAnother(job)) return untouched("held");
  const { opId, payload } = options;
  const replaced = payload === undefined ? null : textOf(job, "payload");
  const set: Settings = {
    ...REQUEUED,
    run_at: startOf(changes.now, options),
    ...(payload !== undefined && { payload }),
    undo: opId === undefined ? null : undoText(opId, withTexts(job)),
  };
  writeMove(call, known, set, replaced);
  return DONE;
}

/** With those that a requeue takes away. */
const withTexts = (job: LockedJob): BeforeRequeue & Pick<LockedJob, "epoch"> => ({
  ...job,
  payload: textOf(job, "payload"),
  result: textOf(job, "result"),
  progress: textOf(job, "progress"),
});

function revert(call: Call, known: Known): Judgement {
  const { job } = known;
  const before = undoneBy(call.options.opId, { ...job, undo: textOf(job, "undo") });
  if (before === null) return untouched("changed");
  writeMove(call, known, { ...before, undo: null });
  return DONE;
}
