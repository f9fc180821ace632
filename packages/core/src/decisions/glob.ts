/**
 * Text against a pattern with stars, in time linear in the text: no regular expression is ever made of what
 * a person typed, so no search can be written that hangs the process.
 */

import type { TextPattern } from "../nouns/filter.ts";

/** What of the value the pattern must cover: all of it, or any part. */
export type Cover = "whole" | "part";
/** `exact` for identifiers, where two names may differ by letter case alone. */
export type LetterCase = "exact" | "ignored";

/** True if the pattern covers the value. A star of a pattern that is no glob is a plain star. */
export function matchesText(pattern: TextPattern, value: string, cover: Cover, letters: LetterCase): boolean {
  const text = fold(value, letters);
  const wanted = fold(pattern.text, letters);
  const pieces = pattern.glob ? wanted.split("*") : [wanted];
  return inOrder(cover === "part" ? ["", ...pieces, ""] : pieces, text);
}

/** False if no part of the text can be covered by the pattern: a glance, to save a closer look. */
export function mayStandIn(pattern: TextPattern, text: string): boolean {
  const wanted = fold(pattern.text, "ignored");
  return pattern.glob ? wanted.split("*").every((piece) => text.includes(piece)) : text.includes(wanted);
}

/** Letters as they are compared when their case does not matter. */
export const fold = (text: string, letters: LetterCase): string => (letters === "exact" ? text : text.toLowerCase());

/** First piece at the start, last piece at the end, the others between, in order and without overlap. */
function inOrder(pieces: readonly string[], text: string): boolean {
  const first = pieces[0] ?? "";
  if (pieces.length === 1) return text === first;
  const last = pieces.at(-1) ?? "";
  const end = text.length - last.length;
  if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  // Taking the leftmost place for each piece never makes a later one impossible.
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}
