import { expect, test } from "vitest";
import {
  edgeOf,
  inWalkOrder,
  type ListPlace,
  NEWEST,
  OLDEST,
  readCursor,
  writeCursor,
} from "../../src/contract/cursor.ts";
import type { Filter } from "../../src/nouns/filter.ts";

const ALL: Filter = [];
const DEAD: Filter = [{ field: "state", not: false, any: ["dead"] }];
const PLACE: ListPlace = { side: "newer", at: 1_800_000_000_000, pk: 4_711 };

test.each([PLACE, NEWEST, OLDEST, { side: "older", at: -5, pk: 0 }] as const)("%o comes back", (place) => {
  expect(readCursor("entered", DEAD, writeCursor("entered", DEAD, place))).toEqual(place);
});

test.each([
  ["of another order", writeCursor("enqueued", DEAD, PLACE)],
  ["of another filter", writeCursor("entered", ALL, PLACE)],
  ["beyond what a number can hold", writeCursor("entered", DEAD, { ...PLACE, pk: 2 ** 53 })],
  ["with a fraction", writeCursor("entered", DEAD, { ...PLACE, at: 0.5 })],
  ["that is none", "4711"],
  ["that is empty", ""],
])("a cursor %s is refused", (_, cursor) => {
  expect(() => readCursor("entered", DEAD, cursor)).toThrow(
    expect.objectContaining({ code: "BAD_CURSOR", field: "cursor" }),
  );
});

test("beside a row there is a place on each side, and the row lies between them", () => {
  const row = { at: 7, pk: 3 };
  expect(edgeOf(row, "older")).toEqual({ side: "older", at: 7, pk: 3 });
  expect(edgeOf(row, "newer")).toEqual({ side: "newer", at: 7, pk: 4 });
});

test("older ones come from the newest down, newer ones from the oldest up", () => {
  const keys = [1, 2, 3].flatMap((at) => [4, 5].map((pk) => ({ at, pk })));
  const shuffled = [3, 0, 5, 2, 1, 4].flatMap((index) => keys[index] ?? []);
  expect(shuffled.toSorted((a, b) => inWalkOrder(a, b, "newer"))).toEqual(keys);
  expect(shuffled.toSorted((a, b) => inWalkOrder(a, b, "older"))).toEqual(keys.toReversed());
});
