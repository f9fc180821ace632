/**
 * A filter as text of the query language, in its one canonical form: parsing it gives the same filter back.
 * (A pattern that is marked as a glob has a star in it, alternatives are not empty, ranges do not run backwards.)
 */

import type { Filter, Term, TextPattern } from "../../nouns/filter.ts";
import { DURATION, printRange, REAL, readRange, WHOLE } from "./scales.ts";
import { printTimeRange } from "./times.ts";

/** Terms in the order given, one space between. */
export const printQuery = (filter: Filter): string => filter.map(printTerm).join(" ");

const printTerm = (term: Term): string => `${term.not ? "-" : ""}${printCondition(term)}`;

function printCondition(term: Term): string {
  switch (term.field) {
    case "word":
      return printWord(term.text);
    case "flag":
      return term.flag;
    case "state":
      return `state:${oneOrMany(term.any)}`;
    case "priority":
    case "attempts":
    case "version":
      return `${term.field}:${printRange(WHOLE, term.range)}`;
    case "wait":
    case "run":
      return `${term.field}:${printRange(DURATION, term.range)}`;
    case "created":
    case "finished":
    case "runat":
      return `${term.field}:${printTimeRange(term.range)}`;
    case "payload":
    case "result":
      return printJsonTerm(term);
    default:
      return `${term.field}:${oneOrMany(term.any.map(printPattern))}`;
  }
}

function printJsonTerm(term: Extract<Term, { readonly path: string }>): string {
  const head = term.path === "" ? term.field : `${term.field}.${bareOrQuoted(term.path, /^[^\s"():<>=]+$/)}`;
  if ("any" in term) return `${head}:${oneOrMany(term.any.map(printJsonPattern))}`;
  const range = printRange(REAL, term.range);
  // Without the sign it would be the text of the number.
  return `${head}:${term.range.from !== null && term.range.from === term.range.to ? "=" : ""}${range}`;
}

const oneOrMany = (values: readonly string[]): string =>
  values.length === 1 ? `${values[0]}` : `(${values.join(" OR ")})`;

const BARE_PIECE = /^[^\s"()*<>=]+$/;

function printPattern({ text, glob }: TextPattern): string {
  if (glob)
    return text
      .split("*")
      .map((piece) => (piece === "" ? "" : bareOrQuoted(piece, BARE_PIECE)))
      .join("*");
  return bareOrQuoted(text, BARE_PIECE);
}

/** What looks like a range of numbers must not be read as one. */
const printJsonPattern = (pattern: TextPattern): string =>
  !pattern.glob && pattern.text.includes("..") && readRange(REAL, null, pattern.text) !== null
    ? quoted(pattern.text)
    : printPattern(pattern);

const printWord = (text: string): string =>
  text.startsWith("-") || text === "OR" || text === "AND" ? quoted(text) : bareOrQuoted(text, /^[^\s"()*<>=:]+$/);

const bareOrQuoted = (text: string, bare: RegExp): string => (bare.test(text) ? text : quoted(text));

const quoted = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`;
