/** Texts that people type, as patterns of LIKE. */

import type { TextPattern } from "@jobyard/core/adapter";

/** Not all ASCII. */
const FOREIGN = /[^\0-\x7f]/;
/** What stands in JSON as it is, neither escaped nor changed by small letters; and no star, which is none of it. */
const PLAIN_RUNS = /[ !#-)+-.0-[\]-~]+/g;

/** A stored text is whole and has no NUL: nothing else can be found, nor sent. */
export const canBeStored = (text: string): boolean => text.isWellFormed() && !text.includes("\0");

export const isAscii = (text: string): boolean => !FOREIGN.test(text);

/** Letter by letter, and the whole of it. */
export const likeOf = ({ text, glob }: TextPattern): string =>
  glob ? text.split("*").map(escaped).join("%") : escaped(text);

const escaped = (text: string): string => text.replaceAll(/[\\%_]/g, "\\$&");

/** Small letters, to be compared with what `jobyard.fold` makes. */
export const foldedLikeOf = ({ text, glob }: TextPattern): string => likeOf({ text: text.toLowerCase(), glob });

/**
 * Covers every text and every JSON in which something that the pattern finds can stand, in small letters: its letters
 * that are surely written as they are, in their order.
 */
export function traceOf({ text }: Pick<TextPattern, "text">): string {
  const runs = text.toLowerCase().match(PLAIN_RUNS) ?? [];
  return ["", ...runs.map(escaped), ""].join("%");
}
