import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Duration, durationMs, printDuration } from "../../src/nouns/duration.ts";

describe("a duration", () => {
  test.each<[Duration, number]>([
    [0, 0],
    [1.4, 1],
    ["250ms", 250],
    ["10s", 10_000],
    ["1.5s", 1_500],
    ["5m", 300_000],
    ["2h", 7_200_000],
    ["7d", 604_800_000],
  ])("%s is %i ms", (text, ms) => {
    expect(durationMs(text, "delay")).toBe(ms);
  });

  test.each([
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    "",
    "5",
    "5 m",
    "m",
    "-5m",
    "5mm",
    "1e3s",
    "40000d",
    "5M",
    null,
    {},
  ])("%s is none, and the error names the field", (value) => {
    expect(() => durationMs(value as Duration, "delay")).toThrow(
      expect.objectContaining({ code: "BAD_DURATION", field: "delay" }),
    );
  });

  test.each([
    [0, "0ms"],
    [1, "1ms"],
    [1_500, "1500ms"],
    [90_000, "90s"],
    [7_200_000, "2h"],
    [604_800_000, "7d"],
  ])("%i ms is printed as %s", (ms, text) => {
    expect(printDuration(ms)).toBe(text);
  });

  test("what is printed is read back as the same", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3_162_240_000_000 }), (ms) => {
        expect(durationMs(printDuration(ms), "delay")).toBe(ms);
      }),
    );
  });
});
