/**
 * A backoff as it is stored, with every job: short, `[1000,4000]` for a list of delays and
 * `["exponential",1000,600000,0.2]` for a rule. There are few different ones, so each is read and written once.
 */

import type { Backoff } from "@jobyard/core/adapter";

/** Of programs that make a new rule for every job. */
const MOST_KNOWN = 1_000;
const known = new Map<string, Backoff>();
let last: { readonly backoff: Backoff; readonly text: string } | null = null;

export function backoffText(backoff: Backoff | null): string | null {
  if (backoff === null) return null;
  if (last?.backoff !== backoff) last = { backoff, text: write(backoff) };
  return last.text;
}

export function toBackoff(text: string | null): Backoff | null {
  if (text === null) return null;
  const found = known.get(text);
  if (found !== undefined) return found;
  if (known.size >= MOST_KNOWN) known.clear();
  const backoff = read(text);
  known.set(text, backoff);
  return backoff;
}

type Rule = Exclude<Backoff, readonly number[]>;
type StoredRule = readonly [type: Rule["type"], delayMs: number, maxDelayMs: number, jitter: number];

const isRule = (backoff: Backoff): backoff is Rule => !Array.isArray(backoff);

/** A rule was stored as an object up to version 1 of the tables. */
const isStoredRule = (stored: StoredRule | Backoff): stored is StoredRule =>
  Array.isArray(stored) && typeof stored[0] === "string";

function write(backoff: Backoff): string {
  if (!isRule(backoff)) return JSON.stringify(backoff);
  const { type, delayMs, maxDelayMs, jitter } = backoff;
  return JSON.stringify([type, delayMs, maxDelayMs, jitter] satisfies StoredRule);
}

function read(text: string): Backoff {
  const stored = JSON.parse(text) as StoredRule | Backoff;
  if (!isStoredRule(stored)) return stored;
  const [type, delayMs, maxDelayMs, jitter] = stored;
  return { type, delayMs, maxDelayMs, jitter };
}
