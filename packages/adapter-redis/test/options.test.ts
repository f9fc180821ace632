/** What the options may say. */

import { Cluster, Redis } from "ioredis";
import { describe, expect, test } from "vitest";
import { checkedOptions, coworkersOf, type RedisOptions } from "../src/options.ts";
import { faultOfPrefix } from "../src/prefix.ts";

const URL = "redis://ada:secr3t@db.example:6380/3";

/** They never connect. */
const client = (options: { readonly host?: string; readonly db?: number; readonly keyPrefix?: string } = {}): Redis =>
  new Redis({ ...options, lazyConnect: true });

test("have defaults", () => {
  expect(checkedOptions({ url: URL })).toMatchObject({
    ...{ prefix: "bull", fleet: "own", durability: "none", callTimeoutMs: 15_000, clock: "server" },
    place: "db.example:6380/3",
  });
});

test("say where the store is in one of four ways", () => {
  const more = { username: "ada", password: "secr3t", tls: true, family: 4 } as const;
  expect(checkedOptions({ cluster: ["one:7000", "two"], prefix: "{jobs}", ...more }).target).toEqual({
    ...{ kind: "cluster", ...more },
    nodes: [
      { host: "one", port: 7_000 },
      { host: "two", port: 6_379 },
    ],
  });
  const sentinel = { username: "watch", password: "w4tch" };
  expect(
    checkedOptions({
      ...{ sentinels: ["one"], name: "mymaster", db: 2, ...more },
      ...{ sentinelUsername: sentinel.username, sentinelPassword: sentinel.password },
    }).target,
  ).toEqual({ kind: "sentinels", name: "mymaster", db: 2, sentinel, nodes: [{ host: "one", port: 26_379 }], ...more });
  expect(checkedOptions({ client: client({ host: "db.example", db: 5 }) }).place).toBe("db.example:6379/5");
});

test("a client of a cluster asks for a hash tag as well", () => {
  const cluster = new Cluster([{ host: "one" }], { lazyConnect: true });
  expect(() => checkedOptions({ client: cluster })).toThrow(/write \{bull\}/);
  expect(checkedOptions({ client: cluster, prefix: "{bull}" }).target).toMatchObject({ kind: "client" });
});

describe("are refused by name:", () => {
  const refused: readonly (readonly [Record<string, unknown>, string, RegExp])[] = [
    [{}, "url", /nothing says where the store is/],
    [{ url: URL, schema: "jobs" }, "schema", /no option/],
    [{ url: 7 }, "url", /a text/],
    [{ url: URL, cluster: ["one"] }, "cluster", /beside url/],
    [{ url: URL, client: client() }, "client", /beside url/],
    [{ url: URL, password: "secr3t" }, "password", /belongs to cluster or sentinels/],
    [{ url: URL, db: 1 }, "db", /belongs to/],
    [{ url: URL, name: "mymaster" }, "name", /belongs to sentinels/],
    [{ url: URL, sentinelPassword: "secr3t" }, "sentinelPassword", /redis\+sentinel/],
    [{ url: URL, ca: "-----BEGIN CERTIFICATE-----" }, "ca", /rediss/],
    [{ url: URL.replace("redis", "rediss"), ca: "/no/such/file" }, "ca", /cannot be read.*\/no\/such\/file/],
    [
      { url: URL.replace("redis", "rediss"), ca: import.meta.filename.replace("options.test", "links") },
      "ca",
      /no PEM/,
    ],
    [{ cluster: [] }, "cluster", /a list of nodes/],
    [{ cluster: ["redis://one:7000"] }, "cluster", /a list of nodes/],
    [{ cluster: ["one"], prefix: "{a}", db: 1 }, "db", /0 on a cluster/],
    [{ cluster: ["one"], prefix: "jobs" }, "prefix", /write \{jobs\}/],
    [{ sentinels: ["one"] }, "name", /what the sentinels call/],
    [{ client: {} }, "client", /a client of ioredis/],
    [{ client: client({ keyPrefix: "app:" }) }, "client", /keyPrefix.*option prefix/],
    [{ url: URL, prefix: "" }, "prefix", /1 to 128/],
    [{ url: URL, fleet: "v5" }, "fleet", /own or v6 or mixed-v5/],
    [{ url: URL, durability: "yes" }, "durability", /none or crash or power/],
    [{ url: URL, callTimeoutMs: 99 }, "callTimeoutMs", /100 to 600000/],
    [{ url: URL, callTimeoutMs: Number.NaN }, "callTimeoutMs", /whole number/],
    [{ url: URL, tls: "yes" }, "tls", /true or false/],
    [{ url: URL, family: 5 }, "family", /0 or 4 or 6/],
    [{ url: URL, clock: "slow" }, "clock", /server or stopped/],
  ];
  test.each(refused)("%o", (options, field, told) => {
    const check = (): unknown => checkedOptions(options as RedisOptions);
    expect(check).toThrow(expect.objectContaining({ code: "BAD_OPTION", field, message: expect.stringMatching(told) }));
    expect(check).not.toThrow("secr3t");
  });
});

describe("a prefix", () => {
  test.each(["bull", "{bull}", "app:{bull}", "app:bull", "a", "Shop_1.jobs-2", "{a:b}", "x".repeat(128)])(
    "may be %s",
    (prefix) => {
      expect(faultOfPrefix(prefix, false)).toBeNull();
    },
  );

  test.each([
    ...["", "x".repeat(129), "a b", "a\n", "a\0", "grün", 'a"b', "a'b", "a`b", "a\\b", "a*", "a?", "[a]", "^a", "a|b"],
    ...[":a", "a:", "a::b", ":", "{}", "{a", "a}", "}a{", "{a}{b}", "{{a}}"],
  ])("may not be %j", (prefix) => {
    expect(faultOfPrefix(prefix, false)).not.toBeNull();
  });
});

test("beside programs that are not ours some promises cover our processes only", () => {
  expect([coworkersOf("own"), coworkersOf("v6"), coworkersOf("mixed-v5")]).toEqual(["none", "stock", "stock"]);
});
