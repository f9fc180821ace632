/** Joins what was asked to what was answered, so that nobody else needs to know that a call has two entries. */

import { QueueError } from "../../nouns/errors.ts";
import type { JobRef } from "../../nouns/job.ts";
import type { OperatorMove } from "../../nouns/lifecycle.ts";
import type {
  AskedJob,
  AskedSettlement,
  EnqueueAnswer,
  EnqueueEntry,
  Failed,
  HistoryEntry,
  MoveAnswer,
  MoveEntry,
  SettleAnswer,
  SettleEntry,
  Stamp,
} from "./entry.ts";

/** Each thing that a call asked for, with its answer; `null` where nobody knows what became of it. */
export interface Call<Asked, Answer> extends Stamp {
  readonly pairs: readonly (readonly [Asked, Answer | null])[];
  /** The error it failed with; `unanswered` if the process did not live to see the answer. */
  readonly outcome: "answered" | "unanswered" | Failed;
}
export type EnqueueCall = Call<AskedJob, EnqueueAnswer> & { readonly kind: "enqueue" };
export type SettleCall = Call<AskedSettlement, SettleAnswer> & { readonly kind: "settle" };
export type MoveCall = Call<JobRef, MoveAnswer> & { readonly kind: "move"; readonly move: OperatorMove };

/** What happened: an entry that stands for itself, or a call. */
export type Occurrence = Single | EnqueueCall | SettleCall | MoveCall;
type Single = Exclude<
  HistoryEntry,
  { readonly kind: "enqueue" | "enqueued" | "settle" | "settled" | "move" | "moved" }
>;

/**
 * A call comes when it is answered; those without an answer come last.
 *
 * @throws QueueError `BAD_OPTION` if an answer has no question, or another number of parts
 */
export function* occurrences(entries: Iterable<HistoryEntry>): Iterable<Occurrence> {
  const enqueues = new Map<string, Stamp & EnqueueEntry>();
  const settles = new Map<string, Stamp & SettleEntry>();
  const moves = new Map<string, Stamp & MoveEntry>();
  for (const entry of entries) {
    switch (entry.kind) {
      case "enqueue":
        enqueues.set(callKey(entry), entry);
        break;
      case "enqueued":
        yield enqueueCall(take(enqueues, entry), entry);
        break;
      case "settle":
        settles.set(callKey(entry), entry);
        break;
      case "settled":
        yield settleCall(take(settles, entry), entry);
        break;
      case "move":
        moves.set(callKey(entry), entry);
        break;
      case "moved":
        yield moveCall(take(moves, entry), entry);
        break;
      default:
        yield entry;
    }
  }
  for (const asked of enqueues.values()) yield enqueueCall(asked, null);
  for (const asked of settles.values()) yield settleCall(asked, null);
  for (const asked of moves.values()) yield moveCall(asked, null);
}

type Answered<Answer> = (Stamp & ({ readonly answers: readonly Answer[] } | Failed)) | null;

const enqueueCall = (asked: Stamp & EnqueueEntry, answered: Answered<EnqueueAnswer>): EnqueueCall => ({
  kind: "enqueue",
  ...join(asked, asked.jobs, answered),
});

const settleCall = (asked: Stamp & SettleEntry, answered: Answered<SettleAnswer>): SettleCall => ({
  kind: "settle",
  ...join(asked, asked.settlements, answered),
});

const moveCall = (asked: Stamp & MoveEntry, answered: Answered<MoveAnswer>): MoveCall => ({
  kind: "move",
  move: asked.move,
  ...join(asked, asked.refs, answered),
});

function join<Asked, Answer>(asker: Stamp, asked: readonly Asked[], answered: Answered<Answer>): Call<Asked, Answer> {
  const { at, process } = answered ?? asker;
  if (answered === null || "error" in answered) {
    const outcome = answered === null ? "unanswered" : { error: answered.error };
    return { at, process, pairs: asked.map((one) => [one, null]), outcome };
  }
  const { answers } = answered;
  if (answers.length !== asked.length)
    throw new QueueError("BAD_OPTION", `${process}: ${answers.length} answers to ${asked.length} questions`);
  return { at, process, pairs: asked.map((one, index) => [one, answers[index] ?? null]), outcome: "answered" };
}

const callKey = ({ process, call }: Stamp & { readonly call: number }): string => `${call} ${process}`;

function take<Asked>(
  open: Map<string, Asked>,
  answer: Stamp & { readonly kind: string; readonly call: number },
): Asked {
  const asked = open.get(callKey(answer));
  open.delete(callKey(answer));
  if (asked !== undefined) return asked;
  throw new QueueError("BAD_OPTION", `${answer.process}: "${answer.kind}" of call ${answer.call} answers nothing`);
}
