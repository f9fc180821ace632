/** Backoffs come out as they went in, however they are stored. */

import { expect, test } from "vitest";
import { backoffText, toBackoff } from "../../src/contract/stored-backoff.ts";
import type { Backoff } from "../../src/nouns/job.ts";

/** What core gives a job that asks for nothing else. */
const DEFAULT_BACKOFF: Backoff = { type: "exponential", delayMs: 1_000, maxDelayMs: 600_000, jitter: 0.2 };
const RULE: Backoff = { type: "linear", delayMs: 5, maxDelayMs: 50, jitter: 0 };

test.each<[string, Backoff | null, string | null]>([
  ["none", null, null],
  ["the default", DEFAULT_BACKOFF, "d1"],
  ["a rule", RULE, '["linear",5,50,0]'],
  ["a list", [1_000, 4_000], "[1000,4000]"],
])("%s", (_, backoff, text) => {
  expect(backoffText(backoff)).toBe(text);
  expect(toBackoff(text)).toEqual(backoff);
});

test("the two that alternate are not taken for each other", () => {
  expect([RULE, DEFAULT_BACKOFF, RULE].map(backoffText)).toEqual(['["linear",5,50,0]', "d1", '["linear",5,50,0]']);
});

test("a rule of version 1 is read as it was written", () => {
  expect(toBackoff(JSON.stringify(RULE))).toEqual(RULE);
});

test("of thousands of different ones each is read right", () => {
  for (let delay = 0; delay < 3_000; delay++) expect(toBackoff(`[${delay}]`)).toEqual([delay]);
});
