/** Terms of filters as data, for tests that ask a reader. */

import type { Filter } from "../nouns/filter.ts";
import type { Instant } from "../nouns/job.ts";
import type { Phase } from "../nouns/lifecycle.ts";

export const inPhase = (...any: readonly Phase[]): Filter => [{ field: "state", not: false, any }];

/** @param text - a pattern if it has an asterisk */
export const withText = (field: "queue" | "name" | "id" | "error", text: string): Filter[number] => ({
  field,
  not: false,
  any: [{ text, glob: text.includes("*") }],
});

/** Both ends are in it; an open side is null. */
export const createdBetween = (from: Instant | null, to: Instant | null): Filter => [
  { field: "created", not: false, range: { kind: "at", from, to } },
];
