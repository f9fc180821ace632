/**
 * A backoff as SQL stores keep it, with every job, so it is short: a name if nearly every job has it, `[1000,4000]` for a
 * list of delays, `["exponential",1000,600000,0.2]` for a rule. There are few different ones, so each is read and
 * written once.
 */

import type { Backoff } from "../nouns/job.ts";

type Rule = Exclude<Backoff, readonly number[]>;
type StoredRule = readonly [type: Rule["type"], delayMs: number, maxDelayMs: number, jitter: number];

/**
 * The default of core has a name. The list only ever grows, a name never changes what it means, and a new one comes
 * with a new version of every store's tables: processes that do not know it could not read the jobs.
 */
const NAMED: readonly (readonly [name: string, rule: StoredRule])[] = [["d1", ["exponential", 1_000, 600_000, 0.2]]];

const ruleOf = ([type, delayMs, maxDelayMs, jitter]: StoredRule): Rule => ({ type, delayMs, maxDelayMs, jitter });

const names = new Map(NAMED.map(([name, rule]) => [JSON.stringify(rule), name]));
const named = new Map(NAMED.map(([name, rule]) => [name, ruleOf(rule)]));

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
  const found = named.get(text) ?? known.get(text);
  if (found !== undefined) return found;
  if (known.size >= MOST_KNOWN) known.clear();
  const backoff = read(text);
  known.set(text, backoff);
  return backoff;
}

const isRule = (backoff: Backoff): backoff is Rule => !Array.isArray(backoff);

/** SQLite stored a rule as an object up to version 1 of its tables. */
const isStoredRule = (stored: StoredRule | Backoff): stored is StoredRule =>
  Array.isArray(stored) && typeof stored[0] === "string";

function write(backoff: Backoff): string {
  if (!isRule(backoff)) return JSON.stringify(backoff);
  const { type, delayMs, maxDelayMs, jitter } = backoff;
  const text = JSON.stringify([type, delayMs, maxDelayMs, jitter] satisfies StoredRule);
  return names.get(text) ?? text;
}

function read(text: string): Backoff {
  const stored = JSON.parse(text) as StoredRule | Backoff;
  return isStoredRule(stored) ? ruleOf(stored) : stored;
}
