/** A summary made of the document's own sentences: the ones whose words the document uses most. */

import { oneLine } from "../text/reflow.ts";
import { contentWords, sentences } from "../text/words.ts";

export interface Summary {
  readonly text: string;
  /** The words that the document uses most, most frequent first. */
  readonly keywords: readonly string[];
}

export interface SummaryLimits {
  readonly maxSentences: number;
  readonly maxChars: number;
  readonly maxKeywords: number;
}

const DEFAULT_LIMITS: SummaryLimits = { maxSentences: 3, maxChars: 480, maxKeywords: 8 };

/** The first sentence of a text sets its theme more often than any other. */
const FIRST_SENTENCE_BONUS = 1.25;
/** Greetings and lines of an address are shorter than this, and say little by themselves. */
const SHORTEST_SENTENCE = 25;

interface Candidate {
  readonly sentence: string;
  readonly place: number;
  readonly score: number;
}

/**
 * A text that is short enough is its own summary; of one without sentences it is the beginning.
 *
 * @param text - without headings
 */
export function summarize(text: string, limits: SummaryLimits = DEFAULT_LIMITS): Summary {
  const frequency = frequencies(contentWords(text));
  const keywords = [...frequency.keys()].slice(0, limits.maxKeywords);
  const whole = oneLine(text);
  if (whole.length <= limits.maxChars) return { text: whole, keywords };
  const chosen = choose(candidates(text, frequency), limits);
  return { text: chosen === "" ? `${whole.slice(0, limits.maxChars - 1)}…` : chosen, keywords };
}

/** True sentences only: rows of a table end without a full stop. */
function candidates(text: string, frequency: ReadonlyMap<string, number>): readonly Candidate[] {
  return sentences(text)
    .map(oneLine)
    .filter((sentence) => sentence.length >= SHORTEST_SENTENCE && /[.!?…]["'”’)]*$/.test(sentence))
    .map((sentence, place) => ({ sentence, place, score: score(sentence, place, frequency) }));
}

/** The best that fit, in the order of the text. */
function choose(all: readonly Candidate[], { maxSentences, maxChars }: SummaryLimits): string {
  const ranked = [...all].sort((left, right) => right.score - left.score || left.place - right.place);
  const chosen: Candidate[] = [];
  let length = 0;
  for (const candidate of ranked) {
    if (chosen.length === maxSentences || length + candidate.sentence.length > maxChars) continue;
    chosen.push(candidate);
    length += candidate.sentence.length + 1;
  }
  return chosen
    .sort((left, right) => left.place - right.place)
    .map(({ sentence }) => sentence)
    .join(" ");
}

/** Most frequent first; equal ones in the order of the text. */
function frequencies(all: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const word of all) counts.set(word, (counts.get(word) ?? 0) + 1);
  return new Map([...counts].sort((left, right) => right[1] - left[1]));
}

/** The mean frequency of its words, so that long sentences do not win by length; repeated words count once. */
function score(sentence: string, place: number, frequency: ReadonlyMap<string, number>): number {
  const own = [...new Set(contentWords(sentence))];
  if (own.length === 0) return 0;
  const mean = own.reduce((sum, word) => sum + (frequency.get(word) ?? 0), 0) / own.length;
  return place === 0 ? mean * FIRST_SENTENCE_BONUS : mean;
}
