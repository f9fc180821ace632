import { expect, test } from "vitest";
import { type ListPlace, NEWEST, OLDEST, readCursor } from "../../src/contract/cursor.ts";
import { beginOf, type FoundPage, otherSideOf, toPage } from "../../src/contract/list-page.ts";

const REST: ListPlace = { side: "older", at: 0, pk: 2 };
const keysOf = (...pks: number[]) => pks.map((pk) => ({ at: 0, pk }));
const page = (from: ListPlace, over: Partial<FoundPage<string>>) =>
  toPage("enqueued", [], from, {
    limit: 2,
    keys: keysOf(9, 8, 7),
    items: ["nine", "eight"],
    search: { matches: 3, looked: 3, reachedEnd: false, rest: REST },
    behind: null,
    ...over,
  });
const placeIn = (cursor: string | null) => cursor && readCursor("enqueued", [], cursor);

test("a list begins with the newest, or where its cursor says", () => {
  expect(beginOf("enqueued", [], null)).toEqual(NEWEST);
  expect(beginOf("enqueued", [], page(NEWEST, {}).next)).toEqual({ side: "older", at: 0, pk: 8 });
});

test("where more was found than fits, the next page begins behind the last that does", () => {
  const { items, next, previous, last, searched } = page(NEWEST, {});
  expect([items, previous, searched]).toEqual([["nine", "eight"], null, { rows: 3, all: true }]);
  expect(placeIn(next)).toEqual({ side: "older", at: 0, pk: 8 });
  expect(placeIn(last)).toEqual(OLDEST);
});

test("where the search was cut short, the next page begins where it stopped", () => {
  const { next, searched } = page(NEWEST, { keys: keysOf(9), items: ["nine"] });
  expect([placeIn(next), searched.all]).toEqual([REST, false]);
});

test("at the end there is no next page, and no last one", () => {
  const search = { matches: 2, looked: 2, reachedEnd: true, rest: REST };
  expect(page(NEWEST, { keys: keysOf(9, 8), search })).toMatchObject({
    next: null,
    last: null,
    searched: { all: true },
  });
});

test("walked to newer ones it is the newest first all the same, and its two sides are the other way round", () => {
  const behind = otherSideOf(OLDEST, { at: 0, pk: 1 });
  const { items, next, previous } = page(OLDEST, { keys: keysOf(1, 2, 3), items: ["one", "two"], behind });
  expect(items).toEqual(["two", "one"]);
  expect(placeIn(previous)).toEqual({ side: "newer", at: 0, pk: 3 });
  expect(placeIn(next)).toEqual({ side: "older", at: 0, pk: 1 });
});

test("the other side of a page that has no rows begins at the same place", () => {
  expect(otherSideOf({ side: "older", at: 5, pk: 7 }, undefined)).toEqual({ side: "newer", at: 5, pk: 7 });
});
