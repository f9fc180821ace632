import { expect, test } from "vitest";
import { uuidOf, uuidv7 } from "../../src/nouns/uuid.ts";

const FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("the clock may begin at 0", () => {
  expect(uuidv7(0)).toMatch(FORM);
});

test("ids of one process sort in the order in which they were made, also within a millisecond and if the clock goes back", () => {
  const now = Date.now() + 1_000;
  const ids = [
    ...Array.from({ length: 10_000 }, () => uuidv7(now)),
    uuidv7(now - 60_000),
    uuidv7(now + 1),
    uuidv7(now + 60_000),
  ];
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.every((id) => FORM.test(id))).toBe(true);
});

test("an id begins with its time", () => {
  const id = uuidv7(8_000_000_000_000);
  expect(Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16)).toBe(8_000_000_000_000);
});

test("the same text always has the same id, and no other text has it", () => {
  expect(uuidOf("a")).toBe(uuidOf("a"));
  expect(uuidOf("a")).toMatch(FORM);
  expect(new Set(Array.from({ length: 1_000 }, (_, index) => uuidOf(`${index}`))).size).toBe(1_000);
});
