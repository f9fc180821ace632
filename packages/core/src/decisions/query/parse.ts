/**
 * Text of the query language to a filter: one parser for CLI, HTTP and dashboard.
 *
 * Nothing that was typed is ever dropped: what cannot be understood is an error that says what is allowed.
 */

import {
  type Filter,
  FLAGS,
  type NumberRange,
  type Term,
  type TextPattern,
  type TimeRange,
} from "../../nouns/filter.ts";
import type { Instant } from "../../nouns/job.ts";
import type { Phase } from "../../nouns/lifecycle.ts";
import { QueryError } from "./fault.ts";
import { FIELDS, type Field, fieldOf, nearest, nearestField, valuesOf } from "./fields.ts";
import { DURATION, REAL, readRange, type Scale, WHOLE } from "./scales.ts";
import { readTimeRange, TIME_FORM } from "./times.ts";
import { bareText, plainText, type RawTerm, readTerms, type Text } from "./tokens.ts";

/** In UTF-16 units. */
export const QUERY_MAX_LENGTH = 2_000;
export const QUERY_MAX_TERMS = 40;

/**
 * The filter that a text means; an empty text means every job. Dates and times are UTC.
 *
 * @param now - what "today" is in times without a date; ages stay ages
 * @throws QueryError (a QueueError `BAD_QUERY`) with the term that is wrong, its place and what is allowed
 */
export function parseQuery(text: string, now: Instant): Filter {
  if (text.length > QUERY_MAX_LENGTH)
    throw new QueryError(
      text,
      { start: QUERY_MAX_LENGTH, end: QUERY_MAX_LENGTH },
      `at most ${QUERY_MAX_LENGTH} characters`,
    );
  const terms = readTerms(text);
  const over = terms[QUERY_MAX_TERMS];
  if (over) throw new QueryError(text, over, `at most ${QUERY_MAX_TERMS} terms`);
  return terms.map((term) => readTerm(term, (what) => new QueryError(text, term, what), now));
}

type Fault = (what: string) => QueryError;

function readTerm(term: RawTerm, fault: Fault, now: Instant): Term {
  const { not } = term;
  if (term.field === null) return { not, field: "word", text: readWord(only(term, fault), fault) };
  const field = fieldOf(term.field);
  if (!field) throw fault(unknownField(term.field));
  if (term.path !== null && field.kind !== "json")
    throw fault(`only payload and result have paths; write ${field.name}:…`);
  switch (field.kind) {
    case "state":
      return { not, field: field.name, any: words(term, field, fault) as readonly Phase[] };
    case "flag":
      return { not, field: "flag", flag: readFlag(term, field, fault) };
    case "text":
      return { not, field: field.name, any: readPatterns(term, fault) };
    case "number":
      return { not, field: field.name, range: readNumbers(term, WHOLE, fault) };
    case "duration":
      return { not, field: field.name, range: readNumbers(term, DURATION, fault) };
    case "time":
      return { not, field: field.name, range: readTimes(term, fault, now) };
    case "json":
      return readJsonTerm(term, field.name, fault);
  }
}

function unknownField(typed: string): string {
  const meant = nearestField(typed);
  return `there is no field ${typed}; ${meant ? `did you mean ${meant}?` : "to search for this text, put it in quotes."} Fields: ${FIELDS.map((field) => field.name).join(", ")}`;
}

function readWord(text: Text, fault: Fault): string {
  const word = plainText(text);
  if (word === "") throw fault("a word has at least one character");
  if (word === "OR" && bareText(text) !== null)
    throw fault("OR stands between values in brackets: state:(dead OR stale)");
  if (word === "AND" && bareText(text) !== null) throw fault("all terms must hold anyway: leave AND out");
  for (const piece of text.pieces) {
    if (piece.quoted) continue;
    if (piece.text.includes("*"))
      throw fault("a word is found in any part of name and error: leave the star out, or put it in quotes");
    if (/[:<>=]/.test(piece.text)) throw fault("put the whole text in quotes");
  }
  return word;
}

/** Words of a list, in small letters. */
function words(term: RawTerm, field: Field, fault: Fault): readonly string[] {
  noOperator(term, fault);
  const allowed = valuesOf(field);
  return term.values.map((value) => {
    const word = plainText(value).toLowerCase();
    if (allowed.includes(word)) return word;
    const meant = nearest(word, allowed);
    throw fault(`${field.name} is one of ${allowed.join(", ")}${meant ? `; did you mean ${meant}?` : ""}`);
  });
}

function readFlag(term: RawTerm, field: Field, fault: Fault): (typeof FLAGS)[number] {
  if (term.bracketed) throw fault(`${field.name}: takes one word; use several terms`);
  const name = `${field.name}:${words(term, field, fault)[0]}`;
  const flag = FLAGS.find((known) => known === name);
  if (flag === undefined) throw fault(`${field.name} is one of ${valuesOf(field).join(", ")}`);
  return flag;
}

function readPatterns(term: RawTerm, fault: Fault): readonly TextPattern[] {
  noOperator(term, fault);
  return term.values.map((value) => readPattern(value, fault));
}

function readPattern(value: Text, fault: Fault): TextPattern {
  const glob = value.pieces.some((piece) => !piece.quoted && piece.text.includes("*"));
  if (glob && value.pieces.some((piece) => piece.quoted && piece.text.includes("*")))
    throw fault("a star in quotes is a plain star, and cannot stand beside one that is not");
  return { text: plainText(value), glob };
}

function readJsonTerm(term: RawTerm, field: "payload" | "result", fault: Fault): Term {
  const { not } = term;
  if (term.path === "") throw fault(`the path is missing: ${field}.orderId:4711`);
  const path = term.path ?? "";
  const bare = term.bracketed ? null : bareText(only(term, fault));
  const range = bare === null ? null : readRange(REAL, term.operator, bare);
  if (term.operator !== null || (range !== null && bare?.includes(".."))) {
    if (range === null) throw fault(`after ${term.operator} stands ${REAL.form}`);
    return { not, field, path, range: ordered(range, fault) };
  }
  return { not, field, path, any: readPatterns(term, fault) };
}

function readNumbers(term: RawTerm, scale: Scale, fault: Fault): NumberRange {
  const bare = bareText(only(term, fault));
  const range = bare === null ? null : readRange(scale, term.operator, bare);
  if (range === null) throw fault(`${term.field} is ${scale.form}`);
  return ordered(range, fault);
}

function readTimes(term: RawTerm, fault: Fault, now: Instant): TimeRange {
  const bare = bareText(only(term, fault));
  const range = bare === null ? null : readTimeRange(term.operator, bare, now);
  if (range === null) throw fault(`${term.field} is ${TIME_FORM}`);
  ordered(range.kind === "at" ? range : { from: range.fromMs, to: range.toMs }, fault);
  return range;
}

function ordered(range: NumberRange, fault: Fault): NumberRange {
  if (range.from !== null && range.to !== null && range.from > range.to)
    throw fault("the range ends before it begins; turn it round");
  return range;
}

function only(term: RawTerm, fault: Fault): Text {
  const [value] = term.values;
  if (term.bracketed || value === undefined) throw fault(`${term.field} takes one value or a range, no list`);
  return value;
}

function noOperator(term: RawTerm, fault: Fault): void {
  if (term.operator !== null) throw fault(`${term.field} is text and has no order; write ${term.field}:value`);
}
