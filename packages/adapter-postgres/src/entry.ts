/** One job in the ledger of a step: how it was, how it is by now, and what of that has to be written. */

import { byteLength, type Instant, needsAttention, type State, type StoredTexts } from "@jobyard/core/adapter";
import { isSamePlace } from "./line.ts";
import type { LockedJob } from "./locks.ts";
import type { Changing } from "./rows.ts";
import type { Changes, JobUpdate } from "./sql/changes.sql.ts";

export interface Entry {
  readonly before: LockedJob;
  readonly from: State;
  readonly begin: "store" | "trash";
  end: "store" | "trash";
  job: LockedJob;
  state: State;
  /** Those that have changed. */
  readonly texts: Set<keyof StoredTexts>;
  /** When it came into its state, if that was in this step; for one from the trash, when it had come into it. */
  enteredAt: Instant | null;
  /** It got a new place in the order. */
  isPlaced: boolean;
}

export const newEntry = (job: LockedJob, state: State, begin: Entry["begin"]): Entry => ({
  before: job,
  from: state,
  begin,
  end: "store",
  job,
  state,
  texts: new Set(),
  enteredAt: null,
  isPlaced: false,
});

/** What may be set of a job. Its event and its place in the order follow. */
export type Settings = Partial<Omit<Changing, "seq" | "ord"> & StoredTexts>;

/** With the lengths of texts that are new. */
export function withSettings(job: LockedJob, settings: Settings): LockedJob {
  const { payload, result, progress, errors, undo, ...small } = settings;
  const { bytes } = job;
  return {
    ...job,
    ...small,
    ...(payload !== undefined && { payload: [payload] }),
    ...(result !== undefined && { result: [result] }),
    ...(progress !== undefined && { progress: [progress] }),
    ...(errors !== undefined && { errors: [errors] }),
    ...(undo !== undefined && { undo: [undo] }),
    bytes: {
      payload: payload === undefined ? bytes.payload : byteLength(payload),
      result: result === undefined ? bytes.result : lengthOf(result),
      errors: errors === undefined ? bytes.errors : lengthOf(errors),
    },
  };
}

const lengthOf = (text: string | null): number | null => (text === null ? null : byteLength(text));

/**
 * What of these entries has to be written.
 *
 * @param turns - of those that get a new number
 */
export function partsOf(
  all: readonly Entry[],
  turns: ReadonlyMap<number, number>,
): Required<Pick<Changes, "restored" | "leaving" | "jobs" | "joining" | "calm" | "attention" | "trashed">> {
  const entries = all.filter(isChanged);
  const moved = entries.filter(isMoved);
  const entered = entries.filter(({ enteredAt }) => enteredAt !== null);
  return {
    restored: pksOf(entries.filter(({ begin }) => begin === "trash")),
    leaving: pksOf(moved.filter(wasInLine)),
    jobs: entries.map((entry) => updateOf(entry, turns.get(entry.job.pk) ?? null)),
    joining: pksOf(moved.filter(isInLine)),
    calm: pksOf(entered.filter(({ begin, from }) => begin === "store" && needsAttention(from))),
    attention: entered.filter(({ state }) => needsAttention(state)).map(attentionOf),
    trashed: pksOf(entries.filter(({ end }) => end === "trash")),
  };
}

const pksOf = (entries: readonly Entry[]): readonly number[] => entries.map(({ before }) => before.pk);
const isChanged = ({ before, job, begin, end }: Entry): boolean =>
  job !== before || begin !== "store" || end !== "store";
const wasInLine = ({ begin, from }: Entry): boolean => begin === "store" && from === "waiting";
const isInLine = ({ end, state }: Entry): boolean => end === "store" && state === "waiting";
const isMoved = (entry: Entry): boolean =>
  entry.isPlaced || wasInLine(entry) !== isInLine(entry) || !isSamePlace(entry.before, entry.job);

const attentionOf = ({ job, state, enteredAt }: Entry): NonNullable<Changes["attention"]>[number] => ({
  pk: job.pk,
  state,
  queue: job.queue,
  at: enteredAt ?? 0,
  finished_at: job.finished_at,
});

const updateOf = ({ job, texts }: Entry, fresh: number | null): JobUpdate => ({
  pk: job.pk,
  fresh,
  state: job.state,
  reason: job.reason,
  priority: job.priority,
  ord: job.ord,
  run_at: job.run_at,
  started_at: job.started_at,
  finished_at: job.finished_at,
  expires_at: job.expires_at,
  attempt: job.attempt,
  rescues: job.rescues,
  epoch: job.epoch,
  seq: job.seq,
  claim_written: job.claim_written,
  cancel_requested: job.cancel_requested,
  held_limit: job.held_limit,
  worker: job.worker,
  last_op: job.last_op,
  payload: texts.has("payload") ? job.payload : null,
  result: texts.has("result") ? job.result : null,
  progress: texts.has("progress") ? job.progress : null,
  errors: texts.has("errors") ? job.errors : null,
  undo: texts.has("undo") ? job.undo : null,
});
