/** Files of histories: whole lines, and the one that a kill cut. */

import { expect, test } from "vitest";
import { isQueueError } from "../../src/nouns/errors.ts";
import type { HistoryEntry } from "../../src/testing/history/entry.ts";
import { parseHistory } from "../../src/testing/history/parse-history.ts";

const ENTRIES: readonly HistoryEntry[] = [
  { at: 1, process: "w1", kind: "point", point: "after-claim" },
  { at: 2, process: "w1", kind: "effect", queue: "mail", id: "a\nb", epoch: 0 },
];
const TEXT = ENTRIES.map((entry) => `${JSON.stringify(entry)}\n`).join("");

test("every line is an entry", () => {
  expect(parseHistory(TEXT, "w1.jsonl")).toEqual({ entries: ENTRIES, cutLine: null });
  expect(parseHistory("", "w1.jsonl")).toEqual({ entries: [], cutLine: null });
});

test("a last line that was cut is dropped, and told", () => {
  for (const end of [1, 2, 10, 40]) {
    const cut = TEXT.slice(0, -end);
    const { entries, cutLine } = parseHistory(cut, "w1.jsonl");
    expect(entries).toEqual(ENTRIES.slice(0, 1));
    expect(cutLine).toBe(cut.slice(TEXT.indexOf("\n") + 1));
  }
});

test.each([
  ["no JSON", "{"],
  ["no object", "17"],
  ["nothing", ""],
  ["a kind that nobody knows", '{"at":1,"process":"w1","kind":"miracle"}'],
  ["no writer", '{"at":1,"kind":"point","point":"x"}'],
  ["no time", '{"process":"w1","kind":"point","point":"x"}'],
])("%s within a file is an error that names the place", (_, line) => {
  expect.assertions(1);
  try {
    parseHistory(`${TEXT}${line}\n${TEXT}`, "w1.jsonl");
  } catch (error) {
    expect(isQueueError(error, "BAD_OPTION") && error.detail).toContain("w1.jsonl:3: not a line of a history");
  }
});
