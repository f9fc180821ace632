/**
 * A search as data. The query language is parsed into this and printed from it; every store answers it.
 *
 * All terms must hold. A store may answer some terms by an index and the rest by looking at rows, and it
 * says in its answer how many rows it looked at.
 */

import type { Phase, State } from "./lifecycle.ts";

/** Text to compare with. `*` matches any run of characters if `glob` is set, and is a plain star if not. */
export interface TextPattern {
  readonly text: string;
  readonly glob: boolean;
}

/** From and to are inclusive; `null` leaves that side open. */
export interface NumberRange {
  readonly from: number | null;
  readonly to: number | null;
}

/**
 * Instants as given, or ages counted back from when the search is run: `created:<2h` is an age of
 * at most two hours, and stays that when the same search is run tomorrow.
 */
export type TimeRange =
  | ({ readonly kind: "at" } & NumberRange)
  | { readonly kind: "age"; readonly fromMs: number | null; readonly toMs: number | null };

export const TEXT_FIELDS = [
  "id",
  "queue",
  "name",
  "worker",
  "tag",
  "key",
  "parent",
  "error",
  "reason",
  "group",
  "op",
] as const;
export const NUMBER_FIELDS = ["priority", "attempts", "version"] as const;
/** Durations in ms: how long a job waited, from due to its last claim, and how long it ran; what goes on counts until now. */
export const DURATION_FIELDS = ["wait", "run"] as const;
export const TIME_FIELDS = ["created", "finished", "runat"] as const;
export const FLAGS = ["is:held", "is:late", "has:error", "has:result", "has:progress"] as const;

export type TextField = (typeof TEXT_FIELDS)[number];
export type NumberField = (typeof NUMBER_FIELDS)[number];
export type DurationField = (typeof DURATION_FIELDS)[number];
export type TimeField = (typeof TIME_FIELDS)[number];
export type Flag = (typeof FLAGS)[number];

/** One condition. `not` turns it round. */
export type Term = {
  readonly not: boolean;
} /** Words of people: `waiting` is due; what is ahead is `scheduled` or `retrying`. */ & (
  | { readonly field: "state"; readonly any: readonly (State | Phase)[] }
  | { readonly field: TextField; readonly any: readonly TextPattern[] }
  | { readonly field: NumberField | DurationField; readonly range: NumberRange }
  | { readonly field: TimeField; readonly range: TimeRange }
  /** Dotted path into payload or result; a number, `true`, `false` or `null` also matches its JSON value. */
  | { readonly field: "payload" | "result"; readonly path: string; readonly any: readonly TextPattern[] }
  | { readonly field: "payload" | "result"; readonly path: string; readonly range: NumberRange }
  | { readonly field: "flag"; readonly flag: Flag }
  /** A bare word: start of an id, or part of the name or of the last error's text. */
  | { readonly field: "word"; readonly text: string }
);

export type Filter = readonly Term[];
/** Everything. */
export const ALL_JOBS: Filter = [];
