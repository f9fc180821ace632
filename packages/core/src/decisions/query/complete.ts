/**
 * What could be typed next: fields, and the values of fields that have few. Values that only the store knows
 * (queues, names, tags) are for the caller to add: the answer says for which field and what was typed of it.
 */

import type { Span } from "./fault.ts";
import { FIELD_ABOUT, FIELDS, type Field, type FieldName, fieldOf, valuesOf } from "./fields.ts";

export interface Suggestion {
  /** What to put in the place of `start` to `end`. */
  readonly text: string;
  readonly about: string;
}

export interface Completion extends Span {
  /** The field whose value is being typed, `null` while it is a field or a word. */
  readonly field: FieldName | null;
  /** What stands between `start` and the caret. */
  readonly typed: string;
  readonly suggestions: readonly Suggestion[];
}

/** @param caret - in UTF-16 units from the start of the text */
export function completeQuery(text: string, caret: number): Completion {
  const before = text.slice(0, caret);
  // Of a value in brackets or after an operator only the part at the caret is replaced.
  const value = /(?:^|\s)-?([a-z]+)(?:\.[^\s:()"]*)?:(?:[<>]=?|=|\((?:[^()]*\sOR\s+|\s*))?([^\s()"]*)$/i.exec(before);
  if (value) {
    const field = fieldOf((value[1] ?? "").toLowerCase());
    const typed = value[2] ?? "";
    return {
      ...spanOf(text, caret, typed),
      field: field?.name ?? null,
      typed,
      suggestions: field ? valuesLike(field, typed) : [],
    };
  }
  const typed = /(?:^|\s)-?([^\s:()"<>=]*)$/.exec(before)?.[1];
  if (typed === undefined) return { start: caret, end: caret, field: null, typed: "", suggestions: [] };
  return { ...spanOf(text, caret, typed), field: null, typed, suggestions: fieldsLike(typed) };
}

/** From where the typed part begins to where the word under the caret ends. */
const spanOf = (text: string, caret: number, typed: string): Span => ({
  start: caret - typed.length,
  end: caret + (/^[^\s()":<>=]*:?/.exec(text.slice(caret))?.[0].length ?? 0),
});

function fieldsLike(typed: string): readonly Suggestion[] {
  const wanted = typed.toLowerCase();
  return FIELDS.filter((field) => field.name.startsWith(wanted)).map((field) => ({
    text: field.kind === "json" ? `${field.name}.` : `${field.name}:`,
    about: FIELD_ABOUT[field.name],
  }));
}

const EXAMPLES: Readonly<Partial<Record<Field["kind"], readonly Suggestion[]>>> = {
  number: [
    { text: ">=1", about: "one or more" },
    { text: "1..3", about: "from one to three" },
  ],
  duration: [
    { text: ">10s", about: "ten seconds or more" },
    { text: "<1m", about: "a minute or less" },
  ],
  time: [
    { text: "<1h", about: "at most an hour ago" },
    { text: "<24h", about: "at most a day ago" },
    { text: ">7d", about: "seven days ago or more" },
  ],
};

function valuesLike(field: Field, typed: string): readonly Suggestion[] {
  if (field.kind in EXAMPLES) return typed === "" ? (EXAMPLES[field.kind] ?? []) : [];
  const wanted = typed.toLowerCase();
  return valuesOf(field)
    .filter((value) => value.startsWith(wanted))
    .map((value) => ({ text: value, about: `${field.name}:${value}` }));
}
