/**
 * A document as a vector: texts that share words lie close together.
 *
 * Vectors come from an {@link Embedder}. The one here is local and deterministic (feature hashing); a model behind an API
 * would be another value of the same interface.
 */

import { contentWords } from "../text/words.ts";

export interface Embedder {
  /** Stored with every vector: vectors of different embedders cannot be compared. */
  readonly name: string;
  readonly dimensions: number;
  /** A vector of length 1, or of zeroes for a text without words. */
  embed(text: string): Float32Array;
}

/**
 * Feature hashing: every word, and every three letters of it at a fifth of the weight (so that "kiln" and "kilns" meet),
 * is hashed to a dimension and a sign. It knows which words texts share, nothing of what they mean.
 *
 * @param dimensions - more of them, fewer collisions
 */
export function hashingEmbedder(dimensions = 256): Embedder {
  return {
    name: `hashing-${dimensions}-v1`,
    dimensions,
    embed(text) {
      const vector = new Float32Array(dimensions);
      for (const [feature, weight] of features(text)) {
        const hash = fnv1a(feature);
        const at = (hash >>> 1) % dimensions;
        vector[at] = (vector[at] as number) + (hash & 1 ? weight : -weight);
      }
      return normalise(vector);
    },
  };
}

/** Of two vectors of one embedder: 1 the same, 0 nothing in common. */
export const similarity = (left: Float32Array, right: Float32Array): number =>
  left.reduce((sum, value, at) => sum + value * (right[at] as number), 0);

const TRIGRAM_WEIGHT = 0.2;

/** A word used ten times says more than once, but not ten times as much. */
function features(text: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const word of contentWords(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  const weights = new Map<string, number>();
  const add = (feature: string, weight: number): void => {
    weights.set(feature, (weights.get(feature) ?? 0) + weight);
  };
  for (const [word, count] of counts) {
    const weight = 1 + Math.log(count);
    add(word, weight);
    const framed = `^${word}$`;
    for (let at = 0; at + 3 <= framed.length; at++) add(framed.slice(at, at + 3), weight * TRIGRAM_WEIGHT);
  }
  return weights;
}

function normalise(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return length === 0 ? vector : vector.map((value) => value / length);
}

/** FNV-1a, 32 bit, with a final mix so that the low bits that we use depend on every letter. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return (hash ^ (hash >>> 16)) >>> 0;
}
