/** The fields of the query language: names, kinds and a line about each, for the parser, the suggestions and the errors. */

import {
  DURATION_FIELDS,
  type DurationField,
  FLAGS,
  NUMBER_FIELDS,
  type NumberField,
  TEXT_FIELDS,
  type TextField,
  TIME_FIELDS,
  type TimeField,
} from "../../nouns/filter.ts";
import { CANCEL_REASONS, PHASES } from "../../nouns/lifecycle.ts";

export type FieldName =
  | "state"
  | TextField
  | NumberField
  | DurationField
  | TimeField
  | "payload"
  | "result"
  | "is"
  | "has";

export type Field =
  | { readonly kind: "state"; readonly name: "state" }
  | { readonly kind: "text"; readonly name: TextField }
  | { readonly kind: "number"; readonly name: NumberField }
  | { readonly kind: "duration"; readonly name: DurationField }
  | { readonly kind: "time"; readonly name: TimeField }
  | { readonly kind: "json"; readonly name: "payload" | "result" }
  | { readonly kind: "flag"; readonly name: "is" | "has" };

export const FIELDS: readonly Field[] = [
  { kind: "state", name: "state" },
  ...TEXT_FIELDS.map((name) => ({ kind: "text", name }) as const),
  ...NUMBER_FIELDS.map((name) => ({ kind: "number", name }) as const),
  ...DURATION_FIELDS.map((name) => ({ kind: "duration", name }) as const),
  ...TIME_FIELDS.map((name) => ({ kind: "time", name }) as const),
  { kind: "json", name: "payload" },
  { kind: "json", name: "result" },
  { kind: "flag", name: "is" },
  { kind: "flag", name: "has" },
];

/** What a field finds, in one line. */
export const FIELD_ABOUT: Readonly<Record<FieldName, string>> = {
  state: "phase of the job",
  id: "id, letter by letter",
  queue: "queue, letter by letter",
  name: "job type",
  worker: "session that runs or last ran it",
  tag: "one of its tags",
  key: "dedupe key",
  parent: "id or queue/id of the job it follows",
  error: "code or text of the last error, any part",
  reason: "why it was cancelled",
  group: "group",
  op: "operation that touched it last",
  priority: "0 is most urgent",
  attempts: "attempts made",
  version: "version of the payload's shape",
  wait: "time from due to claimed",
  run: "time from claimed to finished",
  created: "when it was enqueued",
  finished: "when it became final",
  runat: "when it is or was due",
  payload: "value at a path of the payload",
  result: "value at a path of the result",
  is: "something that is true of the job",
  has: "something that the job has",
};

/** Words that people bring from other tools, and our word for them. */
const SYNONYMS: Readonly<Record<string, FieldName>> = {
  status: "state",
  phase: "state",
  type: "name",
  job: "name",
  data: "payload",
  args: "payload",
  output: "result",
  return: "result",
  since: "created",
  enqueued: "created",
  scheduled: "runat",
  dedupe: "key",
  retries: "attempts",
  session: "worker",
  message: "error",
};

export const fieldOf = (name: string): Field | undefined => FIELDS.find((field) => field.name === name);

/** All words that a field can take, if they are few. */
export function valuesOf(field: Field): readonly string[] {
  if (field.kind === "state") return PHASES;
  if (field.kind === "flag") return flagsOf(field.name);
  return field.name === "reason" ? CANCEL_REASONS : [];
}

const flagsOf = (name: "is" | "has"): readonly string[] =>
  FLAGS.filter((flag) => flag.startsWith(`${name}:`)).map((flag) => flag.slice(name.length + 1));

/** The nearest of some words, if one is near enough to be meant. */
export function nearest(typed: string, words: readonly string[]): string | null {
  const ranked = words
    .map((word) => ({ word, distance: word.startsWith(typed) && typed !== "" ? 1 : editDistance(typed, word) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= 2 && best.distance < best.word.length ? best.word : null;
}

export const nearestField = (typed: string): string | null =>
  SYNONYMS[typed] ??
  nearest(
    typed,
    FIELDS.map((field) => field.name),
  );

/** Letters to add, drop or change (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)),
      );
    row = next;
  }
  return row[b.length] ?? 0;
}
