import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { completeQuery } from "../../src/decisions/query/complete.ts";
import { QueryError } from "../../src/decisions/query/fault.ts";
import { FIELD_ABOUT, FIELDS } from "../../src/decisions/query/fields.ts";
import { parseQuery, QUERY_MAX_LENGTH } from "../../src/decisions/query/parse.ts";
import { printQuery } from "../../src/decisions/query/print.ts";
import { isQueueError } from "../../src/nouns/errors.ts";
import { filters } from "./arbitrary.ts";
import { NOW } from "./jobs.ts";

const parse = (text: string) => parseQuery(text, NOW);

describe("parsing and printing", () => {
  test("a printed filter parses to itself", () => {
    fc.assert(
      fc.property(filters, (filter) => {
        const text = printQuery(filter);
        fc.pre(text.length <= QUERY_MAX_LENGTH);
        expect(parse(text)).toEqual(filter);
      }),
      { numRuns: 3_000, seed: 7 },
    );
  });

  test("printing is idempotent on any text that parses, and the rest is an error with a place", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        ...FIELDS.map((field) => field.name),
        "dead",
        "held",
        "2h",
        "2026-11-22",
        "03:00",
        "payload.a",
        "x",
      ),
      fc.constantFrom(":", ">", "<=", "..", "(", ")", " OR ", '"', "\\", "*", "-", " ", "+", "="),
      fc.string({ maxLength: 3 }),
    );
    let parsed = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 9 }), (pieces) => {
        const text = pieces.join("");
        try {
          const printed = printQuery(parse(text));
          parsed++;
          expect(printQuery(parse(printed))).toBe(printed);
        } catch (error) {
          if (!(error instanceof QueryError)) throw error;
          expect(isQueueError(error, "BAD_QUERY")).toBe(true);
          expect(error.field).toBe(text.slice(error.start, error.end));
          expect(error.start).toBeLessThanOrEqual(text.length);
        }
      }),
      { numRuns: 5_000, seed: 11 },
    );
    expect(parsed).toBeGreaterThan(500);
  });

  test.each([
    ["  STATE:Dead   queue:mail ", "state:dead queue:mail"],
    ["attempts>2", "attempts:>=3"],
    ["attempts:=2", "attempts:2"],
    ["run>30s", "run:>30s"],
    ["run:<=90s", "run:<90s"],
    ["created:2h", "created:<2h"],
    ["created:<120m", "created:<2h"],
    ["created:2h..1d", "created:2h..1d"],
    ["created:>7d", "created:>7d"],
    ["runat:+2h", "runat:+2h"],
    ["runat:>+90m", "runat:>+90m"],
    ["created:2026-11-22", "created:2026-11-22"],
    ["created:>=2026-11-22T03:00", "created:>=2026-11-22T03:00"],
    ["created:>2026-11-22", "created:>=2026-11-23"],
    ["created:<=2026-11-22", "created:<2026-11-23"],
    ["created:2026-11-22T03:00:05", "created:2026-11-22T03:00:05"],
    ["created:2026-11-22T03:00:05.250", "created:2026-11-22T03:00:05.250"],
    ["created:2026-11-22T03:00+01:00", "created:2026-11-22T02:00"],
    ["created:03:00..04:00", "created:2026-11-22T03:00..2026-11-22T04:00"],
    ["finished:..", "finished:.."],
    ["payload.amount:>99.5", "payload.amount:>99.5"],
    ["payload.amount:>=99.5", "payload.amount:>=99.5"],
    ["payload.amount:<1e3", "payload.amount:<1000"],
    ["payload.amount:=5", "payload.amount:=5"],
    ["payload.amount:5", "payload.amount:5"],
    ["payload.amount:-5..-1", "payload.amount:-5..-1"],
    ['payload."order id":4711', 'payload."order id":4711'],
    ['payload."order id".x:4711', 'payload."order id.x":4711'],
    ['error:*"two words"*', 'error:*"two words"*'],
    ['error:"two words"', 'error:"two words"'],
    ['name:"mail"', "name:mail"],
    ['name:"a*"', 'name:"a*"'],
    ["state:( dead OR stale )", "state:(dead OR stale)"],
    ["tag:(a)", "tag:a"],
    ["-is:held has:error -word", "-is:held has:error -word"],
    ['"state:dead"', '"state:dead"'],
  ])("%s is printed as %s", (text, canonical) => {
    expect(printQuery(parse(text))).toBe(canonical);
    expect(parse(canonical)).toEqual(parse(text));
  });

  test("a star in quotes is plain, outside it is a glob", () => {
    expect(parse('name:"a*" name:a*')).toEqual([
      { not: false, field: "name", any: [{ text: "a*", glob: false }] },
      { not: false, field: "name", any: [{ text: "a*", glob: true }] },
    ]);
  });

  test("an empty text is every job", () => expect(parse(" \n ")).toEqual([]));
});

describe("what cannot be understood", () => {
  test.each([
    ["stat:dead", "stat:dead", /did you mean state\?/],
    ["status:dead", "status:dead", /did you mean state\?/],
    ["zzzzzz:1", "zzzzzz:1", /put it in quotes.*Fields: state, id, queue/],
    ["queue:mail colour:red x", "colour:red", /"colour:red" at 12: there is no field colour/],
    ["http://example.org", "http://example.org", /no field http/],
    ["state:ded", "state:ded", /one of waiting, scheduled.*did you mean dead\?/],
    ["state:>dead", "state:>dead", /is text and has no order/],
    ["is:dead", "is:dead", /is is one of held, late/],
    ["is:(held OR late)", "is:(held OR late)", /takes one word/],
    ["attempts:two", "attempts:two", /a whole number/],
    ["attempts:2.5", "attempts:2.5", /a whole number/],
    ["attempts:5..2", "attempts:5..2", /ends before it begins/],
    ["attempts:(1 OR 2)", "attempts:(1 OR 2)", /one value or a range/],
    ["run:5", "run:5", /a duration/],
    ["run:200000d", "run:200000d", /a duration/],
    ["created:yesterday", "created:yesterday", /a time/],
    ["created:2026-02-30", "created:2026-02-30", /a time/],
    ["created:24:00", "created:24:00", /a time/],
    ["created:1h..2026-11-22", "created:1h..2026-11-22", /a time/],
    ["created:=1h", "created:=1h", /a time/],
    ["created:2026-11-22..2026-11-21", "created:2026-11-22..2026-11-21", /ends before it begins/],
    ["payload.x:>abc", "payload.x:>abc", /a number/],
    ["payload.:1", "payload.:1", /path is missing/],
    ["queue.x:1", "queue.x:1", /only payload and result have paths/],
    ["state:dead OR state:stale", "OR", /in brackets/],
    ["a AND b", "AND", /leave AND out/],
    ["mail*", "mail*", /leave the star out/],
    ['name:"a*"*', 'name:"a*"*', /a plain star/],
    ["name:", "name:", /a value is missing/],
    ["name: x", "name:", /a value is missing/],
    ["tag:()", "tag:()", /a value is missing/],
    ["tag:(a b)", "tag:(a b)", /\(a OR b\)/],
    ["tag:(a", "tag:(a", /\(a OR b\)/],
    ['x "y', '"y', /closing quote/],
    ["error:foo(bar)", "error:foo(bar)", /in quotes/],
    ["-", "-", /a term is missing/],
    ['""', '""', /at least one character/],
    ['"a":b', '"a":b', /in quotes/],
  ])("%s: the place is %s", (text, field, message) => {
    const error = expectFault(text);
    expect(error.field).toBe(field);
    expect(error.message).toMatch(message);
  });

  test("2,000 characters and 40 terms are the most", () => {
    expect(parse("x".repeat(2_000))).toHaveLength(1);
    expect(expectFault("x".repeat(2_001)).message).toMatch(/at most 2000 characters/);
    expect(parse("x ".repeat(40))).toHaveLength(40);
    expect(expectFault("x ".repeat(41)).message).toMatch(/"x" at 81: at most 40 terms/);
  });

  function expectFault(text: string): QueryError {
    try {
      parse(text);
    } catch (error) {
      if (error instanceof QueryError) return error;
      throw error;
    }
    throw new Error(`${text} was understood`);
  }
});

describe("suggestions", () => {
  const texts = (text: string, caret = text.length) =>
    completeQuery(text, caret).suggestions.map(({ text: word }) => word);

  test.each([
    ["", FIELDS.map(({ kind, name }) => (kind === "json" ? `${name}.` : `${name}:`))],
    ["st", ["state:"]],
    ["state:dead -p", ["parent:", "priority:", "payload."]],
    ["state:", ["waiting", "scheduled", "retrying", "blocked", "active", "stale", "completed", "dead", "cancelled"]],
    ["state:(dead OR s", ["scheduled", "stale"]],
    ["-is:", ["held", "late"]],
    ["has:p", ["progress"]],
    ["reason:ex", ["expired"]],
    ["created:", ["<1h", "<24h", ">7d"]],
    ["queue:m", []],
    ['"sta', []],
  ])("%s", (text, suggested) => expect(texts(text)).toEqual(suggested));

  test("say what they replace, and for which field the store may know more", () => {
    expect(completeQuery("queue:ma state:dead", 8)).toMatchObject({ start: 6, end: 8, field: "queue", typed: "ma" });
    expect(completeQuery("sta:dead", 2)).toMatchObject({ start: 0, end: 4, field: null, typed: "st" });
  });

  test("every suggestion of a value can be parsed, every field has a line about it", () => {
    for (const field of FIELDS) {
      expect(FIELD_ABOUT[field.name]).not.toBe("");
      for (const value of texts(`${field.name}:`)) expect(parse(`${field.name}:${value}`)).toHaveLength(1);
    }
  });
});
