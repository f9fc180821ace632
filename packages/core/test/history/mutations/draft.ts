/** A valid history that may be written into, and what mutations look for in it. */

import type { DumpedJob, EnqueueAnswer, HistoryEntry, SettleAnswer } from "../../../src/testing/history/entry.ts";
import { keyOf } from "../../../src/testing/history/facts.ts";
import { newborn, type Picture } from "../../../src/testing/history/picture.ts";
import type { History } from "../simulation/simulate.ts";

export type Mutable<T> = T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;
export type Entry = Mutable<HistoryEntry>;
export type Job = Mutable<DumpedJob>;
export type EntryOf<K extends HistoryEntry["kind"]> = Extract<Entry, { kind: K }>;

export interface Draft {
  readonly entries: Entry[];
  readonly jobs: Job[];
  readonly queues: { queue: string; depth: number }[];
  readonly rows: { queue: string; id: string }[];
}

/** One way of breaking one promise. */
export interface Mutation {
  /** The invariant that must notice, alone. */
  readonly breaks: string;
  readonly how: string;
  /** @param n - which of the places that fit; false: this history has none */
  readonly apply: (draft: Draft, n: number) => boolean;
}

export function draftOf({ entries, dump }: History): Draft {
  const { jobs, queues, effectRows } = structuredClone(dump);
  return {
    entries: structuredClone(entries) as Entry[],
    jobs: jobs as Job[],
    queues: queues as Draft["queues"],
    rows: [...(effectRows?.rows ?? [])] as Draft["rows"],
  };
}

export const pick = <T>(list: readonly T[], n: number): T | undefined => list[n % Math.max(1, list.length)];

export const entriesOf = <K extends HistoryEntry["kind"]>({ entries }: Draft, kind: K): EntryOf<K>[] =>
  entries.filter((entry): entry is EntryOf<K> => entry.kind === kind);

/** Jobs whose id was never free for another. */
export function plainJobs(draft: Draft): Job[] {
  const removed = new Set(
    entriesOf(draft, "move").flatMap(({ move, refs }) => (move === "remove" ? refs.map(keyOf) : [])),
  );
  return draft.jobs.filter((job) => !removed.has(keyOf(job)));
}

/** One thing asked, and the place of its answer. */
export interface Asked<Q, A> {
  readonly asked: Q;
  readonly answers: A[];
  readonly index: number;
}

export const enqueueAnswers = (draft: Draft): Asked<EntryOf<"enqueue">["jobs"][number], EnqueueAnswer>[] =>
  pairs(entriesOf(draft, "enqueue"), entriesOf(draft, "enqueued"), ({ jobs }) => jobs);

export const settleAnswers = (draft: Draft): Asked<EntryOf<"settle">["settlements"][number], Mutable<SettleAnswer>>[] =>
  pairs(entriesOf(draft, "settle"), entriesOf(draft, "settled"), ({ settlements }) => settlements);

interface OfCall {
  readonly process: string;
  readonly call: number;
}

function pairs<V extends OfCall, Q, A>(
  verbs: readonly V[],
  participles: readonly (OfCall & ({ readonly answers: A[] } | { readonly error: string }))[],
  parts: (verb: V) => readonly Q[],
): Asked<Q, A>[] {
  const byCall = new Map(verbs.map((verb) => [`${verb.call} ${verb.process}`, verb]));
  return participles.flatMap((participle) => {
    const verb = byCall.get(`${participle.call} ${participle.process}`);
    if (verb === undefined || "error" in participle) return [];
    return parts(verb).map((asked, index) => ({ asked, answers: participle.answers, index }));
  });
}

/** A job that the store accepted and that has lived through these events; the record is what they say. */
export function addJob(
  draft: Draft,
  id: string,
  events: readonly (readonly [kind: string, data: object | null])[],
  record: Partial<Picture> = {},
  about: { role?: "pill"; dedupe?: { key: string; while: "open" }; at?: readonly number[] } = {},
): void {
  const at = draft.entries[0]?.at ?? 0;
  const ref = { queue: "work", id };
  const { at: times = [], ...asked } = about;
  draft.entries.push({ at, process: id, kind: "enqueue", call: 1, jobs: [{ ...ref, ...asked }] });
  draft.entries.push({ at, process: id, kind: "enqueued", call: 1, answers: ["accepted"] });
  const { state, reason, attempt, rescues, heldLimit, epoch } = { ...newborn("waiting"), ...record };
  draft.jobs.push({
    ...ref,
    ...{ state, reason, epoch, seq: events.length, maxAttempts: 3 },
    attempt: Number(attempt),
    rescues: Number(rescues),
    heldLimit: heldLimit === "unknown" ? null : heldLimit,
    events: events.map(([kind, data], index) => ({
      seq: index + 1,
      at: times[index] ?? at,
      kind,
      data: data === null ? null : JSON.stringify(data),
    })),
  });
}
