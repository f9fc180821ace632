import fc from "fast-check";
import { expect, test } from "vitest";
import { edgeOf, type ListKey, type ListPlace, NEWEST, OLDEST } from "../../src/contract/cursor.ts";
import { Legs, type Stretch } from "../../src/contract/merge.ts";

type Walk = (from: ListPlace) => Stretch;

/** Through these numbers, so many at a time. */
const walkOf =
  (pks: readonly number[], most: number): Walk =>
  (from) => {
    const ahead =
      from.side === "older" ? pks.filter((pk) => pk < from.pk).reverse() : pks.filter((pk) => pk >= from.pk);
    const keys = ahead.slice(0, most).map((pk) => ({ at: 0, pk }));
    const last = keys.at(-1);
    return { keys, rest: last === undefined || keys.length < most ? null : edgeOf(last, from.side) };
  };

function keysOf(legs: Legs<Walk>, most: number): readonly number[] {
  const keys: ListKey[] = [];
  for (let leg = legs.first; leg !== null && keys.length < most; leg = legs.first)
    if (leg.key !== null) keys.push(...[legs.take(leg)].filter((key) => key !== null));
    else if (leg.rest !== null) leg.add(leg.walk(leg.rest));
  return keys.map(({ pk }) => pk);
}

const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 30 })).map((pks) => pks.sort((a, b) => a - b));

test("several walks are one: in order, none twice, none left out, however they are cut", () => {
  const walks = fc.array(fc.tuple(numbers, fc.integer({ min: 1, max: 4 })), { maxLength: 5 });
  fc.assert(
    fc.property(walks, fc.boolean(), (parts, isOlder) => {
      const every = [...new Set(parts.flatMap(([pks]) => pks))].sort((a, b) => (isOlder ? b - a : a - b));
      const legs = new Legs(
        parts.map(([pks, most]) => walkOf(pks, most)),
        isOlder ? { ...NEWEST, at: 0 } : OLDEST,
      );
      expect(keysOf(legs, Number.POSITIVE_INFINITY)).toEqual(every);
      expect(legs.rest).toBeNull();
    }),
  );
});

test("wherever it stops, it goes on as if it had not", () => {
  const all = Array.from({ length: 30 }, (_, index) => index + 1);
  const parts = [2, 3, 5, 1].map((factor) =>
    walkOf(
      all.filter((pk) => pk % factor === 0),
      4,
    ),
  );
  for (let stop = 1; stop < 30; stop++) {
    const legs = new Legs(parts, OLDEST);
    expect(keysOf(legs, stop)).toEqual(all.slice(0, stop));
    const { rest } = legs;
    expect(rest && keysOf(new Legs(parts, rest), 30)).toEqual(all.slice(stop));
  }
});
