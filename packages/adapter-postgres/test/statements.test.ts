/** Values on their way to the server and back, in both protocols. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Dialect, MOST_COMPILED, type Protocol } from "../src/dialect.ts";
import { type None, type Statement, sql } from "../src/statement.ts";
import { openMigrated } from "./ground.ts";

const HOSTILE: readonly string[] = [
  "",
  "'",
  "''; DROP SCHEMA jobyard CASCADE; --",
  "\\",
  "\\'",
  "\\\\' OR 1=1 --",
  "E'\\x27'",
  "$1 $2 @a @b $$ $tag$",
  'a "quoted" name',
  "{a,b}",
  "line\nbreak\r\ttab\u0001",
  "🎉 é 中 \u{10ffff}",
  "%s %d ?",
  "/* comment",
  "jobyard.job",
  "NULL",
];

interface Values {
  readonly text: string | null;
  readonly list: readonly (string | null)[];
  readonly whole: number;
  readonly yes: boolean;
  readonly json: string;
}
const echo: Statement<Values, Echoed> = sql`
  SELECT @text::text AS text, @list::text[] AS list, @whole::bigint AS whole, @yes::boolean AS yes,
         @json::json AS json, @json::jsonb AS jsonb, ARRAY[@whole::bigint, NULL] AS wholes,
         @text::text IS NULL AS missing
`;
interface Echoed extends Values {
  readonly jsonb: string;
  readonly wholes: readonly (number | null)[];
  readonly missing: boolean;
}

describe.each<Protocol>(["extended", "simple"])("in the %s protocol", (protocol) => {
  test("hostile texts come back as they were", async () => {
    const store = await openMigrated({ protocol });
    for (const text of HOSTILE) {
      const json = JSON.stringify({ text, zero: "\u0000", lone: "\ud800" });
      const values = { text, list: [text, null, ...HOSTILE], whole: -1, yes: true, json };
      const back = await store.call(({ db }) => db.get(echo, { ...values, json }).catch(() => undefined));
      // `jsonb` refuses a NUL; the other columns are asked without it.
      expect(back).toBeUndefined();
      const plain = JSON.stringify({ text });
      expect(await store.ask((db) => db.get(echo, { ...values, json: plain }))).toMatchObject({
        ...values,
        json: plain,
        missing: false,
      });
    }
  });

  test("any text comes back as it was", async () => {
    const store = await openMigrated({ protocol });
    const text = fc.string({ unit: "binary" }).filter((one) => !one.includes("\0") && one.isWellFormed());
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.option(text)), async (one, list) => {
        const values = { text: one, list, whole: 1, yes: false, json: "1" };
        expect(await store.ask((db) => db.get(echo, values))).toMatchObject(values);
      }),
      { numRuns: 200 },
    );
  });

  test("nothing, and numbers at their ends", async () => {
    const store = await openMigrated({ protocol });
    const whole = Number.MAX_SAFE_INTEGER;
    const values = { text: null, list: [], whole, yes: false, json: "null" };
    expect(await store.ask((db) => db.get(echo, values))).toEqual({
      ...values,
      jsonb: "null",
      wholes: [whole, null],
      missing: true,
    });
    await expect(store.ask((db) => db.get(tooLarge, {}))).rejects.toThrow(RangeError);
    // The connection is as good as before.
    expect(await store.ask((db) => db.get(echo, values))).toMatchObject({ whole });
  });

  test("a NUL is refused before it is sent, and a forgotten value too", async () => {
    const store = await openMigrated({ protocol });
    const values = { text: "a\0b", list: [], whole: 1, yes: true, json: "1" };
    await expect(store.ask((db) => db.get(echo, values))).rejects.toMatchObject({ code: "BAD_OPTION" });
    await expect(store.ask((db) => db.get(echo, { ...values, text: "", list: ["\0"] }))).rejects.toMatchObject({
      code: "BAD_OPTION",
    });
    const forgotten = { text: "", list: [], whole: 1, yes: true } as unknown as Values;
    await expect(store.ask((db) => db.get(echo, forgotten))).rejects.toThrow(TypeError);
    await expect(store.ask((db) => db.get(echo, { ...values, text: "", whole: Number.NaN }))).rejects.toThrow(
      TypeError,
    );
  });
});

describe("a statement", () => {
  const simple = new Dialect("it_s", "simple");
  const extended = new Dialect("it_s", "extended");

  test("has its parameters numbered by their first place, and each sent once", () => {
    const text = "SELECT @b, @a, @b::text FROM jobyard.job WHERE tags @> @a";
    expect(extended.query(text, { a: "x", b: null })).toEqual({
      text: 'SELECT $1, $2, $1::text FROM "it_s".job WHERE tags @> $2',
      name: "jobyard_1",
      values: [null, "x"],
    });
    expect(simple.query(text, { a: "x", b: null })).toEqual({
      text: `SELECT NULL, 'x', NULL::text FROM "it_s".job WHERE tags @> 'x'`,
      values: [],
    });
  });

  test("finds our schema where it is named, and never in a value", () => {
    expect(extended.inSchema("CREATE SCHEMA jobyard; SET search_path = jobyard, pg_temp; SELECT jobyard.f()")).toBe(
      'CREATE SCHEMA "it_s"; SET search_path = "it_s", pg_temp; SELECT "it_s".f()',
    );
    expect(simple.query("SELECT @a", { a: "jobyard.job" }).text).toBe("SELECT 'jobyard.job'");
  });

  test("takes names with a dollar sign as they are", () => {
    expect(new Dialect("a$&b", "extended").inSchema("SELECT jobyard.f()")).toBe('SELECT "a$&b".f()');
  });
});

const tooLarge: Statement<None, { readonly n: number }> = sql`SELECT 9007199254740993::bigint AS n`;

test("searches make texts without end, and no more of them are remembered than the bound", () => {
  const dialect = new Dialect("jobs", "extended");
  for (let n = 0; n < 3 * MOST_COMPILED; n++) dialect.query(`SELECT ${n} FROM jobyard.job WHERE pk = @pk`, { pk: n });
  expect(dialect.size).toBe(MOST_COMPILED);
  const again = dialect.query("SELECT 0 FROM jobyard.job WHERE pk = @pk", { pk: 7 });
  expect(again).toMatchObject({ text: 'SELECT 0 FROM "jobs".job WHERE pk = $1', values: ["7"] });
  // A name that was prepared on some connection is no other text's, ever.
  expect(again.name).toBe(`jobyard_${3 * MOST_COMPILED + 1}`);
});
