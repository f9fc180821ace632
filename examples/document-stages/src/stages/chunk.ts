/** A document in pieces for search: whole sentences, never across a heading, each beginning with the end of the one before. */

import type { Section } from "../formats/extracted.ts";
import { sentences } from "../text/words.ts";

export interface Chunk {
  readonly heading: string | null;
  readonly text: string;
}

export interface ChunkSize {
  /** Longest chunk in characters, the overlap included. */
  readonly maxChars: number;
  /** How much of the chunk before may be repeated: as many whole sentences as fit. */
  readonly overlapChars: number;
}

const DEFAULT_SIZE: ChunkSize = { maxChars: 600, overlapChars: 120 };

export const chunk = (sections: readonly Section[], size: ChunkSize = DEFAULT_SIZE): readonly Chunk[] =>
  sections.flatMap((section) => chunkSection(section.text, size).map((text) => ({ heading: section.heading, text })));

function chunkSection(text: string, { maxChars, overlapChars }: ChunkSize): readonly string[] {
  const chunks: string[] = [];
  let current: readonly string[] = [];
  for (const part of sentences(text).flatMap((sentence) => splitLong(sentence, maxChars))) {
    if (current.length > 0 && length(current) + 1 + part.length > maxChars) {
      chunks.push(current.join(" "));
      current = tail(current, Math.min(overlapChars, maxChars - part.length - 1));
    }
    current = [...current, part];
  }
  return current.length > 0 ? [...chunks, current.join(" ")] : chunks;
}

/** The last sentences that fit, never all of them: a chunk has to move on. */
function tail(parts: readonly string[], maxChars: number): readonly string[] {
  let from = parts.length;
  while (from > 1 && length(parts.slice(from - 1)) <= maxChars) from--;
  return parts.slice(from);
}

const length = (parts: readonly string[]): number => parts.reduce((sum, part) => sum + part.length, parts.length - 1);

/** A sentence that is longer than a chunk (a table, a list without full stops) is cut between words. */
function splitLong(sentence: string, maxChars: number): readonly string[] {
  if (sentence.length <= maxChars) return [sentence];
  const space = sentence.lastIndexOf(" ", maxChars);
  const cut = space > 0 ? space : maxChars;
  return [sentence.slice(0, cut), ...splitLong(sentence.slice(cut).trimStart(), maxChars)];
}
