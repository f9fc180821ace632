import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { matchesText } from "../../src/decisions/glob.ts";

const glob = (text: string, value: string): boolean => matchesText({ text, glob: true }, value, "whole", "exact");

describe("a pattern with stars", () => {
  test("finds what trying every way to spend the stars finds", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 8 });
    const pattern = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 8 });
    fc.assert(
      fc.property(pattern, letters, (text, value) => {
        expect(glob(text, value)).toBe(everyWay(text, value));
      }),
      { numRuns: 5_000, seed: 3 },
    );
  });

  test.each([
    ["aa*aa", "aaa", false],
    ["*aa*aa*", "aaa", false],
    ["*ab*", "ab", true],
    ["a*b*b", "ab", false],
    ["", "", true],
    ["*", "", true],
  ])("%s against %s: %s", (text, value, found) => expect(glob(text, value)).toBe(found));

  test("a star of a pattern that is no glob is a star", () => {
    expect(matchesText({ text: "a*", glob: false }, "a*", "whole", "exact")).toBe(true);
    expect(matchesText({ text: "a*", glob: false }, "ab", "whole", "exact")).toBe(false);
  });

  test("covers a part, and ignores letter case, only if asked to", () => {
    const pattern = { text: "B*d", glob: true };
    expect(matchesText(pattern, "abcde", "part", "ignored")).toBe(true);
    expect(matchesText(pattern, "abcde", "part", "exact")).toBe(false);
    expect(matchesText(pattern, "abcde", "whole", "ignored")).toBe(false);
  });

  function everyWay(text: string, value: string): boolean {
    if (text === "") return value === "";
    if (text[0] !== "*") return value[0] === text[0] && everyWay(text.slice(1), value.slice(1));
    return everyWay(text.slice(1), value) || (value !== "" && everyWay(text, value.slice(1)));
  }
});
