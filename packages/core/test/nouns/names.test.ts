import { describe, expect, test } from "vitest";
import { checkId, checkName } from "../../src/nouns/names.ts";

const refused = (field: string): unknown => expect.objectContaining({ code: "BAD_NAME", field });

describe("a name", () => {
  test.each(["mail", "a", "42", "with space", "größe", "日本語", "😀".repeat(128), "a/b", "x".repeat(128)])(
    "may be %s",
    (name) => {
      expect(checkName(name, "queue")).toBe(name);
    },
  );

  test.each([
    ["nothing", ""],
    ["too long", "x".repeat(129)],
    ["too long in characters outside of the first plane", "😀".repeat(129)],
    ["with a colon", "a:b"],
    ["with a control character", "a\u0000b"],
    ["with a line break", "a\nb"],
    ["with an invisible character", "a\u200bb"],
    ["half a character", "a\ud800"],
    ["with a space at an end", " a"],
    ["a number", 42],
    ["absent", undefined],
  ])("may not be %s", (_, name) => {
    expect(() => checkName(name, "queue")).toThrow(refused("queue"));
  });

  test("the message shows the value, cut", () => {
    expect(() => checkName(`${"y".repeat(500)}:`, "queue")).toThrow(/^queue: "y{1,60}…/);
  });
});

test("an id is a name that is not a number, and not what Redis keeps beside the jobs", () => {
  expect(checkId("a1", "jobId")).toBe("a1");
  expect(checkName("wait", "queue")).toBe("wait");
  expect(() => checkId("wait", "jobId")).toThrow(refused("jobId"));
  expect(() => checkId("42", "jobId")).toThrow(refused("jobId"));
  expect(() => checkId("a:b", "jobId")).toThrow(refused("jobId"));
});
