/** Every filter that has a canonical text, for property tests. */

import fc from "fast-check";
import {
  DURATION_FIELDS,
  type Filter,
  FLAGS,
  NUMBER_FIELDS,
  type NumberRange,
  TEXT_FIELDS,
  type Term,
  type TextPattern,
  TIME_FIELDS,
  type TimeRange,
} from "../../src/nouns/filter.ts";
import { PHASES } from "../../src/nouns/lifecycle.ts";

/** Texts that a parser could trip over, and any other. */
const text: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    "OR",
    "AND",
    "",
    " ",
    "-",
    "..",
    "1..5",
    "a..b",
    "-x",
    ">5",
    "=",
    "<2h",
    '"',
    "\\",
    '\\"',
    "(",
    "a)",
    "a:b",
    "*",
    "a b",
    "\n",
  ),
  fc.string({ maxLength: 12 }),
  fc.string({ unit: "binary", maxLength: 8 }),
);

const pattern: fc.Arbitrary<TextPattern> = fc.oneof(
  text.map((value) => ({ text: value, glob: false })),
  fc
    .array(
      text.map((value) => value.replaceAll("*", "")),
      { minLength: 2, maxLength: 4 },
    )
    .map((parts) => ({ text: parts.join("*"), glob: true })),
);

const range = (value: fc.Arbitrary<number>): fc.Arbitrary<NumberRange> =>
  fc
    .tuple(fc.option(value), fc.option(value))
    .map(([a, b]) => (a !== null && b !== null && a > b ? { from: b, to: a } : { from: a, to: b }));

const whole = fc.oneof(fc.integer({ min: -5, max: 50 }), fc.maxSafeInteger());
const durationMs = fc.oneof(
  fc.nat(5_000),
  fc.nat(400).map((days) => days * 86_400_000),
  fc.nat(2_000).map((minutes) => minutes * 60_000),
);
const real = fc
  .oneof(fc.integer({ min: -100, max: 100 }), fc.double({ noDefaultInfinity: true, noNaN: true }))
  .map((n) => n + 0);
const DAY = 86_400_000;
const instant = fc.oneof(
  fc.integer({ min: 0, max: 253_402_300_799_998 }),
  fc.nat(30_000).map((days) => days * DAY),
  fc.nat(30_000).map((days) => days * DAY - 1 + DAY),
  fc.nat(4e7).map((minutes) => minutes * 60_000),
);

const timeRange: fc.Arbitrary<TimeRange> = fc.oneof(
  range(instant).map((at) => ({ kind: "at" as const, ...at })),
  range(fc.tuple(durationMs, fc.boolean()).map(([ms, ahead]) => (ahead ? -ms + 0 : ms)))
    .filter((age) => age.from !== null || age.to !== null)
    .map((age) => ({ kind: "age" as const, fromMs: age.from, toMs: age.to })),
);

const any = fc.array(pattern, { minLength: 1, maxLength: 3 });
const path = text.filter((value) => value !== "");

export const term: fc.Arbitrary<Term> = fc
  .tuple(
    fc.boolean(),
    fc.oneof(
      fc.record({
        field: fc.constant("state" as const),
        any: fc.array(fc.constantFrom(...PHASES), { minLength: 1, maxLength: 3 }),
      }),
      fc.record({ field: fc.constantFrom(...TEXT_FIELDS), any }),
      fc.record({ field: fc.constantFrom(...NUMBER_FIELDS), range: range(whole) }),
      fc.record({ field: fc.constantFrom(...DURATION_FIELDS), range: range(durationMs) }),
      fc.record({ field: fc.constantFrom(...TIME_FIELDS), range: timeRange }),
      fc.record({
        field: fc.constantFrom("payload" as const, "result" as const),
        path: fc.oneof(fc.constant(""), path),
        any,
      }),
      fc.record({ field: fc.constantFrom("payload" as const, "result" as const), path, range: range(real) }),
      fc.record({ field: fc.constant("flag" as const), flag: fc.constantFrom(...FLAGS) }),
      fc.record({ field: fc.constant("word" as const), text: path }),
    ),
  )
  .map(([not, condition]) => ({ not, ...condition }) as Term);

export const filters: fc.Arbitrary<Filter> = fc.array(term, { maxLength: 5 });
