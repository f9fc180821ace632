/** What an index on `jobyard.payload_terms(payload)` can be asked for. */

import type { Filter } from "@jobyard/core/adapter";
import { canBeStored, isAscii } from "./patterns.ts";

/** As the function cuts them. */
const LONGEST = 200;
/** Each may be a name or a place in a list; more of them would be too many combinations. */
const MOST_NUMBERS = 3;
/** The term of payloads that the database cannot take apart: they may hold anything. */
const ANYTHING = "?";

/** For each condition that must hold and that the index knows about: a match has one of these terms at least. */
export const termsOf = (filter: Filter): readonly (readonly string[])[] =>
  filter.flatMap((term) => {
    if (term.field !== "payload" || term.not || term.path === "" || !("any" in term)) return [];
    const values = term.any.map(({ text }) => text.toLowerCase());
    if (term.any.some(({ text, glob }) => glob && text.includes("*")) || !values.every(isIndexed)) return [];
    const paths = pathsOf(term.path);
    if (paths === null) return [];
    return [[...paths.flatMap((path) => values.map((value) => cut(`${path}=${value}`))), ANYTHING]];
  });

/** Objects and lists are compared as texts, and are not in the index. */
const isIndexed = (value: string): boolean => canBeStored(value) && isAscii(value) && !/^[{[]/.test(value);

/** By characters, as Postgres counts them. */
const cut = (term: string): string => [...term].slice(0, LONGEST).join("");

/** With and without each number. Null if there are too many of them, or nothing else: elements have no name. */
function pathsOf(path: string): readonly string[] | null {
  if (!canBeStored(path)) return null;
  const names = path.split(".");
  const numbers = names.filter(isNumber).length;
  if (numbers > MOST_NUMBERS || numbers === names.length) return null;
  const ways = names.reduce<readonly (readonly string[])[]>(
    (before, name) => before.flatMap((way) => (isNumber(name) ? [[...way, name], way] : [[...way, name]])),
    [[]],
  );
  return ways.map((way) => way.join("."));
}

const isNumber = (name: string): boolean => /^\d+$/.test(name);
