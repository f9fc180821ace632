import { expect, test } from "vitest";
import { addCounts, printCount, printJobs, printShortCount } from "./capped-count";
import { printAgo, printDuration, shortId } from "./format";
import { safeNext } from "./links";
import { stripAnsi } from "./strip-ansi";

test.each([
  [0, "0 ms"],
  [340, "340 ms"],
  [2_449, "2.4 s"],
  [9_999, "9.9 s"],
  [42_000, "42 s"],
  [192_000, "3 m 12 s"],
  [7_200_000, "2 h"],
  [187_200_000, "2 d 4 h"],
])("%d ms is %s", (ms, text) => expect(printDuration(ms)).toBe(text));

test("times are told from now, before and after", () => {
  expect(printAgo(1_000, 1_400)).toBe("now");
  expect(printAgo(0, 12_000)).toBe("12 s ago");
  expect(printAgo(3_700_000, 0)).toBe("in 1 h");
});

test("a count that was capped says so", () => {
  expect(printCount({ n: 10_000, exact: false })).toBe("10,000+");
  expect(printShortCount({ n: 9_999, exact: true })).toBe("9,999");
  expect(printShortCount({ n: 10_000, exact: false })).toBe("10K+");
  expect(printShortCount({ n: 1_234_567, exact: true })).toBe("1.2M");
  expect(
    addCounts([
      { n: 3, exact: true },
      { n: 10_000, exact: false },
    ]),
  ).toEqual({ n: 10_003, exact: false });
  expect(printJobs({ n: 1, exact: true })).toBe("1 job");
  expect(printJobs({ n: 1, exact: false })).toBe("1+ jobs");
});

test("ids are cut in the middle", () => {
  expect(shortId("01a20282-7684-7000-8130-f6dffd3b4a6f")).toBe("01a202…3b4a6f");
  expect(shortId("order-4711")).toBe("order-4711");
});

test("after a login nobody is sent elsewhere", () => {
  for (const next of [
    undefined,
    "",
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "javascript:alert(1)",
  ])
    expect(safeNext(next)).toBe("/");
  expect(safeNext("/jobs?q=state:dead")).toBe("/jobs?q=state:dead");
});

test("a terminal's colours are taken out, text in brackets is not", () => {
  expect(stripAnsi("\u001b[1;31mred\u001b[0m [31m] \u001b]8;;http://x\u0007link")).toBe("red [31m] link");
});
