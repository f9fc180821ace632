/** What a URL and the options may say. */

import { describe, expect, test } from "vitest";
import { checkedOptions } from "../src/options.ts";
import { parsePostgresUrl, placeOf } from "../src/url.ts";

const PLACE = "postgres://ada:secr3t@db.example:5433/jobs";

describe("a URL", () => {
  test("gives its own parameters to the server's client, and ours to us", () => {
    expect(parsePostgresUrl(PLACE)).toEqual({ url: PLACE });
    expect(parsePostgresUrl("postgresql:///jobs?host=/run/postgresql")).toEqual({
      url: "postgresql:///jobs?host=%2Frun%2Fpostgresql",
    });
    expect(
      parsePostgresUrl(
        `${PLACE}?sslmode=no-verify&schema=queue&protocol=simple&pool=3&listen=false&pollMs=250&callTimeoutMs=5000&application_name=shop`,
      ),
    ).toEqual({
      url: `${PLACE}?sslmode=no-verify&application_name=shop`,
      schema: "queue",
      protocol: "simple",
      pool: 3,
      listen: false,
      pollMs: 250,
      callTimeoutMs: 5_000,
    });
  });

  test("may have parameters of other programs", () => {
    for (const one of [
      "pgbouncer=true",
      "connection_limit=5",
      "channel_binding=require",
      "options=-c%20jit%3Doff",
      "ssl=1",
    ])
      expect(parsePostgresUrl(`${PLACE}?${one}`).url).toContain(one.split("=")[0]);
  });

  test.each([
    ["shema=x", "nearest is schema"],
    ["Schema=x", "nearest is schema"],
    ["poll_ms=5", "nearest is pollMs"],
    ["pools=5", "nearest is pool"],
    ["calltimeout=5", "callTimeoutMs"],
    ["listn=false", "nearest is listen"],
    ["protocol=binary", "protocol is extended or simple"],
    ["listen=no", "listen is true or false"],
    ["pool=many", "pool is a whole number"],
  ])("with %s is refused: %s", (parameter, told) => {
    const parse = (): unknown => parsePostgresUrl(`${PLACE}?${parameter}`);
    expect(parse).toThrow(expect.objectContaining({ code: "BAD_URL", field: "url" }));
    expect(parse).toThrow(told);
    expect(parse).not.toThrow("secr3t");
  });

  test.each(["postgres:jobs", "postgres://", "http://db/jobs", "postgres://a:b#c@db/jobs", "postgres://a:%zz@db/jobs"])(
    "that cannot be read is refused, and not repeated: %s",
    (url) => {
      const parse = (): unknown => placeOf(parsePostgresUrl(url).url);
      if (url === "postgres://") expect(parse()).toMatch(/:\d+\//);
      else expect(parse).toThrow(expect.objectContaining({ code: "BAD_URL" }));
    },
  );

  test("is told in messages without its user and password", () => {
    expect(placeOf(PLACE)).toBe("db.example:5433/jobs");
    expect(placeOf("postgres://ada@[::1]:5433/jobs")).toBe("[::1]:5433/jobs");
    expect(placeOf("postgres:///jobs?host=/run/postgresql&port=5433")).toBe("/run/postgresql:5433/jobs");
  });

  test("whose certificate is not there is refused", () => {
    expect(() => placeOf(`${PLACE}?sslrootcert=/no/such/file`)).toThrow(
      expect.objectContaining({ code: "BAD_URL", message: expect.stringContaining("/no/such/file") }),
    );
  });
});

describe("options", () => {
  test("have defaults", () => {
    expect(checkedOptions({ url: PLACE })).toMatchObject({
      schema: "jobyard",
      protocol: "extended",
      pool: 10,
      listen: true,
      pollMs: 500,
      callTimeoutMs: 15_000,
    });
  });

  test.each([
    { schema: "" },
    { schema: "Jobs" },
    { schema: 'a"b' },
    { schema: "pg_jobs" },
    { schema: "x".repeat(49) },
    { protocol: "binary" },
    { pool: 0 },
    { pool: 1.5 },
    { pollMs: 1 },
    { callTimeoutMs: Number.POSITIVE_INFINITY },
    { listen: "no" },
  ])("that cannot be used are named: %o", (bad) => {
    const [field] = Object.keys(bad);
    expect(() => checkedOptions({ url: PLACE, ...bad } as never)).toThrow(
      expect.objectContaining({ code: "BAD_OPTION", field }),
    );
  });
});
