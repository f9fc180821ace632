/**
 * Values inside of JSON text, as the text they are written with.
 *
 * Nothing is parsed that the path does not lead to, and numbers keep every digit. The text must be valid JSON.
 */

import type { JsonText } from "../nouns/job.ts";

/**
 * What stands at a dotted path, in the order of the text; empty if nothing does. A number in the path picks an
 * element of an array, any other name is looked for in each of its elements. A key may hold dots itself.
 *
 * @param path - `""` for the whole value
 */
export function valuesAt(json: JsonText, path: string): readonly JsonText[] {
  const found: JsonText[] = [];
  collect(json, skipSpace(json, 0), path === "" ? null : path, found);
  return found;
}

/** The elements of an array, as text; `null` if it is no array. */
export function elementsOf(json: JsonText): readonly JsonText[] | null {
  const start = skipSpace(json, 0);
  if (json[start] !== "[") return null;
  const found: JsonText[] = [];
  eachPart(json, start, (at) => take(json, at, found));
  return found;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Follows the rest of the path from the value at `at`, and returns where that value ends. One pass over the text. */
function collect(json: JsonText, at: number, rest: string | null, found: JsonText[]): number {
  if (rest === null) return take(json, at, found);
  if (json[at] === "{")
    return eachPart(json, at, (value, key) => {
      const after = afterKey(rest, key);
      return after === undefined ? endOfValue(json, value) : collect(json, value, after, found);
    });
  if (json[at] !== "[") return endOfValue(json, at);
  const head = afterKey(rest, /^\d+(?=\.|$)/.exec(rest)?.[0] ?? null);
  const index = head === undefined ? -1 : Number.parseInt(rest, 10);
  return eachPart(json, at, (value, _key, position) => {
    if (head !== undefined && position === index) return collect(json, value, head, found);
    return head === undefined && json[value] === "{" ? collect(json, value, rest, found) : endOfValue(json, value);
  });
}

function take(json: JsonText, at: number, found: JsonText[]): number {
  const end = endOfValue(json, at);
  found.push(json.slice(at, end));
  return end;
}

/** What is left of the path after this key; `null` if nothing, `undefined` if the path does not go there. */
function afterKey(rest: string, key: string | null): string | null | undefined {
  if (key === null) return undefined;
  if (rest === key) return null;
  return rest.startsWith(key) && rest[key.length] === "." ? rest.slice(key.length + 1) : undefined;
}

/**
 * Calls `visit` with the place of each member of the object or array at `at`; it answers where that member ends.
 * Returns where the object or array ends.
 */
function eachPart(
  json: JsonText,
  at: number,
  visit: (value: number, key: string | null, position: number) => number,
): number {
  const close = json[at] === "{" ? "}" : "]";
  let next = skipSpace(json, at + 1);
  for (let position = 0; next < json.length && json[next] !== close; position++) {
    let key: string | null = null;
    if (close === "}") {
      const end = endOfString(json, next);
      key = JSON.parse(json.slice(next, end)) as string;
      next = skipSpace(json, skipSpace(json, end) + 1);
    }
    next = skipSpace(json, visit(next, key, position));
    if (json[next] === ",") next = skipSpace(json, next + 1);
  }
  return next + 1;
}

function endOfValue(json: JsonText, at: number): number {
  let depth = 0;
  let next = at;
  while (next < json.length) {
    const char = json[next] as string;
    if (char === '"') next = endOfString(json, next);
    else if (char === "{" || char === "[") {
      depth++;
      next++;
    } else if (char === "}" || char === "]") {
      depth--;
      next++;
    } else if (depth > 0) next++;
    else return endOfWord(json, next);
    if (depth === 0) return next;
  }
  return next;
}

/** End of a number, `true`, `false` or `null`. */
function endOfWord(json: JsonText, at: number): number {
  let next = at;
  while (next < json.length && !",]} \t\r\n".includes(json[next] as string)) next++;
  return next;
}

function endOfString(json: JsonText, at: number): number {
  let next = at + 1;
  for (; next < json.length; next++) {
    const code = json.charCodeAt(next);
    if (code === QUOTE) return next + 1;
    if (code === BACKSLASH) next++;
  }
  return next;
}

function skipSpace(json: JsonText, at: number): number {
  let next = at;
  while (next < json.length && " \t\r\n".includes(json[next] as string)) next++;
  return next;
}
