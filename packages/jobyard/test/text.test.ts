import { describe, expect, test } from "vitest";
import { tableText } from "../src/cli/table.ts";
import { cut, manyLines, oneLine, relative, span, widthOf } from "../src/cli/text.ts";

describe("text of strangers", () => {
  test("no control character reaches the terminal", () => {
    expect(oneLine("a\u001b[31mred\u0007\u009b2J\u202eb")).toBe("a\\u001b[31mred\\u0007\\u009b2J\\u202eb");
    expect(oneLine("one\ntwo\tthree")).toBe("one two three");
    expect(manyLines("one\n    at \u001b]0;x\nthree")).toBe("one\n    at \\u001b]0;x\nthree");
  });

  test("wide signs count twice and combining marks not at all", () => {
    expect(widthOf("日本")).toBe(4);
    expect(widthOf("e\u0301")).toBe(1);
    expect(cut("日本語テキスト", 7)).toBe("日本語…");
    expect(cut("short", 5)).toBe("short");
  });
});

describe("times", () => {
  test.each([
    [0, "0ms"],
    [850, "850ms"],
    [1_000, "1s"],
    [61_000, "1m 1s"],
    [7_500_000, "2h 5m"],
    [86_400_000 * 3, "3d"],
    [86_400_000 + 30_000, "1d"],
  ])("%d ms is %s", (ms, text) => expect(span(ms)).toBe(text));

  test("are told from now", () => {
    expect(relative(10_000, 5_000)).toBe("in 5s");
    expect(relative(5_000, 10_000)).toBe("5s ago");
    expect(relative(5_000, 5_900)).toBe("now");
  });
});

describe("a table", () => {
  const columns = [
    { title: "NAME", cell: (row: { name: string; n: number; text: string }) => row.name },
    { title: "N", align: "right" as const, cell: (row: { n: number }) => String(row.n) },
    { title: "TEXT", cell: (row: { text: string }) => row.text },
  ];
  const plain = { columns: null, header: (text: string) => text };

  test("is aligned, numbers to the right, without spaces at the ends", () => {
    const rows = [
      { name: "a", n: 5, text: "x" },
      { name: "日本", n: 1234, text: "" },
    ];
    expect(tableText(rows, columns, plain).split("\n")).toEqual(["NAME     N  TEXT", "a        5  x", "日本  1234"]);
  });

  test("cuts only its last column to the width of the terminal", () => {
    const rows = [{ name: "a", n: 1, text: "long ".repeat(20) }];
    const lines = tableText(rows, columns, { ...plain, columns: 40 }).split("\n");
    expect(lines.every((line) => widthOf(line) <= 40)).toBe(true);
    expect(lines[1]).toMatch(/…$/);
  });
});
