import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { byteLength, canonicalJson, sameJson } from "../../src/nouns/json.ts";

describe("the same JSON", () => {
  test.each([
    ['{"a":1,"b":2}', '{ "b": 2, "a": 1 }'],
    ["1.0", "1"],
    ["1e2", "100"],
    ['"\\u0061"', '"a"'],
    ["12345678901234567890", "12345678901234567890"],
    ['{"a":[1,{"c":null,"b":true}]}', '{"a":[1,{"b":true,"c":null}]}'],
  ])("%s is %s", (a, b) => {
    expect(sameJson(a, b)).toBe(true);
  });

  test.each([
    ["[1,2]", "[2,1]"],
    ['{"a":1}', '{"a":1,"b":null}'],
    ["[]", "{}"],
    ['"1"', "1"],
    ["12345678901234567890", "12345678901234567891"],
    ["1e400", "1e401"],
    ["null", '"null"'],
    ['"a\\u0000"', '"a"'],
  ])("%s is not %s", (a, b) => {
    expect(sameJson(a, b)).toBe(false);
  });

  test("a value is itself however its keys are ordered and its text is spaced", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(sameJson(JSON.stringify(value), JSON.stringify(reversed(value), null, 2))).toBe(true);
        expect(JSON.parse(canonicalJson(JSON.stringify(value)))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

const reversed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reversed(item)]),
  );
};

test("length is counted in bytes of UTF-8", () => {
  expect(byteLength("aé日😀")).toBe(1 + 2 + 3 + 4);
});
