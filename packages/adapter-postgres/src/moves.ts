/** What each of the operator's moves does to a job that allows it. */

import type { ApplyOptions, JobRef, JsonText, MoveResult, OperatorMove } from "@jobyard/core/adapter";
import { operatorData } from "@jobyard/core/adapter";
import type { Changes, Known } from "./changes.ts";
import type { Settings } from "./entry.ts";
import type { Claimed, LockedJob, ReadTexts } from "./locks.ts";
import type { Changing, Texts } from "./rows.ts";

export interface Call {
  readonly changes: Changes;
  readonly move: OperatorMove;
  readonly options: ApplyOptions;
  /** The lease of an active job. */
  readonly claimOf: (job: LockedJob) => Claimed;
}

export interface Judgement {
  readonly outcome: MoveResult["outcome"];
  readonly wrote: boolean;
}

export const untouched = (outcome: MoveResult["outcome"]): Judgement => ({ outcome, wrote: false });
export const DONE: Judgement = { outcome: "done", wrote: true };

/** The texts of a job that a move has to see. */
export function textsFor(move: OperatorMove, { opId, payload }: ApplyOptions): readonly (keyof Texts)[] {
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
    if (known.job.run_at <= now) return { outcome: "done", wrote: false };
    writeMove(call, known, { run_at: now });
    return DONE;
  },
  reschedule: setting((call) => ({ run_at: startOf(call) })),
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

const startOf = ({ changes, options }: Call): number => changes.now + (options.delayMs ?? 0);

function textOf<Name extends keyof Texts>(job: ReadTexts & JobRef, name: Name): Texts[Name] {
  const text: ReadTexts[Name] = job[name];
  if (text === null) throw new Error(`job ${job.queue}/${job.id} was read without its ${name}`);
  return text[0];
}

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
    ...(payload !== undefined && { payload }),
    undo:
      opId === undefined ? null : JSON.stringify({ op: opId, epoch: job.epoch, before: beforeOf(job) } satisfies Undo),
  };
  writeMove(call, known, set, replaced);
  return DONE;
}

/** What `revert` puts back. */
type Before = Pick<
  Changing & Texts,
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

const beforeOf = (job: LockedJob): Before => ({
  state: job.state,
  reason: job.reason,
  payload: textOf(job, "payload"),
  attempt: job.attempt,
  rescues: job.rescues,
  held_limit: job.held_limit,
  finished_at: job.finished_at,
  result: textOf(job, "result"),
  progress: textOf(job, "progress"),
  expires_at: job.expires_at,
});

function revert(call: Call, known: Known): Judgement {
  const { job } = known;
  const text = textOf(job, "undo");
  const undo = text === null ? null : (JSON.parse(text) as Undo);
  const isLast = undo !== null && undo.op === call.options.opId && undo.op === job.last_op;
  if (!isLast || undo.epoch !== job.epoch) return untouched("changed");
  writeMove(call, known, { ...undo.before, undo: null });
  return DONE;
}
