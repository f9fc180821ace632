import { expect, test } from "vitest";
import { formatJson, parseJson } from "./json-nodes";

const format = (text: string): string => {
  const parsed = parseJson(text);
  return parsed.ok ? formatJson(parsed.node) : `fault: ${parsed.fault.message}`;
};

test("numbers, strings and the order of keys stay as they were written", () => {
  const text =
    '{\n  "b": 12345678901234567890,\n  "a": 1.50,\n  "b": [\n    1e3,\n    -0.0,\n    "\\u00e9\\ud800"\n  ],\n  "": {}\n}';
  expect(format(text)).toBe(text);
  expect(format(" [ ] ")).toBe("[]");
});

test("every text that JSON.parse takes is taken, and no other", () => {
  const texts = [
    "null",
    "true",
    "-0",
    "1.5e-7",
    '"a\\"b\\\\"',
    "[[],{}]",
    '{"a":{"b":[1,2,{}]}}',
    "",
    " ",
    "01",
    "1.",
    ".5",
    "+1",
    "[1,]",
    "{,}",
    '{"a"}',
    "{a:1}",
    "'a'",
    "tru",
    "nullx",
    '"a',
    '"\\x"',
    '"\n"',
    "1 2",
    "NaN",
    "\u00a01",
  ];
  for (const text of texts) {
    let valid = true;
    try {
      JSON.parse(text);
    } catch {
      valid = false;
    }
    expect([text, parseJson(text).ok]).toEqual([text, valid]);
  }
});

test("a fault has its place", () => {
  expect(parseJson('{\n  "to": "a",\n  "cc": [1, 2,]\n}')).toMatchObject({ ok: false, fault: { line: 3, column: 15 } });
  expect(parseJson('{"a": "unclosed')).toMatchObject({ ok: false, fault: { line: 1, column: 7 } });
});

test("a text of a hundred thousand brackets is a fault, not a crash", () => {
  expect(parseJson("[".repeat(100_000))).toMatchObject({ ok: false });
  expect(parseJson(`"${"a".repeat(2_000_000)}"`).ok).toBe(true);
});
