/**
 * The query language as terms with their places, before anything is known about fields.
 *
 *     query = term { space term }
 *     term  = ["-"] ( field ":" [op] value | field op value | text )
 *     field = name [ "." path ]          op = ">" | ">=" | "<" | "<=" | "="
 *     value = text | "(" text { "OR" text } ")"
 *     text  = one or more of: bare characters, "quoted with \" and \\"
 */

import { QueryError, type Span } from "./fault.ts";

export type Operator = ">" | ">=" | "<" | "<=" | "=";

/** Bare and quoted pieces without space between: a star in quotes is a plain star. */
export interface Text extends Span {
  readonly pieces: readonly { readonly text: string; readonly quoted: boolean }[];
}

export interface RawTerm extends Span {
  readonly not: boolean;
  /** As written, in lower case; `null` for a bare word, whose text is the one value. */
  readonly field: string | null;
  /** After the field's first dot. */
  readonly path: string | null;
  readonly operator: Operator | null;
  /** More than one only in brackets. */
  readonly values: readonly Text[];
  readonly bracketed: boolean;
}

/** The pieces put together. */
export const plainText = (text: Text): string => text.pieces.map((piece) => piece.text).join("");

/** The text if it was written without quotes, else `null`. */
export const bareText = (text: Text): string | null =>
  text.pieces.every((piece) => !piece.quoted) ? plainText(text) : null;

/** @throws QueryError */
export function readTerms(query: string): readonly RawTerm[] {
  const terms: RawTerm[] = [];
  let at = skipSpace(query, 0);
  while (at < query.length) {
    const term = readTerm(query, at);
    terms.push(term);
    if (term.end < query.length && !isSpace(query, term.end))
      throw new QueryError(
        query,
        { start: at, end: endOfRun(query, term.end) },
        "brackets must be in quotes, and terms apart",
      );
    at = skipSpace(query, term.end);
  }
  return terms;
}

const BARE = /[^\s"()]+/y;
const HEAD = /[^\s"():<>=]+/y;
const OPERATOR = /:(?:>=|<=|>|<|=)?|>=|<=|>|<|=/y;

function readTerm(query: string, start: number): RawTerm {
  const not = query[start] === "-";
  const at = start + (not ? 1 : 0);
  const head = readHead(query, at);
  if (head === null) {
    const word = readText(query, at, BARE);
    if (word.pieces.length === 0)
      throw new QueryError(query, { start, end: endOfRun(query, at) }, "a term is missing here");
    return { start, end: word.end, not, field: null, path: null, operator: null, values: [word], bracketed: false };
  }
  const bracketed = query[head.end] === "(";
  const values = bracketed ? readBrackets(query, start, head.end) : [readText(query, head.end, BARE)];
  const end = bracketed ? skipSpace(query, values.at(-1)?.end ?? 0) + 1 : (values[0]?.end ?? head.end);
  if (values.some((value) => value.pieces.length === 0))
    throw new QueryError(query, { start, end: endOfRun(query, end) }, "a value is missing after the field");
  return { start, end, not, field: head.field, path: head.path, operator: head.operator, values, bracketed };
}

interface Head {
  readonly field: string;
  readonly path: string | null;
  readonly operator: Operator | null;
  readonly end: number;
}

/** Field, path and operator; `null` if what stands here is a bare word. */
function readHead(query: string, at: number): Head | null {
  const name = readText(query, at, HEAD);
  const operator = match(OPERATOR, query, name.end);
  // A head begins bare: what begins with a quote is text.
  if (operator === "" || name.pieces[0]?.quoted) return null;
  const text = plainText(name);
  const dot = text.indexOf(".");
  return {
    field: (dot < 0 ? text : text.slice(0, dot)).toLowerCase(),
    path: dot < 0 ? null : text.slice(dot + 1),
    operator: (operator.replace(":", "") || null) as Operator | null,
    end: name.end + operator.length,
  };
}

/** From the opening bracket; the closing one stands after the last text and its space. */
function readBrackets(query: string, start: number, open: number): readonly Text[] {
  const values: Text[] = [];
  for (let at = open + 1; ; ) {
    const value = readText(query, skipSpace(query, at), BARE);
    values.push(value);
    at = skipSpace(query, value.end);
    if (query[at] === ")") return values;
    if (match(/OR(?=\s)/y, query, at) === "")
      throw new QueryError(query, { start, end: endOfRun(query, at) }, "alternatives are written (a OR b)");
    at += 2;
  }
}

function readText(query: string, start: number, bare: RegExp): Text {
  const pieces: { text: string; quoted: boolean }[] = [];
  let at = start;
  for (;;) {
    if (query[at] === '"') {
      const end = endOfQuoted(query, at);
      pieces.push({ text: query.slice(at + 1, end - 1).replace(/\\(["\\])/g, "$1"), quoted: true });
      at = end;
      continue;
    }
    const text = match(bare, query, at);
    if (text === "") return { pieces, start, end: at };
    pieces.push({ text, quoted: false });
    at += text.length;
  }
}

function endOfQuoted(query: string, at: number): number {
  for (let next = at + 1; next < query.length; next++) {
    if (query[next] === '"') return next + 1;
    if (query[next] === "\\") next++;
  }
  throw new QueryError(query, { start: at, end: query.length }, "the closing quote is missing");
}

function match(pattern: RegExp, query: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(query)?.[0] ?? "";
}

const isSpace = (query: string, at: number): boolean => /\s/.test(query[at] ?? "");
const skipSpace = (query: string, at: number): number => at + match(/\s*/y, query, at).length;
/** For the place of an error: up to the next space. */
const endOfRun = (query: string, at: number): number => at + match(/\S*/y, query, at).length;
